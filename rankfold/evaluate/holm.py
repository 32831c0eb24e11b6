"""Holm: many tests at once with one error rate for all of them, whatever they have in common (Holm, 1979)."""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from ..errors import InputError

Key = TypeVar("Key")


def holm(p_values: Mapping[Key, float]) -> dict[Key, float]:
    """Name -> p-value adjusted for the whole family: refusing those of at most a, the chance of any false refusal is at most a.

    The smallest of m is multiplied by m, the next by m - 1, and so on; none may fall below the one before it. A NaN (a test that could not be made) stays NaN
    and still counts as one of the m. Raises InputError for numbers outside 0 to 1.
    """
    values = np.array(list(p_values.values()), np.float64)
    if ((values < 0) | (values > 1)).any():
        raise InputError(f"p_values: got {values[(values < 0) | (values > 1)][0]}; expected numbers from 0 to 1, or NaN for a test that could not be made.")
    order = np.argsort(values, kind="stable")
    adjusted = np.empty(values.size)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * np.arange(values.size, 0, -1)), 1.0)
    return dict(zip(p_values, adjusted.tolist()))
