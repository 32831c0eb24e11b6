"""Sharing: tables that are alike enough use one set of codebooks. Merged step by step, the pair that exchanges best first, while no table loses too much.

Agglomerative, as in Ward, "Hierarchical grouping to optimize an objective function", 1963; the objective is what a table's rows lose under a common codebook.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..adaptive.tiers import rates_of, state_bytes
from ..arrays import unit_rows
from ..codec import Codec
from ..codes import Codes
from ..compression import Fitted, fit
from ..errors import InputError
from ..evaluate.exact import ExactSearcher
from ..evaluate.fidelity import overlap
from ..search import Rows, Searcher
from ..table import Segment, Table, encode_rows
from ..vectors import Vectors, as_vectors

QUERIES = 500
DEPTH = 10
SAMPLE_ROWS = 50_000
EXCHANGE_ROWS = 2_000
LEAST_ROWS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """tables: name -> compressed table; the tables of a group hold the very same state. groups: the names that share, largest group first.

    overlap: name -> (with codebooks of its own, as it is now), share of the exact 10 nearest rows that are found, for up to 500 rows of the
    table, at most a quarter, that no codebook was fitted to.
    own_bytes, shared_bytes: of the codebooks, before and after.
    """

    tables: dict[str, Table]
    groups: tuple[tuple[str, ...], ...]
    overlap: dict[str, tuple[float, float]]
    own_bytes: int
    shared_bytes: int

    def report(self) -> dict:
        """JSON-ready: groups, codebook bytes before and after, the share saved, and what each table lost."""
        loss = {name: {"before": own, "after": now, "loss": own - now} for name, (own, now) in self.overlap.items()}
        saved = 1 - self.shared_bytes / self.own_bytes if self.own_bytes else 0.0
        return {
            "groups": [list(group) for group in self.groups],
            "own_bytes": self.own_bytes,
            "shared_bytes": self.shared_bytes,
            "saved": saved,
            "overlap@10": loss,
        }


@dataclass(frozen=True, slots=True, eq=False)
class _Member:
    """One table on its way: its rows, those asked for and all others, on which is fitted, the exact lists, its own codebooks and what it finds with them."""

    vectors: Vectors
    asked: np.ndarray
    others: Vectors
    exact: np.ndarray
    own: Fitted
    overlap: float


def share(tables: Mapping[str, Vectors], how: Codec, *, limit: float = 0.005, unit: bool = False, seed: int = 0) -> Shared:
    """Compress several tables with `how`, with codebooks in common where no table of a group loses more than `limit` of its overlap@10 by it.

    tables: name -> vectors, of one dimension. limit: most that the overlap of a table's 10 nearest rows with the exact ones may fall below that with codebooks
    of its own, 0 to 1. Two groups are merged by fitting one set of codebooks to the rows of both (at most 50,000 a table); the pair whose codebooks serve each
    other best is tried first, and a pair that loses too much is not tried again. Tables are returned as ordinary ones: in memory a group's codebooks are there
    once, and `store.link_equal` does the same on disk. Raises InputError for fewer than two tables, other dimensions or fewer than 20 rows.
    """
    _check(tables, limit)
    rng = np.random.default_rng(seed)
    members = {name: _member(vectors, how, unit, seed, rng) for name, vectors in tables.items()}
    fitted: dict[tuple[str, ...], Fitted] = {(name,): member.own for name, member in members.items()}
    found = {name: member.overlap for name, member in members.items()}
    refused: set[tuple[tuple[str, ...], tuple[str, ...]]] = set()
    while True:
        pairs = [(a, b) for a in fitted for b in fitted if a < b and (a, b) not in refused]
        if not pairs:
            break
        a, b = min(pairs, key=lambda pair: _exchange(members, fitted, pair, unit))
        common = _pooled([members[name].others for name in (*a, *b)], how, unit, seed)
        now = {name: _overlap(_coded(members[name].vectors, common, unit), members[name]) for name in (*a, *b)}
        if any(members[name].overlap - value > limit for name, value in now.items()):
            refused.add((a, b))
            continue
        del fitted[a], fitted[b]
        fitted[tuple(sorted((*a, *b)))] = common
        found |= now
    made = {name: _coded(members[name].vectors, one, unit) for group, one in fitted.items() for name in group}
    groups = tuple(sorted(fitted, key=lambda group: (-len(group), group)))
    own = sum(state_bytes([member.own.state]) for member in members.values())
    overlaps = {name: (member.overlap, found[name]) for name, member in members.items()}
    return Shared({name: made[name] for name in tables}, groups, overlaps, own, state_bytes([one.state for one in fitted.values()]))


def _check(tables: Mapping[str, Vectors], limit: float) -> None:
    if len(tables) < 2:
        raise InputError(f"tables: got {len(tables)}; expected at least two to share codebooks.")
    if isinstance(limit, bool) or not 0 <= limit <= 1:
        raise InputError(f"limit: got {limit!r}; expected 0 to 1, a loss of overlap.")
    dims = {vectors.dim for vectors in tables.values()}
    if len(dims) > 1:
        raise InputError(f"tables: got {', '.join(map(str, sorted(dims)))} dimensions; expected one and the same.")
    for name, vectors in tables.items():
        if vectors.count < LEAST_ROWS:
            raise InputError(f"tables: {name!r} has {vectors.count} rows; expected at least {LEAST_ROWS} to measure a loss on.")


def _member(vectors: Vectors, how: Codec, unit: bool, seed: int, rng: np.random.Generator) -> _Member:
    asked = np.sort(rng.choice(vectors.count, min(QUERIES, vectors.count // 4), replace=False))
    exact = ExactSearcher(vectors, unit=unit).search(vectors.arranged(asked).read(), DEPTH, exclude=_themselves(asked)).rows
    others = vectors.arranged(np.setdiff1d(np.arange(vectors.count), asked))
    own = fit(others, how, unit=unit, sample=SAMPLE_ROWS, seed=seed)
    member = _Member(vectors, asked, others, exact, own, 0.0)
    return replace(member, overlap=_overlap(_coded(vectors, own, unit), member))


def _themselves(asked: np.ndarray) -> Rows:
    return Rows.from_pairs(np.arange(asked.size), asked, asked.size)


def _overlap(table: Table, member: _Member) -> float:
    """Share of the exact 10 nearest rows that the table finds."""
    found = Searcher(table).search(member.vectors.arranged(member.asked).read(), DEPTH, exclude=_themselves(member.asked))
    return float(np.nanmean(overlap(found.rows, member.exact)))


def _exchange(members: Mapping[str, _Member], fitted: Mapping[tuple[str, ...], Fitted], pair: tuple[tuple[str, ...], tuple[str, ...]], unit: bool) -> float:
    """How many times larger the error of a table's rows becomes, at most, under the codebooks of the other group."""
    worst = 0.0
    for group, other in (pair, pair[::-1]):
        for name in group:
            vectors = members[name].vectors
            some = vectors.arranged(np.unique(np.linspace(0, vectors.count - 1, min(EXCHANGE_ROWS, vectors.count)).astype(np.int64)))
            mine, theirs = (float(np.square(rates_of(some, [fitted[one]], unit=unit).errors, dtype=np.float64).sum()) for one in (group, other))
            worst = max(worst, theirs / mine if mine > 0 else float(theirs > 0))
    return worst


def _pooled(tables: list[Vectors], how: Codec, unit: bool, seed: int) -> Fitted:
    """The codec fitted to rows of all these tables."""
    rng = np.random.default_rng(seed)
    rows = np.concatenate([vectors.sample(SAMPLE_ROWS, rng)[1] for vectors in tables])
    return fit(as_vectors(rows, zero_rows="keep"), how, unit=unit, sample=len(rows), seed=seed)


def _coded(vectors: Vectors, one: Fitted, unit: bool) -> Table:
    parts = [Codes(encode_rows(one.codec, one.state, unit_rows(x) if unit else x)) for _, x in vectors.blocks()]
    return Table(vectors.dim, unit, vectors.ids, (Segment(one.codec, one.state, Codes.concat(parts), 0),), space=vectors.space)
