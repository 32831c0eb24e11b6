"""Scores used as scores: click prediction before and after. Order (AUC), surprise (log loss) and honesty (calibration), with intervals over users."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .calibration import LEAST_LABELS, LEAST_PAIRS, CalibrationError, calibration_error, fit_calibration
from .change import Change, change_of, mean_change
from .pairs import ScoredPairs

CLIP = 1e-7
BEFORE, STALE, REFIT = "float32", "compressed, map of float32", "compressed, refitted"


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTask:
    """Click prediction from scores, on pairs of users that no map was fitted on.

    auc: of the raw scores, all pairs together. log_loss: of calibrated probabilities, each by its own map. normalised_entropy: log loss over that of the mean
    rate (He et al., 2014). errors: "float32", "compressed, map of float32" (stale) and "compressed, refitted" -> error. groups: group -> the first and the
    last of these, for groups with enough pairs and clicks.
    """

    auc: Change
    log_loss: Change
    normalised_entropy: Change
    errors: Mapping[str, CalibrationError]
    groups: Mapping[str, Mapping[str, CalibrationError]]

    @property
    def ece_ratio(self) -> float:
        """Calibration error after refitting over that before; what chance alone shows is the least that counts as an error."""
        before, after = self.errors[BEFORE], self.errors[REFIT]
        return after.ece / max(before.ece, before.by_chance)

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "auc": self.auc.to_dict(),
            "log_loss": self.log_loss.to_dict(),
            "normalised_entropy": self.normalised_entropy.to_dict(),
            "ece_ratio": self.ece_ratio,
            "errors": {name: error.to_dict() for name, error in self.errors.items()},
            "groups": {group: {name: error.to_dict() for name, error in errors.items()} for group, errors in self.groups.items()},
        }


def score_task(fit: ScoredPairs, test: ScoredPairs, *, group: np.ndarray | None = None) -> ScoreTask:
    """Predict clicks from both scores of the same pairs. Maps from score to probability are isotonic, fitted on `fit`, judged on `test`: other users' pairs.

    group: (m,) text, the group of each pair of `test`. Raises InputError when either has no click or nothing else.
    """
    for name, pairs in (("fit", fit), ("test", test)):
        if not 0 < pairs.clicked.mean() < 1:
            raise InputError(f"{name}: {int(pairs.clicked.sum())} of {pairs.clicked.size} pairs are clicks; expected some, and some others.")
    own, fresh = (fit_calibration(scores, fit.clicked) for scores in (fit.exact, fit.found))
    predicted = {BEFORE: own.apply(test.exact), STALE: own.apply(test.found), REFIT: fresh.apply(test.found)}
    before, after = (_log_losses(predicted[name], test.clicked) for name in (BEFORE, REFIT))
    loss = mean_change(before, after, test.query)
    rate = float(test.clicked.mean())
    entropy = float(-rate * np.log(rate) - (1 - rate) * np.log(1 - rate))
    normalised = Change(loss.before / entropy, loss.after / entropy, loss.change / entropy, loss.low / entropy, loss.high / entropy, loss.n)
    errors = {name: calibration_error(probability, test.clicked) for name, probability in predicted.items()}
    groups = {} if group is None else _groups(group, predicted, test.clicked)
    return ScoreTask(auc_change(test.exact, test.found, test.clicked, test.query), loss, normalised, errors, groups)


def auc_change(before: np.ndarray, after: np.ndarray, clicked: np.ndarray, unit: np.ndarray) -> Change:
    """Areas under the ROC curve of two scores (m,) of the same pairs, and their paired difference over units (DeLong et al., 1988; Obuchowski, 1997)."""
    (old, old_part), (new, new_part) = (_placements(np.asarray(scores), clicked) for scores in (before, after))
    return change_of(old, new, new_part - old_part, unit)


def _placements(scores: np.ndarray, clicked: np.ndarray) -> tuple[float, np.ndarray]:
    """The area, and what each pair adds to its error, (m,)."""
    out = np.empty(scores.size)
    for mine in (True, False):
        others = np.sort(scores[clicked != mine])
        asked = scores[clicked == mine]
        share = (np.searchsorted(others, asked, side="left") + np.searchsorted(others, asked, side="right")) / (2 * others.size)
        out[clicked == mine] = share if mine else 1 - share
    area = float(out[clicked].mean())
    return area, (out - area) / np.where(clicked, clicked.sum(), (~clicked).sum())


def _log_losses(probability: np.ndarray, clicked: np.ndarray) -> np.ndarray:
    sure = np.clip(probability.astype(np.float64), CLIP, 1 - CLIP)
    return -np.where(clicked, np.log(sure), np.log(1 - sure))


def _groups(group: np.ndarray, predicted: Mapping[str, np.ndarray], clicked: np.ndarray) -> dict[str, dict[str, CalibrationError]]:
    if group.shape != clicked.shape:
        raise InputError(f"group: got shape {group.shape}; expected {clicked.shape}, one name a pair of test.")
    out = {}
    for name in np.unique(group).tolist():
        mask = group == name
        clicks = int(clicked[mask].sum())
        if name and mask.sum() >= LEAST_PAIRS and LEAST_LABELS <= clicks <= mask.sum() - LEAST_LABELS:
            out[str(name)] = {which: calibration_error(predicted[which][mask], clicked[mask]) for which in (BEFORE, REFIT)}
    return out
