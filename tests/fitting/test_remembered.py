"""Values are found again by the arrays that they were made from, and go with them."""

import gc

import numpy as np

from rankfold.fitting.remembered import KEPT, Remembered


def test_made_once_for_the_same_arrays():
    memory, made = Remembered(), []
    a, b = np.ones(3), np.ones(3)
    for arrays in ((a, b), (a, b), (b, a), (a,), (a, b.copy())):
        memory.of(arrays, lambda: made.append(1))
    assert len(made) == 4


def test_only_the_last_are_kept():
    memory, arrays = Remembered(), [np.ones(2) for _ in range(KEPT + 1)]
    values = [memory.of((array,), object) for array in arrays]
    assert memory.of((arrays[-1],), object) is values[-1] and memory.of((arrays[1],), object) is values[1]
    assert memory.of((arrays[0],), object) is not values[0]


def test_a_value_goes_with_its_arrays():
    memory = Remembered()
    a, b = np.ones(3), np.ones(3)
    memory.of((a, b), object)
    assert len(memory) == 1
    del b
    gc.collect()
    assert len(memory) == 0
