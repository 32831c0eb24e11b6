"""Hot answers and hot rows: lists of repeated queries, and decoded or original rows of items that are asked for often, in so many bytes."""

import hashlib
import threading
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from ..arrays import F32, as_mask
from ..errors import InputError
from ..table import Table, matching_matrix
from ..vectors import Vectors
from .masks import check_lists
from .ranking import Ranking
from .rows import Rows
from .tinylfu import TinyLFU

# What Python and the cache's books take beside the arrays of one list, measured.
ENTRY_BYTES = 600
MOST_COUNT = 255
# Counts of rows are halved when so many times as many rows were asked for as there are places.
SAMPLE = 10


class Searches(Protocol):
    """What ranks the rows of a table."""

    table: Table

    def search(self, queries: F32 | Vectors, k: int, *, exclude: Rows | None = None, allow: Any = None) -> Ranking: ...

    def ids(self, ranking: Ranking) -> np.ndarray: ...


class HotSearcher:
    """A searcher that remembers the lists of queries that come again: same query, same k, same filters, to the bit.

    searcher: `Searcher` or what searches as it does. cache: where lists are kept; several searchers may share one. Lists are kept under the searcher they came
    from, which ranks one table that never changes: a changed table is another value with a searcher of its own, so no list is ever of another table.
    Safe to call from threads. Memory: the cache's capacity.
    """

    def __init__(self, searcher: Searches, cache: TinyLFU | int):
        self.searcher = searcher
        self.cache = cache if isinstance(cache, TinyLFU) else TinyLFU(cache)
        # Held in every key: as long as a list is there, no other searcher can have the same one.
        self._owner = object()

    @property
    def table(self) -> Table:
        """The table that is ranked."""
        return self.searcher.table

    @property
    def count(self) -> int:
        """How many rows, removed ones included."""
        return self.table.count

    def ids(self, ranking: Ranking) -> np.ndarray:
        """As the searcher's."""
        return self.searcher.ids(ranking)

    def search(self, queries: F32 | Vectors, k: int, *, exclude: Rows | None = None, allow: np.ndarray | Rows | None = None) -> Ranking:
        """As the searcher's; what it refuses is refused. Queries whose lists are not there are searched together."""
        matrix = np.ascontiguousarray(matching_matrix(queries, "queries", dim=self.table.dim, space=self.table.space))
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
            raise InputError(f"k: got {k!r}; expected a whole number of at least 1.")
        keys = self._keys(matrix, int(k), exclude, allow)
        held = [self.cache.get(key) for key in keys]
        found = Ranking(np.empty((len(keys), k), np.int64), np.empty((len(keys), k), np.float32))
        missing = np.array([number for number, one in enumerate(held) if one is None], np.int64)
        if missing.size:
            lists = [one.take(missing) if isinstance(one, Rows) else one for one in (exclude, allow)]
            fresh = self.searcher.search(matrix[missing], k, exclude=lists[0], allow=lists[1])  # type: ignore[arg-type]
            found.rows[missing], found.scores[missing] = fresh.rows, fresh.scores
            for place, number in enumerate(missing.tolist()):
                rows, scores = fresh.rows[place].copy(), fresh.scores[place].copy()
                self.cache.put(keys[number], (rows, scores), rows.nbytes + scores.nbytes + ENTRY_BYTES)
        for number, one in enumerate(held):
            if one is not None:
                found.rows[number], found.scores[number] = one
        return found

    def _keys(self, matrix: F32, k: int, exclude: Rows | None, allow: np.ndarray | Rows | None) -> list[tuple]:
        """What tells each query's list from all others."""
        for name, lists in (("exclude", exclude), ("allow", allow)):
            if isinstance(lists, Rows):
                check_lists(lists, matrix.shape[0], self.table, name)
        common = (
            b""
            if allow is None or isinstance(allow, Rows)
            else hashlib.blake2b(np.packbits(as_mask(allow, self.count, "allow")).tobytes(), digest_size=16).digest()
        )
        keys = []
        for number, query in enumerate(matrix):
            own = [b"" if not isinstance(lists, Rows) else lists.of(number).tobytes() for lists in (exclude, allow)]
            kinds = isinstance(exclude, Rows), isinstance(allow, Rows)
            digest = hashlib.blake2b(query.tobytes() + b"".join(own), digest_size=16).digest()
            keys.append((self._owner, k, digest, common, kinds, len(own[0])))
        return keys


