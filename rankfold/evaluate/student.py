"""Student's t distribution: tail probabilities and quantiles in plain Python, for tests and intervals of means (Student, 1908)."""

from functools import lru_cache
from math import exp, isfinite, lgamma, log
from statistics import NormalDist

from ..errors import InputError

# Beyond so many degrees of freedom the normal distribution is right to a relative 1e-6 where tests look.
MOST_DEGREES = 1_000_000
_STEPS = 10_000


def tail(t: float, degrees: float) -> float:
    """P(T > t) of Student's t; NaN for a NaN t. Raises InputError for degrees of freedom of 0 or less."""
    if not degrees > 0:
        raise InputError(f"degrees: got {degrees}; expected more than 0. Two queries are the fewest that a test can have.")
    if t != t or not isfinite(t):
        return t if t != t else float(t < 0)
    if degrees > MOST_DEGREES:
        return NormalDist().cdf(-t)
    beyond = 0.5 * _incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t))
    return beyond if t > 0 else 1 - beyond


@lru_cache(maxsize=4096)
def quantile(share: float, degrees: float) -> float:
    """The t that a share of the distribution does not exceed, to 1e-10. Raises InputError for a share outside 0 to 1."""
    if not 0 < share < 1:
        raise InputError(f"share: got {share}; expected a number between 0 and 1.")
    if share < 0.5:
        return -quantile(1 - share, degrees)
    low, high = 0.0, max(1.0, 2 * NormalDist().inv_cdf(share))
    while tail(high, degrees) > 1 - share:
        low, high = high, 2 * high
    while high - low > 1e-10 * max(1.0, high):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(middle, degrees) > 1 - share else (low, middle)
    return (low + high) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by its continued fraction (Lentz, 1976)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    # The fraction converges fast only below the mean; above it, the other tail does.
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, 1 - x)
    tiny = 1e-300
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or tiny)
    fraction = d
    for m in range(1, _STEPS):
        before = fraction
        for step in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1 / (1 + step * d or tiny)
            c = 1 + step / c or tiny
            fraction *= c * d
        if abs(fraction - before) <= 1e-15 * abs(fraction):
            break
    return exp(a * log(x) + b * log(1 - x) + lgamma(a + b) - lgamma(a) - lgamma(b)) * fraction / a
