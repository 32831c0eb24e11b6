"""Do scores mean what they say? Calibration fitted on pairs of score and outcome, and its error on other pairs."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..calibration import ALL, KINDS, TARGETS, Calibration
from ..errors import InputError
from ..fitting.isotonic import isotonic_knots
from ..fitting.logistic import fit_logistic
from .intervals import finite

BINS = 15
# A group with fewer pairs, or fewer clicks or non-clicks, has no map of its own.
LEAST_PAIRS = 200
LEAST_LABELS = 10
CLIP = 1e-7


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """How far predictions are from what happened, over n pairs.

    ece: mean distance of prediction and outcome over 15 bins of equal mass (Naeini et al., 2015); for restored scores in units of the score.
    by_chance: the ECE that predictions without fault would show on so many clicks; NaN for scores. ratio: mean prediction over mean outcome.
    log_loss and normalised_entropy (log loss over that of the mean click rate; He et al., 2014) are NaN for scores; rmse: root of the mean squared error.
    """

    ece: float
    by_chance: float
    log_loss: float
    normalised_entropy: float
    rmse: float
    ratio: float
    n: int

    def to_dict(self) -> dict[str, float | int | None]:
        """JSON-ready; None where there is no number."""
        names = ("ece", "by_chance", "log_loss", "normalised_entropy", "rmse", "ratio")
        return {**{name: finite(getattr(self, name)) for name in names}, "n": self.n}


def calibration_error(predicted: object, outcome: object, *, target: Literal["clicks", "scores"] = "clicks", bins: int = BINS) -> CalibrationError:
    """The error of predictions (n,) against outcomes (n,): clicks (bool, or 0 and 1) or uncompressed scores. Raises InputError."""
    p, y = _pair(predicted, outcome, target)
    if target == "clicks" and ((p < 0) | (p > 1)).any():
        raise InputError(f"predicted: got values from {p.min()} to {p.max()}; expected probabilities from 0 to 1.")
    if bins < 1:
        raise InputError(f"bins: got {bins}; expected at least 1.")
    part = _equal_mass(p, bins)
    ece = float(np.abs(np.bincount(part, p - y)).sum() / p.size)
    mean = float(y.mean())
    by_chance, log_loss, entropy = np.nan, np.nan, np.nan
    if target == "clicks":
        # The mean of |normal| is sqrt(2 / pi) standard deviations.
        by_chance = float(np.sqrt(2 / np.pi * np.bincount(part, p * (1 - p))).sum() / p.size)
        sure = np.clip(p, CLIP, 1 - CLIP)
        log_loss = float(-np.mean(y * np.log(sure) + (1 - y) * np.log(1 - sure)))
        entropy = float(-mean * np.log(mean) - (1 - mean) * np.log(1 - mean)) if 0 < mean < 1 else np.nan
    rmse = float(np.sqrt(np.mean((p - y) ** 2)))
    return CalibrationError(ece, by_chance, log_loss, log_loss / entropy, rmse, float(p.mean()) / mean if mean else np.nan, p.size)


def fit_calibration(
    scores: object,
    outcome: object,
    *,
    kind: Literal["isotonic", "temperature", "linear"] = "isotonic",
    target: Literal["clicks", "scores"] = "clicks",
    group: object = None,
) -> Calibration:
    """The rising map from scores (n,) to outcomes (n,): clicks (least log loss) or uncompressed scores (least squares). Isotonic is least squares for both.

    group: (n,) names, whole numbers or text; each group with at least 200 pairs (and 10 clicks and 10 others) gets a map of its own, others use that of all.
    Raises InputError, also when all outcomes are the same click.
    """
    if kind not in KINDS or target not in TARGETS:
        raise InputError(f"kind, target: got {kind!r} and {target!r}; expected one of {', '.join(KINDS)} and of {', '.join(TARGETS)}.")
    x, y = _pair(scores, outcome, target)
    if target == "clicks" and not 0 < y.mean() < 1:
        raise InputError(f"outcome: all {y.size} pairs are {'clicks' if y[0] else 'no clicks'}; expected some of each.")
    names, masks = [ALL], [np.ones(x.size, np.bool_)]
    if group is not None:
        given = np.asarray(group)
        if given.shape != x.shape or given.dtype.kind not in "iuUS":
            raise InputError(f"group: got dtype {given.dtype} of shape {given.shape}; expected text or whole numbers of shape {x.shape}, one a pair.")
        kinds, place = np.unique(_text(given) if given.dtype.kind == "S" else given, return_inverse=True)
        for number, one in enumerate(kinds.tolist()):
            mask = place.ravel() == number
            if str(one) != ALL and _is_enough(y[mask], target):
                names.append(str(one))
                masks.append(mask)
    return Calibration(kind, target, tuple(names), _arrays(kind, target, [(x[mask], y[mask]) for mask in masks]))


def _text(names: np.ndarray) -> np.ndarray:
    try:
        return np.char.decode(names, "utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"group: got bytes that are not UTF-8 ({error.reason}); expected names as text.") from error


def _arrays(kind: str, target: str, parts: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
    if kind == "isotonic":
        knots = [isotonic_knots(x, y) for x, y in parts]
        starts = np.concatenate([[0], np.cumsum([x.size for x, _ in knots])]).astype(np.int64)
        return {"starts": starts, "x": np.concatenate([x for x, _ in knots]), "y": np.concatenate([y for _, y in knots])}
    offset = kind == "linear"
    lines = [fit_logistic(x, y > 0.5, offset=offset) if target == "clicks" else _least_squares(x, y, offset) for x, y in parts]
    most = float(np.finfo(np.float32).max)
    slope, shift = (np.clip(np.array(column), -most, most).astype(np.float32) for column in zip(*lines, strict=True))
    return {"slope": slope, "offset": shift} if offset else {"slope": slope}


def _least_squares(x: np.ndarray, y: np.ndarray, offset: bool) -> tuple[float, float]:
    middle, level = (float(x.mean()), float(y.mean())) if offset else (0.0, 0.0)
    spread = float(((x - middle) ** 2).sum())
    slope = max(0.0, float(((x - middle) * (y - level)).sum()) / spread) if spread > 0 else 0.0
    return slope, level - slope * middle


def _is_enough(y: np.ndarray, target: str) -> bool:
    return y.size >= LEAST_PAIRS and (target == "scores" or LEAST_LABELS <= int(y.sum()) <= y.size - LEAST_LABELS)


def _equal_mass(p: np.ndarray, bins: int) -> np.ndarray:
    """Bin of each prediction by its place in their order; equal ones share a bin."""
    _, place, count = np.unique(p, return_inverse=True, return_counts=True)
    middle = (np.cumsum(count) - count / 2) / p.size
    return np.minimum((middle * bins).astype(np.int64), bins - 1)[place.ravel()]


def _pair(scores: object, outcome: object, target: str) -> tuple[np.ndarray, np.ndarray]:
    x, y = (np.asarray(values) for values in (scores, outcome))
    if x.ndim != 1 or x.shape != y.shape or not x.size or x.dtype.kind not in "iuf" or y.dtype.kind not in "biuf":
        raise InputError(f"scores, outcome: got shapes {x.shape} and {y.shape} of {x.dtype} and {y.dtype}; expected numbers, both of shape (n,), n at least 1.")
    x, y = x.astype(np.float64), y.astype(np.float64)
    if not np.isfinite(x).all() or not np.isfinite(y).all() or max(np.abs(x).max(), np.abs(y).max()) > np.finfo(np.float32).max:
        raise InputError("scores, outcome: hold NaN, infinity or numbers beyond float32; expected finite numbers. Leave out empty places.")
    if target == "clicks" and not np.isin(y, (0, 1)).all():
        raise InputError("outcome: expected 0 and 1 (or bool): whether the item was clicked.")
    return x, y