class HotRows:
    """Rows of floats by number, of which those asked for often are kept: decoded rows of a table, or rows of a file.

    read: row numbers (m,) -> float32 (m, dim), such as `table.decode`. count, dim: of all rows. capacity: bytes for the rows that are kept. A row that is not
    there takes the place of one that was asked for less often; counts fade. Rows are of the one table that `read` reads: another table has hot rows of its own.
    Safe to call from threads. Memory: the capacity, and 5 bytes for each of all rows. Raises InputError for room for no row.
    """

    def __init__(self, read: Callable[[np.ndarray], F32], count: int, dim: int, capacity: int):
        places = min(int(capacity) // (4 * dim), count)
        if places < 1:
            raise InputError(f"capacity: got {capacity} bytes; expected at least {4 * dim}, one row.")
        self._read = read
        self.hits = self.misses = 0
        self._rows = np.empty((places, dim), np.float32)
        self._row_at = np.full(places, -1, np.int64)
        self._place_of = np.full(count, -1, np.int32)
        self._asked = np.zeros(count, np.uint8)
        self._since = 0
        self._least = -1
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Bytes of everything that is kept."""
        return self._rows.nbytes + self._row_at.nbytes + self._place_of.nbytes + self._asked.nbytes

    def decode(self, rows: np.ndarray) -> F32:
        """Rows by number, in the order given, as float32 (m, dim). Raises InputError for rows that are not there."""
        rows = np.asarray(rows)
        if rows.ndim != 1 or rows.dtype.kind not in "iu" or (rows.size and not 0 <= rows.min() <= rows.max() < self._asked.size):
            raise InputError(f"rows: got {rows.dtype} of shape {rows.shape}; expected whole numbers from 0 to {self._asked.size - 1}, shape (m,).")
        out = np.empty((rows.size, self._rows.shape[1]), np.float32)
        with self._lock:
            self._note(rows)
            places = self._place_of[rows]
            held = places >= 0
            out[held] = self._rows[places[held]]
            self.hits += int(held.sum())
            self.misses += int((~held).sum())
        missing = np.flatnonzero(~held)
        if missing.size:
            out[missing] = self._read(rows[missing])
            with self._lock:
                self._keep(rows[missing], out[missing])
        return out

    def _note(self, rows: np.ndarray) -> None:
        """Count a request for each row; one that is asked for twice at once counts once."""
        self._asked[rows] = np.minimum(self._asked[rows], MOST_COUNT - 1) + np.uint8(1)
        self._since += rows.size
        if self._since >= SAMPLE * self._row_at.size:
            self._asked >>= 1
            self._least = max(self._least >> 1, -1)
            self._since = 0

    def _keep(self, rows: np.ndarray, values: F32) -> None:
        """Rows that were read take free places, then those of rows that were asked for less often."""
        worthy = np.flatnonzero((self._asked[rows] > self._least) & (self._place_of[rows] < 0))
        if not worthy.size:
            return
        rows, first = np.unique(rows[worthy], return_index=True)
        order = np.argsort(-self._asked[rows].astype(np.int64), kind="stable")[: self._row_at.size]
        rows, first = rows[order], worthy[first[order]]
        worth = np.where(self._row_at < 0, -1, self._asked[self._row_at].astype(np.int64))
        places = np.argsort(worth, kind="stable")[: rows.size]
        better = self._asked[rows] > worth[places]
        self._least = int(worth[places[0]])  # none is held that was asked for less: what is asked for no more often need not be looked at
        rows, first, places = rows[better], first[better], places[better]
        gone = self._row_at[places]
        self._place_of[gone[gone >= 0]] = -1
        self._row_at[places], self._place_of[rows], self._rows[places] = rows, places, values[first]
