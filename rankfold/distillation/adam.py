"""Adam (Kingma and Ba, 2015) with steps relative to the size of each array and a cosine decay (Loshchilov and Hutter, 2017)."""

import numpy as np

from ..arrays import F32

FIRST_DECAY, SECOND_DECAY = 0.9, 0.99
TINY = 1e-8


class Adam:
    """Moves named float32 arrays against their gradients.

    rate: length of the first steps as a share of the root mean square of an array's starting values; it falls to zero over `steps` along half a cosine.
    The scale of a gradient does not matter, only how it changes.
    """

    def __init__(self, arrays: dict[str, F32], *, rate: float, steps: int):
        self.arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
        self._size = {name: _root_mean_square(array) for name, array in self.arrays.items()}
        self._first = {name: np.zeros_like(array) for name, array in self.arrays.items()}
        self._second = {name: np.zeros_like(array) for name, array in self.arrays.items()}
        self._unit: dict[str, float] = {}
        self._rate, self._steps, self._done = rate, steps, 0

    def step(self, gradients: dict[str, F32]) -> None:
        """One step; new arrays take the place of the old ones, which are left as they were."""
        rate = self._rate * 0.5 * (1 + np.cos(np.pi * self._done / self._steps))
        self._done += 1
        moved = {}
        for name, array in self.arrays.items():
            gradient = gradients[name]
            largest = float(np.abs(gradient).max(initial=0.0))
            # Squares of float32 gradients of very long or very short queries leave its range: each array keeps gradients of about 1.
            if largest > 0:
                gradient = gradient / np.float32(self._unit.setdefault(name, largest))
            self._first[name] += np.float32(1 - FIRST_DECAY) * (gradient - self._first[name])
            self._second[name] += np.float32(1 - SECOND_DECAY) * (gradient * gradient - self._second[name])
            mean = self._first[name] / np.float32(1 - FIRST_DECAY**self._done)
            spread = np.sqrt(self._second[name] / np.float32(1 - SECOND_DECAY**self._done))
            moved[name] = array - np.float32(rate * self._size[name]) * mean / (spread + np.float32(TINY))
        self.arrays = moved


def _root_mean_square(array: F32) -> float:
    return float(np.sqrt(np.square(array, dtype=np.float64).mean())) if array.size else 0.0
