"""Policy: what a table must be shown to keep, as a TOML file that a team agrees on and a pipeline checks."""

import difflib
import math
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from ..errors import InputError
from ..evaluate.buckets import NAMES
from ..report.sections import MOST_BUCKET_DROP
from ..sources import reading, regular_file

MAX_BYTES = 1 << 20
Prove = Literal["loss", "safety"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What is asked of the evidence; None or nothing in a field asks nothing. Shares are fractions: 0.01 is 1 %.

    quality: metric -> largest relative loss; less must be shown to be lost. fidelity: metric -> smallest agreement with the exact lists, lower end.
    buckets: of head, mid and tail -> largest loss of recall@10. prove_buckets: "loss": a bucket fails where more is shown to be lost; "safety": it passes
    only where less is. need_buckets: whether a bucket that was not measured holds the table up.
    slices: no slice may be shown to lose more (Holm over all). gap: nor to lose so much more than the rest of its kind. kinds: that must have been measured.
    exposure: no group of items may be shown to be seen so much more or less than before. calibration: the stored calibration errs at most so many times as
    before compression, beyond chance; need_calibration: whether there must be one. lists: guard (changed_screens, changed_firsts, changed_places, lost_all)
    or p95 -> largest share, upper end; worst_users: largest loss of the tenth hurt most, upper end.
    row_bytes: with ids and codebooks; total_bytes: of all rows. scan_ms: one query over the table.
    users: at least so many judged. days: evidence at most so old. task: its digest, or how it begins. artifact: the evidence must name the artifact judged.
    """

    quality: Mapping[str, float] = field(default_factory=dict)
    fidelity: Mapping[str, float] = field(default_factory=dict)
    buckets: Mapping[str, float] = field(default_factory=dict)
    prove_buckets: Prove = "loss"
    need_buckets: bool = True
    slices: float | None = None
    gap: float | None = None
    kinds: tuple[str, ...] = ()
    exposure: float | None = None
    calibration: float | None = None
    need_calibration: bool = False
    lists: Mapping[str, float] = field(default_factory=dict)
    worst_users: float | None = None
    row_bytes: float | None = None
    total_bytes: float | None = None
    scan_ms: float | None = None
    users: int = 0
    days: float | None = None
    task: str = ""
    artifact: bool = False

    @property
    def asks(self) -> bool:
        """Whether it asks for anything that a table could fail."""
        named = [self.quality, self.fidelity, self.buckets, self.lists]
        limits = (self.slices, self.gap, self.exposure, self.calibration, self.worst_users, self.row_bytes, self.total_bytes, self.scan_ms)
        return any(named) or any(one is not None for one in limits)

    @classmethod
    def within(cls, metric: str, allowed: float) -> "Policy":
        """What --max-drop and --fail-if-drop ask: a loss of at most `allowed`, no bucket shown to lose more (or more than 5 %), no stale calibration."""
        buckets = dict.fromkeys(NAMES, max(allowed, MOST_BUCKET_DROP))
        return cls(quality={metric: allowed}, buckets=buckets, need_buckets=False, calibration=STALE_TIMES)


STALE_TIMES = 2.0
DEFAULT = Policy(quality={"ndcg@10": 0.01}, buckets=dict.fromkeys(NAMES, MOST_BUCKET_DROP), calibration=STALE_TIMES, slices=MOST_BUCKET_DROP, users=200)


def read_policy(path: str | os.PathLike[str]) -> Policy:
    """The policy of a TOML file (see docs/gate.md). Raises InputError, naming the key, for anything that a policy does not have."""
    found = regular_file(path, (".toml",))
    with reading(found):
        raw = found.read_bytes()
    if len(raw) > MAX_BYTES:
        raise InputError(f"policy: {found} has {len(raw):,} bytes; expected at most {MAX_BYTES:,}.")
    try:
        return parse_policy(raw.decode("utf-8"), str(found))
    except UnicodeDecodeError as error:
        raise InputError(f"policy: {found} is not UTF-8 text ({error.reason}).") from error


def parse_policy(text: str, name: str = "policy") -> Policy:
    """The policy of a TOML text; `name` says in errors where it is from. Raises InputError for unknown keys, wrong values, and a policy that asks nothing."""
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"policy: {name} is not TOML: {str(error)[:200]}.") from error
    taken: dict[str, Any] = {}
    for section, entries in content.items():
        kinds = _known(section, SECTIONS, f"{name}: section")
        if not isinstance(entries, dict):
            raise InputError(f"policy: {name}: {section} is {entries!r}; expected a section [{section}] with keys.")
        for key, value in entries.items():
            where = f"{name}: [{section}] {key}"
            if "*" in kinds:
                target, check = kinds["*"]
                taken.setdefault(target, {})[key] = check(value, where)
            else:
                target, check = _known(key, kinds, f"{name}: [{section}] key")
                value = check(value, where)
                taken[target] = {**taken.get(target, {}), key: value} if target in MAPPINGS else value
    policy = Policy(**taken)
    if not policy.asks:
        raise InputError(f'policy: {name} asks nothing of a table; expected at least one margin, such as [quality] with "ndcg@10" = 0.01.')
    return policy


def _known(key: str, among: Mapping[str, Any], what: str) -> Any:
    if key not in among:
        near = difflib.get_close_matches(key, among, 1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise InputError(f"policy: {what} {key!r} is not known; expected {', '.join(among)}.{meant}")
    return among[key]


def _number(low: float, high: float, what: str) -> Callable[[object, str], float]:
    def check(value: object, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not low <= value <= high:
            raise InputError(f"policy: {where} is {value!r}; expected {what}.")
        return value

    return check


def _is(kind: type, what: str) -> Callable[[object, str], Any]:
    def check(value: object, where: str) -> Any:
        if type(value) is not kind:
            raise InputError(f"policy: {where} is {value!r}; expected {what}.")
        return value

    return check


def _prove(value: object, where: str) -> str:
    if value not in ("loss", "safety"):
        raise InputError(f'policy: {where} is {value!r}; expected "loss" or "safety".')
    return str(value)


def _names(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise InputError(f"policy: {where} is {value!r}; expected a list of names.")
    return tuple(value)


def _digest(value: object, where: str) -> str:
    if not isinstance(value, str) or not 12 <= len(value) <= 64 or set(value) - set("0123456789abcdef"):
        raise InputError(f"policy: {where} is {value!r}; expected the digest of a task, or its first 12 or more hexadecimal digits.")
    return value


_share = _number(0, 1, "a share from 0 to 1, such as 0.01 for 1 %")
_positive = _number(0, math.inf, "a number of at least 0")
_flag = _is(bool, "true or false")
GUARDS = ("changed_screens", "changed_firsts", "changed_places", "lost_all", "p95")
# Section -> key -> (field of Policy, check); "*" takes any key.
SECTIONS: dict[str, dict[str, tuple[str, Callable[[object, str], Any]]]] = {
    "quality": {"*": ("quality", _share)},
    "fidelity": {"*": ("fidelity", _share)},
    "buckets": {**dict.fromkeys(NAMES, ("buckets", _share)), "prove": ("prove_buckets", _prove), "need": ("need_buckets", _flag)},
    "slices": {"most": ("slices", _share), "gap": ("gap", _share), "kinds": ("kinds", _names)},
    "exposure": {"most": ("exposure", _positive)},
    "calibration": {"times": ("calibration", _positive), "need": ("need_calibration", _flag)},
    "lists": {**dict.fromkeys(GUARDS, ("lists", _share)), "worst_users": ("worst_users", _share)},
    "size": {"row_bytes": ("row_bytes", _positive), "total_bytes": ("total_bytes", _positive)},
    "speed": {"scan_ms": ("scan_ms", _positive)},
    "evidence": {
        "users": ("users", _is(int, "a whole number")),
        "days": ("days", _positive),
        "task": ("task", _digest),
        "artifact": ("artifact", _flag),
    },
}
MAPPINGS = {one.name for one in fields(Policy) if one.name in ("quality", "fidelity", "buckets", "lists")}
