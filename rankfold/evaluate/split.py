"""Splits of interactions into train, valid and test without leaks from the future: global time, last of each user, a given column."""

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..interactions import Interactions

GIVEN = {"train": 0, "valid": 1, "validation": 1, "val": 1, "test": 2}


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Three masks (m,) bool over interactions; every interaction is in at most one.

    how: one line for reports. looks_ahead: True when training events may be younger than test events.
    Raises InputError when masks differ in length or overlap, or when train or test is empty.
    """

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    how: str
    looks_ahead: bool = False

    def __post_init__(self) -> None:
        masks = (self.train, self.valid, self.test)
        if any(mask.dtype != np.bool_ or mask.ndim != 1 or mask.shape != self.train.shape for mask in masks):
            raise InputError("split: expected three bool masks (interactions,) of one length.")
        if (self.train.astype(np.int8) + self.valid + self.test > 1).any():
            raise InputError("split: an interaction is in two parts; expected each in at most one of train, valid and test.")
        if not self.train.any() or not self.test.any():
            raise InputError(
                f"split ({self.how}): got {int(self.train.sum())} train and {int(self.test.sum())} test interactions; expected some of each. Move the cut."
            )


def by_time(time: object, *, test_from: object = None, valid_from: object = None, test: float = 0.1, valid: float = 0.1) -> Split:
    """One cut in time for all users: everything before the first cut is train, everything from the last cut on is test. The honest default.

    time: (m,) numbers or datetime64. Cuts are times (`test_from`, `valid_from`), or shares of the interactions (`test`, `valid`) when `test_from` is None;
    interactions of one moment are never parted. With `test_from` alone nothing is valid. Raises InputError.
    """
    when = _times(time)
    if test_from is None:
        if not (0 < test < 1 and 0 <= valid < 1 and test + valid < 1) or valid_from is not None:
            raise InputError(f"test, valid: got {test} and {valid} (valid_from {valid_from}); expected shares that leave something to train on, or test_from.")
        ordered = np.sort(when)
        last_cut = ordered[int(np.floor((1 - test) * when.size))]
        first_cut = ordered[int(np.floor((1 - test - valid) * when.size))] if valid else last_cut
    else:
        last_cut = _cut(test_from, when, "test_from")
        first_cut = last_cut if valid_from is None else _cut(valid_from, when, "valid_from")
        if first_cut > last_cut:
            raise InputError(f"valid_from: got {valid_from}; expected a time before test_from ({test_from}).")
    return Split(when < first_cut, (when >= first_cut) & (when < last_cut), when >= last_cut, f"global time: valid from {first_cut}, test from {last_cut}")


def last_of_user(user: object, time: object, *, test: int = 1, valid: int = 0) -> Split:
    """The last `test` interactions of every user are test, the `valid` before them valid; users with too few of them are train throughout.

    user: (m,) whole numbers; time: (m,), equal times go by position. Other users' later events stay in train, so trends leak: `looks_ahead` is True.
    Raises InputError.
    """
    when = _times(time)
    who = _users(user, when.size)
    if test < 1 or valid < 0:
        raise InputError(f"test, valid: got {test} and {valid}; expected at least 1 and 0.")
    order = np.lexsort((when, who))
    return _from_end(who, order, test, valid, f"last {test} of each user" + (f", {valid} before them valid" if valid else ""))


def by_chance(user: object, *, test: int = 1, valid: int = 0, seed: int = 0) -> Split:
    """`test` interactions of every user drawn at random, for data without time; users with too few are train throughout.

    Training events may be younger than test events (`looks_ahead` is True), which flatters every model. Prefer `by_time`. Raises InputError.
    """
    who = _users(user, None)
    if test < 1 or valid < 0:
        raise InputError(f"test, valid: got {test} and {valid}; expected at least 1 and 0.")
    order = np.lexsort((np.random.default_rng(seed).random(who.size), who))
    return _from_end(who, order, test, valid, f"{test} of each user at random, seed {seed}")


def by_column(column: object) -> Split:
    """The parts as a column (m,) says: 0, 1, 2 or "train", "valid", "test". Raises InputError for other values.

    Whether the column respects time is the giver's affair.
    """
    array = np.asarray(column)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8")
    if array.ndim == 1 and array.dtype.kind in "UO":
        kinds, place = np.unique(array.astype(str), return_inverse=True)
        unknown = [kind for kind in kinds.tolist() if kind not in GIVEN]
        if unknown:
            raise InputError(f"split: got {unknown[0]!r}; expected train, valid or test.")
        array = np.array([GIVEN[kind] for kind in kinds.tolist()])[place]
    if array.ndim != 1 or array.dtype.kind not in "iu" or (array.size and not 0 <= int(array.min()) <= int(array.max()) <= 2):
        raise InputError(f"split: got dtype {array.dtype} of shape {array.shape}; expected one value an interaction: 0, 1, 2 or train, valid, test.")
    return Split(array == 0, array == 1, array == 2, "given column")


def choose_split(interactions: Interactions, *, seed: int = 0) -> Split:
    """The most honest split that interactions (time and split may be None) allow: the given column, global time, else chance.

    Raises InputError.
    """
    if interactions.split is not None:
        return by_column(interactions.split)
    if interactions.time is not None:
        return by_time(interactions.time)
    return by_chance(interactions.user, seed=seed)


def _from_end(who: np.ndarray, order: np.ndarray, test: int, valid: int, how: str) -> Split:
    """Split by place from the end of each user's events in `order`; a user keeps at least one train event."""
    sorted_who = who[order]
    ends = np.searchsorted(sorted_who, sorted_who, side="right")
    begins = np.searchsorted(sorted_who, sorted_who, side="left")
    from_end = np.empty(who.size, np.int64)
    enough = np.empty(who.size, np.bool_)
    from_end[order] = ends - 1 - np.arange(who.size)
    enough[order] = ends - begins > test + valid
    in_test = enough & (from_end < test)
    in_valid = enough & ~in_test & (from_end < test + valid)
    return Split(~in_test & ~in_valid, in_valid, in_test, how, looks_ahead=True)


def _times(time: object) -> np.ndarray:
    when = np.asarray(time)
    if when.ndim != 1 or when.dtype.kind not in "iufM" or not when.size:
        raise InputError(f"time: got dtype {when.dtype} of shape {when.shape}; expected numbers or datetime64, one an interaction.")
    if when.dtype.kind in "fM" and (np.isnat(when) if when.dtype.kind == "M" else ~np.isfinite(when)).any():
        raise InputError("time: holds values that are missing or not finite; expected a time for every interaction.")
    return when


def _cut(moment: object, when: np.ndarray, name: str) -> np.ndarray:
    if when.dtype.kind == "M":
        try:
            return np.asarray(moment, dtype=when.dtype)
        except ValueError as error:
            raise InputError(f"{name}: got {moment!r}; expected a moment such as 2025-06-01, as the times are {when.dtype}.") from error
    cut = np.asarray(moment)
    if cut.ndim or cut.dtype.kind not in "iuf" or not np.isfinite(cut):
        raise InputError(f"{name}: got {moment!r}; expected a number, as the times are {when.dtype}.")
    return cut


def _users(user: object, count: int | None) -> np.ndarray:
    who = np.asarray(user)
    if who.ndim != 1 or who.dtype.kind not in "iu" or not who.size or (count is not None and who.size != count):
        expected = "whole numbers" if count is None else f"{count} whole numbers"
        raise InputError(f"user: got dtype {who.dtype} of shape {who.shape}; expected {expected}, one an interaction.")
    return who
