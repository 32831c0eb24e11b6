"""Calibration: from the scores of a table to what they stand for, by maps that never turn an order around.

Temperature: Guo et al., 2017. Scale and offset: Platt, 1999. Isotonic: Zadrozny and Elkan, 2002.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from .arrays import F32
from .codes import Arrays
from .errors import InputError

KINDS = ("isotonic", "temperature", "linear")
TARGETS = ("clicks", "scores")
# The map of everybody: for those without a group of their own, and for groups with too little to fit on.
ALL = "all"
MAX_GROUPS = 65_536
_NAMES = {"isotonic": ("starts", "x", "y"), "temperature": ("slope",), "linear": ("slope", "offset")}


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """One rising map a group.

    kind: "isotonic" (straight lines between knots, flat beyond the ends), "temperature" (one factor) or "linear" (factor and offset).
    target: "clicks" maps to probabilities (temperature and linear through the logistic function), "scores" to the scores of the uncompressed vectors.
    groups: g names, the first is "all". arrays: slope (g,) and offset (g,) float32; or starts (g + 1,) int64 with the knots of all groups one after
    the other, x and y (m,) float32, x rising strictly and y never falling within a group.
    Raises InputError for anything else: numbers that are not finite, falling maps, probabilities outside 0..1.
    """

    kind: str
    target: str
    groups: tuple[str, ...]
    arrays: Arrays

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.target not in TARGETS:
            raise InputError(f"calibration: got kind {self.kind!r} and target {self.target!r}; expected one of {', '.join(KINDS)} and of {', '.join(TARGETS)}.")
        names = self.groups
        if not names or names[0] != ALL or not all(isinstance(name, str) for name in names) or len(set(names)) != len(names) or len(names) > MAX_GROUPS:
            raise InputError(f"groups: got {str(list(names))[:80]}; expected 1 to {MAX_GROUPS} different names, the first {ALL!r}.")
        if sorted(self.arrays) != sorted(_NAMES[self.kind]):
            raise InputError(f"arrays: got {sorted(self.arrays)}; expected {sorted(_NAMES[self.kind])}, as {self.kind} has.")
        if self.kind == "isotonic":
            _check_knots(self.arrays, len(names), self.target)
        else:
            _check_lines(self.arrays, len(names))
        object.__setattr__(self, "arrays", MappingProxyType(dict(self.arrays)))

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(array.nbytes for array in self.arrays.values())

    def numbers(self, names: Sequence[object]) -> np.ndarray:
        """The group number of each name, int64 (m,); 0, which is all, for names without a map of their own."""
        place = {name: number for number, name in enumerate(self.groups)}
        return np.array([place.get(str(name), 0) for name in names], np.int64)

    def apply(self, scores: object, group: object = None) -> F32:
        """Scores (any shape) -> probabilities or restored scores, float32 of that shape; -inf (an empty place of a ranking) stays.

        group: None, or group numbers: one a score, or one for each first index (a query). Within one group a higher score never gets a lower value;
        between groups it may, so numbers given by item can turn the order of a list around.
        Raises InputError for NaN and unknown groups.
        """
        given = np.asarray(scores)
        if given.dtype.kind not in "iuf" or np.isnan(given).any() or np.isposinf(given).any():
            raise InputError(f"scores: got dtype {given.dtype} with NaN or infinity, or no numbers; expected finite numbers, or -inf at empty places.")
        number = self._groups_of(group, given.shape)
        out = np.full(given.shape, -np.inf, np.float32)
        full = np.isfinite(given)
        known, which = given[full].astype(np.float64), number[full]
        out[full] = self._isotonic(known, which) if self.kind == "isotonic" else self._line(known, which)
        return out

    def _groups_of(self, group: object, shape: tuple[int, ...]) -> np.ndarray:
        if group is None:
            return np.zeros(shape, np.int64)
        number = np.asarray(group)
        if number.dtype.kind not in "iu" or number.shape not in (shape, shape[:1]):
            raise InputError(f"group: got dtype {number.dtype} of shape {number.shape}; expected whole numbers of shape {shape} or {shape[:1]}.")
        if number.size and not 0 <= int(number.min()) <= int(number.max()) < len(self.groups):
            raise InputError(f"group: got numbers from {int(number.min())} to {int(number.max())}; expected 0 to {len(self.groups) - 1}. 0 is all groups.")
        return np.broadcast_to(number.reshape(number.shape + (1,) * (len(shape) - number.ndim)), shape)

    def _line(self, scores: np.ndarray, which: np.ndarray) -> np.ndarray:
        mapped = self.arrays["slope"].astype(np.float64)[which] * scores
        if self.kind == "linear":
            mapped += self.arrays["offset"].astype(np.float64)[which]
        return logistic(mapped) if self.target == "clicks" else np.clip(mapped, -np.finfo(np.float32).max, np.finfo(np.float32).max)

    def _isotonic(self, scores: np.ndarray, which: np.ndarray) -> np.ndarray:
        starts, x, y = (self.arrays[name] for name in _NAMES["isotonic"])
        out = np.empty(scores.size)
        for number in np.unique(which):
            here = which == number
            knots = slice(int(starts[number]), int(starts[number + 1]))
            out[here] = np.interp(scores[here], x[knots].astype(np.float64), y[knots].astype(np.float64))
        return out

    def entry(self) -> dict[str, object]:
        """Everything but the arrays, JSON-ready."""
        return {"kind": self.kind, "target": self.target, "groups": list(self.groups)}


def logistic(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)) without overflow, float64."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1 + small)


def _check_lines(arrays: Mapping[str, np.ndarray], groups: int) -> None:
    for name, array in arrays.items():
        if array.dtype != np.float32 or array.shape != (groups,) or not np.isfinite(array).all():
            raise InputError(f"{name}: got {array.dtype} of shape {array.shape}; expected finite float32 of shape ({groups},), one a group.")
    if (arrays["slope"] < 0).any():
        raise InputError("slope: got a number below 0; expected at least 0: a calibration must not turn the order around.")


def _check_knots(arrays: Mapping[str, np.ndarray], groups: int, target: str) -> None:
    starts, x, y = (arrays[name] for name in _NAMES["isotonic"])
    if starts.dtype != np.int64 or starts.shape != (groups + 1,) or x.ndim != 1 or starts[0] != 0 or starts[-1] != x.size or (np.diff(starts) < 1).any():
        raise InputError(f"starts: got {starts.dtype} of shape {starts.shape}; expected rising int64 of shape ({groups + 1},) from 0 to the number of knots.")
    for name, array in (("x", x), ("y", y)):
        if array.dtype != np.float32 or array.shape != x.shape or not np.isfinite(array).all():
            raise InputError(f"{name}: got {array.dtype} of shape {array.shape}; expected finite float32 of shape {x.shape}, one a knot.")
    inside = np.ones(max(0, x.size - 1), np.bool_)
    inside[starts[1:-1] - 1] = False
    if (np.diff(x)[inside] <= 0).any() or (np.diff(y)[inside] < 0).any():
        raise InputError("x, y: expected x to rise and y never to fall within a group: a calibration must not turn the order around.")
    if target == "clicks" and ((y < 0) | (y > 1)).any():
        raise InputError(f"y: got values from {y.min()} to {y.max()}; expected probabilities from 0 to 1.")
