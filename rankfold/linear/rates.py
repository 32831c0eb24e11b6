"""Steps of gradient descent for linear recommenders: Adam (Kingma and Ba, 2015) with a step that falls along half a cosine (Loshchilov and Hutter, 2017)."""

import numpy as np

from ..arrays import F32

FIRST_DECAY, SECOND_DECAY = 0.9, 0.99
TINY, FLOOR = 1e-9, 0.05


class Moments:
    """Running means of a gradient and of its square, for an array of one shape."""

    def __init__(self, shape: tuple[int, ...]):
        self._first, self._second, self._done = np.zeros(shape, np.float32), np.zeros(shape, np.float32), 0

    def step(self, gradient: F32, rate: float) -> F32:
        """What to take off the array, float32 in its shape, for steps of about `rate` an entry."""
        self._done += 1
        self._first += np.float32(1 - FIRST_DECAY) * (gradient - self._first)
        self._second += np.float32(1 - SECOND_DECAY) * (gradient * gradient - self._second)
        mean = self._first * np.float32(rate / (1 - FIRST_DECAY**self._done))
        return mean / (np.sqrt(self._second * np.float32(1 / (1 - SECOND_DECAY**self._done))) + np.float32(TINY))


def falling(step: int, steps: int) -> float:
    """Share of the first rate at a step: from 1 along half a cosine, never below 1/20."""
    return max(FLOOR, 0.5 * (1 + float(np.cos(np.pi * step / steps))))
