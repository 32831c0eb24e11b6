"""Calibrate: fit a map from a table's scores on half of the users, and say on the other half what a stale one costs and a fresh one gives back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ..arrays import F32, as_matrix
from ..calibration import ALL, Calibration, logistic
from ..errors import InputError
from ..evaluate.calibration import CalibrationError, calibration_error, fit_calibration
from ..evaluate.intervals import finite
from ..evaluate.pairs import DEPTH, ScoredPairs, scored_pairs
from ..evaluate.split import choose_split
from ..evaluate.task import Task
from ..interactions import Interactions
from ..progress import Progress, silent
from ..search import Rows
from ..table import Table
from ..vectors import Vectors

Target = Literal["clicks", "scores"]
USERS_A_HALF = 4_000
RAW, BEFORE, STALE = "raw scores", "float32, its own fit", "compressed, the fit of float32"
REFIT, STORED = "compressed, refitted", "compressed, as stored"


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """A table with its calibration, and the errors on users that it was not fitted on.

    errors: "raw scores" (clicks: the logistic function of the score), "float32, its own fit", "compressed, the fit of float32" (stale) and
    "compressed, refitted" -> error; for scores the first and the last. groups: name -> error of the fresh fit among the pairs of that group.
    """

    table: Table
    errors: dict[str, CalibrationError]
    groups: dict[str, CalibrationError]
    users: int

    @property
    def calibration(self) -> Calibration:
        """What was fitted."""
        return self.table.calibration  # type: ignore[return-value]

    def measures(self) -> dict:
        """A table of a report (see report/content.py): the errors, a line each."""
        columns = ["ECE", "by chance", "log loss", "normalised entropy", "predicted / true", "pairs"]
        named = {**self.errors, **{f"refitted, {name}": error for name, error in self.groups.items()}}
        lines = {}
        for name, error in named.items():
            values = (error.ece, error.by_chance, error.log_loss, error.normalised_entropy, error.ratio, error.n)
            lines[name] = [finite(value) for value in values]
        about = (
            f"On {self.users:,} other users than it was fitted on. ECE: mean distance of predicted and true rates over 15 bins of equal mass; by chance: what "
            "a faultless prediction would show. Normalised entropy: log loss over that of the mean rate; below 1 is better than to know the mean alone."
        )
        if self.calibration.target == "scores":
            columns = ["bias (ECE)", "RMSE", "restored / exact", "pairs"]
            lines = {name: [finite(value) for value in (error.ece, error.rmse, error.ratio, error.n)] for name, error in named.items()}
            about = f"On {self.users:,} other users than it was fitted on: scores against those of the uncompressed vectors, in units of the score."
        return {"title": f"Calibration: {self.calibration.kind}", "about": about, "columns": columns, "lines": lines}


def calibrate(
    table: Table,
    vectors: Vectors,
    users: F32,
    interactions: Interactions | None = None,
    *,
    kind: Literal["isotonic", "temperature", "linear"] = "isotonic",
    user_groups: Sequence[object] | None = None,
    item_groups: Sequence[object] | None = None,
    depth: int = DEPTH,
    sample: int = USERS_A_HALF,
    seed: int = 0,
    progress: Progress = silent,
) -> Calibrated:
    """Fit a calibration to `table` and measure it on other users.

    vectors: what the table was made from. users: (u, dim), row numbers as in `interactions`. With interactions scores become the probability that a shown row
    is among the user's held-out ones; without, the scores of the uncompressed vectors are restored. Pairs: the first `depth` rows of exact and compressed
    lists. user_groups: (u,) names, item_groups: (n,) names, one of the two: a map for each group that has enough pairs.
    Maps by item group can turn the order of a list around, others never do. Raises InputError.
    """
    users = as_matrix(users, "users", dim=vectors.dim)
    names = _names(user_groups, item_groups, users.shape[0], table.count)
    halves = _scored_halves(table, vectors, users, interactions, depth, sample, seed, progress)
    groups = [None if names is None else names[pairs.row if user_groups is None else chosen[pairs.query]] for chosen, pairs in halves]
    target: Target = "scores" if interactions is None else "clicks"
    (_, fit), (_, test) = halves
    fresh = fit_calibration(fit.found, _outcome(fit, target), kind=kind, target=target, group=groups[0])
    errors = _before(fit, test, target, kind, groups)
    restored, outcome = _applied(fresh, test.found, groups[1]), _outcome(test, target)
    errors[REFIT] = calibration_error(restored, outcome, target=target)
    by_group = {}
    for name in fresh.groups[1:]:
        mask = groups[1] == name
        if np.any(mask):
            by_group[name] = calibration_error(restored[mask], outcome[mask], target=target)
    return Calibrated(replace(table, calibration=fresh), errors, by_group, int(np.unique(test.query).size))


def measure_calibration(
    table: Table, vectors: Vectors, users: F32, interactions: Interactions, *, depth: int = DEPTH, sample: int = USERS_A_HALF, seed: int = 0
) -> Calibrated | None:
    """The errors of the calibration that the table has, its map of all groups, on the users that `calibrate` with this seed does not fit on.

    None without a calibration, or when it restores scores. The last error is called "compressed, as stored". Raises InputError.
    """
    stored = table.calibration
    if stored is None or stored.target != "clicks":
        return None
    (_, fit), (_, test) = _scored_halves(table, vectors, as_matrix(users, "users", dim=vectors.dim), interactions, depth, sample, seed, silent)
    errors = _before(fit, test, "clicks", stored.kind, [None, None])
    errors[STORED] = calibration_error(stored.apply(test.found), test.clicked)
    return Calibrated(table, errors, {}, int(np.unique(test.query).size))


def _before(fit: ScoredPairs, test: ScoredPairs, target: Target, kind: str, groups: list[np.ndarray | None]) -> dict[str, CalibrationError]:
    """The errors without a fresh fit, on the pairs of `test`."""
    if target == "scores":
        return {RAW: calibration_error(test.found, test.exact, target=target)}
    stale = fit_calibration(fit.exact, fit.clicked, kind=kind, target=target, group=groups[0])  # type: ignore[arg-type]
    return {
        RAW: calibration_error(logistic(test.found.astype(np.float64)), test.clicked),
        BEFORE: calibration_error(_applied(stale, test.exact, groups[1]), test.clicked),
        STALE: calibration_error(_applied(stale, test.found, groups[1]), test.clicked),
    }


def _scored_halves(
    table: Table, vectors: Vectors, users: F32, interactions: Interactions | None, depth: int, sample: int, seed: int, progress: Progress
) -> list[tuple[np.ndarray, ScoredPairs]]:
    """User numbers and their pairs, of the users to fit on and of those to measure on."""
    halves = []
    for number, (chosen, seen, relevant) in enumerate(_halves(users, interactions, table.count, sample, seed)):
        progress("score pairs", number, 2)
        halves.append((chosen, scored_pairs(table, vectors, users[chosen], seen=seen, relevant=relevant, depth=depth)))
    progress("score pairs", 2, 2)
    return halves


def _outcome(pairs: ScoredPairs, target: str) -> np.ndarray:
    return pairs.clicked if target == "clicks" else pairs.exact


def _applied(calibration: Calibration, scores: F32, names: np.ndarray | None) -> F32:
    if names is None:
        return calibration.apply(scores)
    kinds, place = np.unique(names, return_inverse=True)
    return calibration.apply(scores, group=calibration.numbers(kinds.tolist())[place.ravel()])


def _names(user_groups: Sequence[object] | None, item_groups: Sequence[object] | None, users: int, items: int) -> np.ndarray | None:
    """The group name of every user or item as text, or None. Raises InputError."""
    if user_groups is not None and item_groups is not None:
        raise InputError("user_groups, item_groups: got both; expected at most one of them.")
    for what, given, count in (("user_groups", user_groups, users), ("item_groups", item_groups, items)):
        if given is not None:
            names = np.array([str(name) for name in given])
            if names.shape != (count,) or (names == ALL).any():
                raise InputError(f"{what}: got {names.size} names; expected {count}, one a row, none of them {ALL!r}.")
            return names
    return None


def _halves(users: F32, interactions: Interactions | None, rows: int, sample: int, seed: int) -> list[tuple[np.ndarray, Rows | None, Rows | None]]:
    """User numbers, seen and relevant rows of the users to fit on and of those to measure on."""
    count = users.shape[0]
    if count < 4:
        raise InputError(f"users: got {count} rows; expected at least 4, two to fit on and two to measure on.")
    rng = np.random.default_rng(seed)
    fitting = np.zeros(count, np.bool_)
    fitting[rng.permutation(count)[: count // 2]] = True
    able, task = np.ones(count, np.bool_), None
    if interactions is not None:
        task = Task.from_interactions(users, interactions, choose_split(interactions, seed=seed), rows=rows)
        able = task.relevant.lengths() > 0
    halves: list[tuple[np.ndarray, Rows | None, Rows | None]] = []
    for mask in (fitting, ~fitting):
        chosen = np.flatnonzero(able & mask)
        if chosen.size < 2:
            raise InputError("interactions: fewer than 2 users in a half have a held-out item; expected more. Was the split empty, or were the items unknown?")
        if chosen.size > sample:
            chosen = np.sort(rng.choice(chosen, sample, replace=False))
        halves.append((chosen, None, None) if task is None else (chosen, None if task.seen is None else task.seen.take(chosen), task.relevant.take(chosen)))
    return halves
