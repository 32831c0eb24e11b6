"""What was worked out from fitted arrays and takes longer to make than to use, kept while the arrays are there."""

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

KEPT = 4


class Remembered:
    """The last KEPT values, each found again by the identity of the arrays that it was made from; gone when one of them is."""

    def __init__(self) -> None:
        self._entries: list[tuple[tuple[weakref.ref, ...], Any]] = []

    def of(self, arrays: tuple[np.ndarray, ...], make: Callable[[], Any]) -> Any:
        """The value made from these arrays, made now if it is not here. Two threads may both make it; either value serves."""
        for held, value in list(self._entries):
            if len(held) == len(arrays) and all(one() is array for one, array in zip(held, arrays, strict=True)):
                return value
        value = make()
        self._entries = [(tuple(weakref.ref(array, self._forget) for array in arrays), value), *self._entries[: KEPT - 1]]
        return value

    def _forget(self, gone: weakref.ref) -> None:
        self._entries = [entry for entry in self._entries if not any(one is gone for one in entry[0])]

    def __len__(self) -> int:
        return len(self._entries)
