"""Adam: known first step, quadratic bowls, any scale of gradients."""

import numpy as np

from rankfold.distillation.adam import Adam


def test_first_step_is_the_rate_times_the_size_of_the_array():
    adam = Adam({"a": np.array([3.0, -4.0], np.float32)}, rate=0.1, steps=10)
    adam.step({"a": np.array([1.0, -1.0], np.float32)})
    assert np.allclose(adam.arrays["a"], np.array([3.0, -4.0]) - 0.1 * np.sqrt(12.5) * np.array([1, -1]), rtol=1e-5)


def test_walks_to_the_bottom_of_a_bowl_whatever_its_scale():
    for scale in (1e-15, 1.0, 1e15):
        adam = Adam({"a": np.array([1.0, -2.0], np.float32)}, rate=0.1, steps=300)
        for _ in range(300):
            adam.step({"a": (adam.arrays["a"] - np.array([0.5, 0.25], np.float32)) * np.float32(scale)})
        assert np.allclose(adam.arrays["a"], [0.5, 0.25], atol=1e-2)


def test_no_gradient_moves_nothing_and_given_arrays_are_left_alone():
    start = np.array([1.0, 2.0], np.float32)
    adam = Adam({"a": start, "zeros": np.zeros(3, np.float32)}, rate=0.1, steps=3)
    adam.step({"a": np.zeros(2, np.float32), "zeros": np.ones(3, np.float32)})
    assert np.array_equal(adam.arrays["a"], [1, 2]) and not adam.arrays["zeros"].any()
    adam.step({"a": np.ones(2, np.float32), "zeros": np.ones(3, np.float32)})
    assert np.array_equal(start, [1, 2]) and not np.array_equal(adam.arrays["a"], [1, 2])


def test_the_last_steps_are_short():
    adam = Adam({"a": np.ones(1, np.float32)}, rate=0.1, steps=50)
    lengths = []
    for _ in range(50):
        before = adam.arrays["a"]
        adam.step({"a": np.ones(1, np.float32)})
        lengths.append(float(np.abs(adam.arrays["a"] - before)[0]))
    assert lengths[0] > 0.09 and lengths[-1] < 0.002 and all(a >= b - 1e-6 for a, b in zip(lengths, lengths[1:]))
