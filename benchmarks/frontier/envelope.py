"""Who is in front at each size: our best code against the best peer at equal or fewer bytes, with a paired interval, and whether the bar is reached."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rankfold.evaluate.intervals import percentiles, resampled_means

from .cache import unpacked
from .sets import BOOKS_LIMIT, TEXTS, bars_of, is_limited, sizes_of

DRAWS = 2_000
OURS = "ours"
LARGE_CATALOGUE = 10_000_000
BUCKET_HITS = 500
# size -> agreement@100, points above the best peer.
TEXT_BARS = {16: (0.70, 0.03), 32: (0.81, 0.04), 64: (0.905, 0.02)}
# size -> NDCG@10 lost at most, upper end of its interval, overlap@10, recall@10 lost by a bucket with 500 hits.
FACTOR_BARS = {17: (0.02, None, 0.82, None), 33: (0.005, 0.015, 0.90, 0.03)}
SMALL_BARS = {17: 0.03, 33: 0.01}


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """One method in one form at one size, all its seeds together: values (q,) are means over them, entries the files they came from."""

    set: str
    who: str
    method: str
    form: str
    nbytes: int
    row_bytes: float
    state_bytes: float
    count: int
    values: np.ndarray
    entries: tuple[dict, ...]

    @property
    def name(self) -> str:
        """The method, and the form where there is a choice; a mark where code has changed since."""
        mark = " (earlier)" if self.earlier else ""
        return self.method + mark if self.form in ("cosine", "plain") else f"{self.method}{mark}, {self.form}"

    @property
    def earlier(self) -> bool:
        """Whether some seed was measured on earlier code of ours."""
        return any(entry.get("earlier") for entry in self.entries)

    @property
    def books_per_row(self) -> float:
        """Bytes of codebooks, matrices and tables a row of this set."""
        return self.state_bytes / self.count

    @property
    def total_bytes(self) -> float:
        """Bytes a row, codebooks shared out over the rows of this set; no ids."""
        return self.row_bytes + self.books_per_row

    @property
    def total_bytes_large(self) -> float:
        """The same over ten million rows."""
        return self.row_bytes + self.state_bytes / LARGE_CATALOGUE

    @property
    def quality(self) -> float:
        """Mean of the values: agreement@100, or NDCG@10."""
        return float(self.values.mean())

    def figure(self, *path: str) -> float:
        """Mean over seeds of one figure of the entries, NaN where one lacks it."""
        found = []
        for entry in self.entries:
            value: object = entry["figures"]
            for name in path:
                value = value.get(name) if isinstance(value, dict) else None
            found.append(np.nan if value is None else float(value))
        return float(np.mean(found))


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean over queries with its paired 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """One set at one size. difference: ours minus the peer's, in agreement or in shares of the exact NDCG. bar: what was missed, empty when all is reached,
    None where no bar is set."""

    set: str
    nbytes: int
    ours: Result | None
    peer: Result | None
    difference: Difference | None
    loss: Difference | None
    bar: tuple[str, ...] | None

    @property
    def below(self) -> bool:
        """Whether a peer is in front at equal or fewer bytes."""
        return self.difference is None or self.difference.mean < 0


def results(entries: Iterable[dict]) -> list[Result]:
    """Entries of the same method, form and size gathered over seeds; those of methods that were not run are left out."""
    groups: dict[tuple, list[dict]] = {}
    for entry in entries:
        if "values" in entry:
            groups.setdefault((entry["set"], entry["who"], entry["method"], entry["form"], entry["nbytes"]), []).append(entry)
    found = []
    for key, mine in groups.items():
        values = np.mean([unpacked(entry["values"]) for entry in mine], axis=0)
        sizes = (max(entry["row_bytes"] for entry in mine), max(entry["state_bytes"] for entry in mine), mine[0]["count"])
        found.append(Result(*key, *sizes, values, tuple(mine)))
    return found


def allowed(found: Sequence[Result], name: str, nbytes: float, limited: bool) -> list[Result]:
    """Results of a set that spend at most nbytes a row, and little on codebooks where the catalogue is small."""
    return [one for one in found if one.set == name and one.row_bytes <= nbytes + 1e-9 and (not limited or one.books_per_row <= BOOKS_LIMIT)]


def best(found: Sequence[Result]) -> Result | None:
    """The one of highest quality; of equals the one of fewer bytes."""
    return max(found, key=lambda one: (one.quality, -one.total_bytes), default=None)


def difference(mine: np.ndarray, theirs: np.ndarray, scale: float = 1.0) -> Difference:
    """Mean of (mine - theirs) / scale over the same queries, with the percentile interval of 2,000 draws."""
    gap = (mine - theirs) / scale
    drawn = resampled_means(gap[:, None], draws=DRAWS, seed=0)[:, 0]
    return Difference(float(gap.mean()), *percentiles(drawn))


def loss(exact: np.ndarray, mine: np.ndarray) -> Difference:
    """Share of the exact mean that is lost, paired over queries."""
    drawn = resampled_means(np.stack([exact, mine], axis=1), draws=DRAWS, seed=0)
    return Difference(float(1 - mine.mean() / exact.mean()), *percentiles(1 - drawn[:, 1] / drawn[:, 0]))


def verdicts(found: Sequence[Result], exact: dict[str, np.ndarray], names: Sequence[str]) -> list[Verdict]:
    """Every set at every size where a code of ours was measured, and at its bar sizes.

    exact: set -> NDCG@10 of the uncompressed vectors, a query each, for the sets judged by users.
    """
    ours_at = {(one.set, one.nbytes) for one in found if one.who == OURS}
    return [verdict(found, exact.get(name), name, size) for name in names for size in sizes_of(name) if (name, size) in ours_at or size in bars_of(name)]


def verdict(found: Sequence[Result], exact: np.ndarray | None, name: str, nbytes: int) -> Verdict:
    """Our best code and the best peer of a set at a size; where a bar is set, of ours the one that misses least of it.

    Small catalogues: only methods with few bytes of codebooks.
    """
    inside = allowed(found, name, nbytes, is_limited(name))
    theirs = best([one for one in inside if one.who != OURS])
    mine = sorted((one for one in inside if one.who == OURS), key=lambda one: (-one.quality, one.total_bytes))
    judged = [_judged(one, theirs, exact, name, nbytes) for one in mine]
    return min(judged, key=lambda one: len(one.bar or ()), default=_judged(None, theirs, exact, name, nbytes))


def _judged(ours: Result | None, theirs: Result | None, exact: np.ndarray | None, name: str, nbytes: int) -> Verdict:
    scale = 1.0 if exact is None else float(exact.mean())
    gap = None if ours is None or theirs is None else difference(ours.values, theirs.values, scale)
    lost = None if ours is None or exact is None else loss(exact, ours.values)
    bar = missed(name, nbytes, ours, gap, lost) if nbytes in bars_of(name) else None
    return Verdict(name, nbytes, ours, theirs, gap, lost, bar)


def missed(name: str, nbytes: int, ours: Result | None, gap: Difference | None, lost: Difference | None) -> tuple[str, ...] | None:
    """What of the bar is not reached, in words; None where the set has none."""
    if name in TEXTS and name != "text132k":
        return None
    if ours is None:
        return ("no result of ours",)
    ahead = -np.inf if gap is None else gap.mean
    if name in TEXTS:
        least, points = TEXT_BARS[nbytes]
        checks = [(ours.quality >= least, f"agreement@100 {ours.quality:.3f} < {least}"), (ahead >= points, f"{100 * ahead:+.1f} points < +{100 * points:.0f}")]
    elif name == "amazon_book":
        checks = _factor_checks(nbytes, ours, lost)
    else:
        most = SMALL_BARS[nbytes]
        checks = [(lost.mean <= most, f"loss {lost.mean:.1%} > {most:.0%}"), (ahead > 0, f"{ahead:+.1%} against the best peer")]
    return tuple(words for reached, words in checks if not reached)


def _factor_checks(nbytes: int, ours: Result, lost: Difference) -> list[tuple[bool, str]]:
    most, high, least, bucket = FACTOR_BARS[nbytes]
    overlap = ours.figure("overlap@10", "mean")
    checks = [(lost.mean <= most, f"loss {lost.mean:.2%} > {most:.1%}"), (overlap >= least, f"overlap@10 {overlap:.3f} < {least}")]
    if high is not None:
        checks.append((lost.high <= high, f"loss may be {lost.high:.2%} > {high:.1%}"))
    if bucket is not None:
        for name in ours.entries[0]["figures"]["buckets"]:
            drop, hits = ours.figure("buckets", name, "recall@10", "drop"), ours.figure("buckets", name, "baseline_hits")
            checks.append((hits < BUCKET_HITS or drop <= bucket, f"{name} loses {drop:.1%} recall > {bucket:.0%}"))
    return checks
