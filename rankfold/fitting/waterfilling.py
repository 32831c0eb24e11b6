"""How many bits each direction of Gaussian rows gets, so that little squared error is left at a fixed number of bits a row.

Reverse water-filling: directions with more variance get more bits, those below the water none (Shannon 1949; Cover and Thomas, "Elements of information
theory", chapter 10). Whole bits are given one by one to where each takes away most: optimal, as every further bit takes away less.
"""

import heapq

import numpy as np

MOST_BITS = 6
WINDOWS = (6, 12)

# Signal to noise, in dB, of unit Gaussian data coded with 1 to 6 bits a value by a trellis of that window (benchmarks/trellis.py measures it).
DECIBELS = {
    6: (5.29, 10.91, 16.59, 22.01, 27.12, 31.62),
    7: (5.4, 11.03, 16.72, 22.39, 27.89, 32.96),
    8: (5.46, 11.17, 16.93, 22.63, 28.27, 33.66),
    9: (5.51, 11.28, 17.08, 22.84, 28.57, 34.04),
    10: (5.56, 11.35, 17.18, 23.01, 28.75, 34.38),
    11: (5.58, 11.42, 17.3, 23.14, 28.89, 34.56),
    12: (5.65, 11.47, 17.35, 23.23, 29.06, 34.78),
}


def distortion(window: int) -> np.ndarray:
    """Share of a Gaussian's variance that is left after coding it with 0 to 6 bits, float64 (7,)."""
    return 10 ** (-np.array([0.0, *DECIBELS[window]]) / 10)


def allocate(variance: np.ndarray, bits: int, window: int) -> np.ndarray:
    """Bits of each direction, uint8 (d,) of 0 to 6 and `bits` in all, for variances (d,). Of directions as good the first one is served first.

    The caller sees to it that bits <= 6 * d.
    """
    given = np.zeros(len(variance), np.uint8)
    removed = -np.diff(distortion(window))
    waiting = [(-removed[0] * float(value), 0, number) for number, value in enumerate(variance)]
    heapq.heapify(waiting)
    for _ in range(bits):
        _, level, number = heapq.heappop(waiting)
        given[number] = level + 1
        if level + 1 < MOST_BITS:
            heapq.heappush(waiting, (-removed[level + 1] * float(variance[number]), level + 1, number))
    return given


def spread_evenly(count: int, bits: int) -> np.ndarray:
    """`bits` over `count` directions as evenly as whole bits go, uint8 (count,): the first ones hold one more."""
    return np.array([bits // count + (number < bits % count) for number in range(count)], np.uint8)


def left_over(variance: np.ndarray, bits: np.ndarray, window: int) -> float:
    """Squared error that is to be expected of directions with variances (d,) coded with bits (d,)."""
    return float(np.dot(variance, distortion(window)[bits]))
