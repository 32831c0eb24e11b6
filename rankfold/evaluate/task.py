"""Task: what a ranking is judged on. Queries, the rows each should find, the rows it has seen already, groups of queries."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np

from ..arrays import F32, as_mask, as_matrix
from ..errors import InputError
from ..interactions import Interactions
from ..search.rows import Rows
from .buckets import as_popularity
from .split import Split


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What a ranking is judged on.

    queries: (q, d) floats. relevant: the rows each query should find. seen: rows that must not be recommended to it (None: nothing).
    groups: name -> (q,) bool, groups of queries that get figures of their own. popularity: (n,) training events per row of the table, for the buckets;
    counted from `seen` when None; rows beyond its end have none.
    Raises InputError for lists of another number of queries, a relevant row that is also seen, or a bad group.
    """

    queries: F32
    relevant: Rows
    seen: Rows | None = None
    groups: Mapping[str, np.ndarray] = field(default_factory=dict)
    popularity: np.ndarray | None = None

    def __post_init__(self) -> None:
        queries = as_matrix(self.queries, "queries")
        for name, lists in (("relevant", self.relevant), ("seen", self.seen)):
            if lists is not None and (not isinstance(lists, Rows) or lists.count != queries.shape[0]):
                got = f"lists of {lists.count} queries" if isinstance(lists, Rows) else type(lists).__name__
                raise InputError(f"{name}: got {got}; expected Rows of {queries.shape[0]} queries.")
        if self.seen is not None:
            both = np.flatnonzero(self.relevant.shared_with(self.seen))
            if both.size:
                query = int(self.relevant.queries()[both[0]])
                raise InputError(
                    f"relevant: query {query} has row {int(self.relevant.values[both[0]])} in seen too ({both.size} such pairs); those are never recommended. "
                    "Drop them first, or build the task with Task.from_interactions, which does."
                )
        object.__setattr__(self, "queries", queries)
        object.__setattr__(self, "groups", MappingProxyType({name: as_mask(mask, queries.shape[0], f"groups[{name!r}]") for name, mask in self.groups.items()}))
        if self.popularity is not None:
            object.__setattr__(self, "popularity", as_popularity(self.popularity))

    @classmethod
    def from_interactions(
        cls,
        queries: F32,
        interactions: Interactions,
        split: Split,
        *,
        rows: int,
        part: Literal["valid", "test"] = "test",
        groups: Mapping[str, np.ndarray] | None = None,
    ) -> "Task":
        """The task that a split of interactions sets: find the `part` items of each user; train items (for the test part, valid ones too) are seen.

        queries: (users, d), one a user number. interactions: their users are rows of queries, their items rows of a table of `rows` rows.
        Held-out items that the user had seen before are not asked for: a list without seen rows cannot hold them. Popularity counts train events only.
        Raises InputError.
        """
        if part not in ("valid", "test"):
            raise InputError(f"part: got {part!r}; expected valid or test.")
        user, item = np.asarray(interactions.user), np.asarray(interactions.item)
        if split.train.shape != user.shape:
            raise InputError(f"split: got masks of {split.train.size} interactions; expected {user.size}.")
        users = np.asarray(queries).shape[0]
        wanted, known = (split.test, split.train | split.valid) if part == "test" else (split.valid, split.train)
        seen = Rows.from_pairs(user[known], item[known], users)
        relevant = Rows.from_pairs(user[wanted], item[wanted], users)
        for name, lists in (("seen", seen), ("relevant", relevant)):
            lists.check_below(rows, f"interactions ({name})")
        relevant = relevant.where(~relevant.shared_with(seen))
        popularity = np.bincount(item[split.train], minlength=rows)
        return cls(queries, relevant, seen, groups or {}, popularity)

    @property
    def count(self) -> int:
        """How many queries."""
        return self.queries.shape[0]

    def answerable(self) -> np.ndarray:
        """Numbers of the queries that have a relevant row, int64: only these can be judged."""
        return np.flatnonzero(self.relevant.lengths())

    def take(self, queries: np.ndarray) -> "Task":
        """The task of the chosen queries (an index array or a mask), in that order; popularity stays that of all."""
        return Task(
            self.queries[queries],
            self.relevant.take(queries),
            None if self.seen is None else self.seen.take(queries),
            {name: mask[queries] for name, mask in self.groups.items()},
            self.events(),
        )

    def sample(self, queries: int, *, seed: int = 0) -> "Task":
        """The task of so many queries that have a relevant row, drawn at random without replacement; all of them when there are fewer."""
        if queries < 1:
            raise InputError(f"queries: got {queries}; expected at least 1.")
        able = self.answerable()
        if able.size > queries:
            able = np.sort(np.random.default_rng(seed).choice(able, queries, replace=False))
        return self.take(able)

    def events(self, rows: int | None = None) -> np.ndarray | None:
        """Training events per row, float64 (n,): `popularity`, else counted from `seen`, else None; rows up to `rows` that it does not reach have 0.

        Raises InputError when it reaches beyond `rows`.
        """
        if self.popularity is not None:
            known = self.popularity
        elif self.seen is not None and self.seen.values.size:
            known = np.bincount(self.seen.values).astype(np.float64)
        else:
            return None
        if rows is None:
            return known
        if known.size > rows:
            raise InputError(f"popularity: got {known.size} rows; expected at most {rows}, those of the table. Was it counted for another table?")
        return np.concatenate([known, np.zeros(rows - known.size)])

    def digest(self) -> str:
        """SHA-256 of queries, relevant and seen rows: reports with one digest were measured on the same task."""
        parts = [self.queries, self.relevant.starts, self.relevant.values]
        parts += [] if self.seen is None else [self.seen.starts, self.seen.values]
        state = hashlib.sha256()
        for part in parts:
            state.update(f"{part.dtype.str}{part.shape}".encode())
            state.update(np.ascontiguousarray(part).data)
        return state.hexdigest()
