"""InvertedSearcher: search sparse codes by the latents that rows and queries share.

Two questions can be asked of the same lists. by="codes": the query is coded as the rows are, and a score is the dot product of the two codes as sparse vectors,
as sparse vector databases rank; it is not the query's dot product with the decoded row, since latents that only one of the two has count nothing although their
atoms are not at right angles. by="vectors": the dot product of the query itself with the decoded row, as `Searcher` has it, looked for in a few lists only.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .. import kernels
from ..arrays import F32, as_matrix, blocks
from ..codes import Codes
from ..errors import InputError
from ..runtime import workers as worker_count
from ..table import Segment, Table, matching_matrix
from ..vectors import Vectors
from .exact import best_of, prepare_queries, rescored
from .masks import hidden_rows
from .postings import Masks, postings_of, search_postings
from .ranking import Ranking, ranked_ids
from .rows import Rows
from .searcher import Searcher, working

QUESTIONS = ("codes", "vectors")
PASS_QUERIES = 64
SPARE = 64
MOST_KEPT = 16_384  # candidates; where they do not suffice all rows are looked at
WIDER = 8  # times as many candidates where so many do not prove that no other row is better
REFINED = 10  # times k rows are scored exactly where not told
PAIRS_AT_ONCE = 8_192


class InvertedSearcher:
    """Top-k search of a table of sparse codes (codec `sparse`) by inverted lists.

    by: "codes" or "vectors", what a score is; see above. lists: how many of the query's latents are looked up, those of the largest weight. None, for
    codes only: all that the query has, and the result is exact. refine: with `lists`, how many of the best rows by them are scored exactly, by default 10 k;
    other rows are missed: approximate, and `recall` measures how much. workers: threads, by default all cores.
    Memory: the table, and 3 bytes for each nonzero. Raises InputError for tables of other codecs, and settings that are no numbers of at least 1.
    """

    def __init__(self, table: Table, *, by: str = "codes", lists: int | None = None, refine: int | None = None, workers: int | None = None):
        if by not in QUESTIONS:
            raise InputError(f"by: got {by!r}; expected one of {', '.join(QUESTIONS)}.")
        for name, value in (("lists", lists), ("refine", refine)):
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1):
                raise InputError(f"{name}: got {value!r}; expected a whole number of at least 1.")
        if lists is None and (by == "vectors" or refine is not None):
            raise InputError("lists: got None; expected how many lists to look up, by vectors or with refine. A Searcher looks at every row.")
        self.table = working(table)
        self.by, self.lists, self.refine = by, lists, refine
        self.workers = worker_count(workers)
        self._parts = [postings_of(segment) for segment in self.table.segments]
        self._dictionaries, self._dictionary_of = _dictionaries(self.table)
        self._atoms = [segment.codec.atoms(segment.state) for segment in self._dictionaries if by == "vectors"]  # type: ignore[attr-defined]

    @property
    def count(self) -> int:
        """How many rows, removed ones included."""
        return self.table.count

    @property
    def nbytes(self) -> int:
        """Bytes of the lists, the table apart."""
        return sum(part.nbytes for part in self._parts)

    def ids(self, ranking: Ranking) -> np.ndarray:
        """Ids of the ranked rows, (q, k); where nothing was found the id is -1, or empty bytes for text ids."""
        return ranked_ids(self.table, ranking)

    def search(self, queries: F32 | Vectors, k: int, *, exclude: Rows | None = None, allow: np.ndarray | None = None) -> Ranking:
        """The k best rows of every query, as `Searcher.search` gives them: arguments, order and errors are the same; what a score is, `by` says."""
        matrix = matching_matrix(queries, "queries", dim=self.table.dim, space=self.table.space)
        if self.by == "codes":
            return self._by_codes(self._coded(matrix), self.lists, k, exclude, allow)
        return self._by_vectors(matrix, self.lists, k, exclude, allow)  # type: ignore[arg-type]

    def search_codes(self, index: np.ndarray, value: np.ndarray, k: int, *, exclude: Rows | None = None, allow: np.ndarray | None = None) -> Ranking:
        """As `search` by codes, for queries that are codes already: index whole numbers (q, m) below the number of latents, value floats (q, m), 0 where a
        query has fewer. Raises InputError, also where the table's segments have several dictionaries.
        """
        if self.by != "codes" or len(self._dictionaries) > 1:
            raise InputError(
                f"index: got codes for a search by {self.by} of {len(self._dictionaries)} dictionaries; expected by='codes' and one dictionary. Use search."
            )
        return self._by_codes([_spread(index, value, self._parts[0].step.shape[0])], self.lists, k, exclude, allow)

    def recall(self, k: int = 100, *, sample: int = 200, seed: int = 0) -> float:
        """The share of the exact k best rows that this search finds, for `sample` rows of the table as queries, each without itself; 1.0 where it is exact."""
        if self.lists is None:
            return 1.0
        rows = np.arange(self.count) if self.table.alive is None else np.flatnonzero(self.table.alive)
        rows = np.sort(np.random.default_rng(seed).permutation(rows)[:sample])
        queries, itself = self.table.decode(rows), Rows.from_pairs(np.arange(rows.size), rows, rows.size)
        found = self.search(queries, k, exclude=itself).rows
        if self.by == "codes":
            exact = self._by_codes(self._coded(queries), None, k, itself, None).rows
        else:
            exact = Searcher(self.table, workers=self.workers).search(queries, k, exclude=itself).rows
        hits = [np.isin(wanted[wanted >= 0], got).mean() for wanted, got in zip(exact, found, strict=True) if (wanted >= 0).any()]
        return float(np.mean(hits)) if hits else 1.0

    def _coded(self, queries: F32) -> list[F32]:
        """The queries' codes as weights of all latents (q, h), by each dictionary."""
        weights = []
        for number, segment in enumerate(self._dictionaries):
            index, value = segment.codec.latents(segment.state, Codes(segment.codec.encode(segment.state, queries)))  # type: ignore[attr-defined]
            weights.append(_spread(index, value, self._parts[self._dictionary_of.index(number)].step.shape[0]))
        return weights

    def _by_codes(self, weights: list[F32], lists: int | None, k: int, exclude: Rows | None, allow: np.ndarray | None) -> Ranking:
        def top(start: int, stop: int, masks: Masks) -> tuple[np.ndarray, F32]:
            mine = [weight[start:stop] for weight in weights]
            chosen = [strongest(weight, lists) for weight in mine]
            if lists is None:
                return self._proven(mine, chosen, k, masks)
            rows = self._candidates(chosen, self._refined(k), masks)[0]
            return best_of(rows, self._code_scores(mine, rows), k)

        return self._ranked(weights[0].shape[0], k, exclude, allow, top)

    def _by_vectors(self, queries: F32, lists: int, k: int, exclude: Rows | None, allow: np.ndarray | None) -> Ranking:
        def top(start: int, stop: int, masks: Masks) -> tuple[np.ndarray, F32]:
            part = np.ascontiguousarray(queries[start:stop])
            chosen = [strongest(part @ atoms.T, lists) for atoms in self._atoms]
            rows = self._candidates(chosen, self._refined(k), masks)[0]
            return best_of(*rescored(self.table, prepare_queries(self.table, part), rows), k)

        return self._ranked(queries.shape[0], k, exclude, allow, top)

    def _refined(self, k: int) -> int:
        return min(self.count, max(k, self.refine or REFINED * k))

    def _ranked(self, count: int, k: int, exclude: Rows | None, allow: np.ndarray | None, top: Callable[..., tuple[np.ndarray, F32]]) -> Ranking:
        """What top(start, stop, masks) finds for queries start to stop - 1, for all of them."""
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
            raise InputError(f"k: got {k!r}; expected a whole number of at least 1.")
        if exclude is not None and exclude.count != count:
            raise InputError(f"exclude: got lists for {exclude.count} queries; expected {count}.")
        if exclude is not None:
            exclude.check_below(self.count, "exclude")
        hidden = hidden_rows(self.table, allow)
        bytes_of = np.empty(0, np.uint8) if hidden is None else hidden.view(np.uint8)
        found = Ranking(np.full((count, k), -1, np.int64), np.full((count, k), -np.inf, np.float32))
        for start, stop in blocks(count, PASS_QUERIES):
            barred = (np.zeros(stop - start + 1, np.int64), np.empty(0, np.int64)) if exclude is None else _flat(exclude.slice(start, stop))
            rows, scores = top(start, stop, (bytes_of, *barred))
            found.rows[start:stop, : rows.shape[1]] = rows
            found.scores[start:stop, : rows.shape[1]] = scores
        return found

    def _candidates(self, chosen: list[tuple[np.ndarray, F32]], keep: int, masks: Masks) -> tuple[np.ndarray, F32]:
        """Rows (q, keep) and scores of the best rows by the chosen latents and their weights, for each dictionary."""
        spans = [(number, window) for number, part in enumerate(self._parts) for window in range(part.windows)]
        shares = [share for share in (spans[at * len(spans) // self.workers : (at + 1) * len(spans) // self.workers] for at in range(self.workers)) if share]

        def work(mine: list[tuple[int, int]]) -> tuple[np.ndarray, F32]:
            count = chosen[0][0].shape[0]
            rows, scores = np.full((count, keep), -1, np.int64), np.full((count, keep), -np.inf, np.float32)
            for number in sorted({one for one, _ in mine}):
                windows = [window for one, window in mine if one == number]
                asked = (*chosen[self._dictionary_of[number]], *masks)
                search_postings(self._parts[number], windows[0], windows[-1] + 1, asked, scores, rows)
            return rows, scores

        if len(shares) == 1:
            return work(shares[0])
        with ThreadPoolExecutor(len(shares)) as pool:
            parts = list(pool.map(work, shares))
        return best_of(np.concatenate([part[0] for part in parts], axis=1), np.concatenate([part[1] for part in parts], axis=1), keep)

    def _proven(self, weights: list[F32], chosen: list[tuple[np.ndarray, F32]], k: int, masks: Masks) -> tuple[np.ndarray, F32]:
        """The exact top by codes: more candidates until no other row can be among them; where that takes too many, every row is scored."""
        bound = np.max([part.bound(*chosen[one]) for part, one in zip(self._parts, self._dictionary_of, strict=True)], axis=0)
        keep = min(self.count, k + max(SPARE, k))
        while keep <= max(MOST_KEPT, 2 * k):
            rows, rough = self._candidates(chosen, keep, masks)
            best, scores = best_of(rows, self._code_scores(weights, rows), k)
            full = (rows[:, -1] >= 0) & (keep < self.count)
            # Rows outside the candidates score at most the worst candidate's rough score plus the bound.
            if not (full & (rough[:, -1] + bound >= scores[:, -1])).any():
                return best, scores
            keep = min(self.count, keep * WIDER)
        return self._every_row(weights, k, masks)

    def _every_row(self, weights: list[F32], k: int, masks: Masks) -> tuple[np.ndarray, F32]:
        hidden, barred_starts, barred = masks
        count = weights[0].shape[0]
        top_rows, top_scores = np.full((count, k), -1, np.int64), np.full((count, k), -np.inf, np.float32)
        for segment, one in zip(self.table.segments, self._dictionary_of, strict=True):
            for start, stop in blocks(segment.count, PAIRS_AT_ONCE):
                index, value = segment.codec.latents(segment.state, segment.codes.rows(slice(start, stop)))  # type: ignore[attr-defined]
                first = segment.first + start
                out = np.stack([np.einsum("nk,nk->n", weight[index], value) for weight in weights[one]])
                if hidden.size:
                    out[:, hidden[first : first + stop - start] != 0] = -np.inf
                for query, scores in enumerate(out):
                    mine = barred[barred_starts[query] : barred_starts[query + 1]] - first
                    scores[mine[(mine >= 0) & (mine < stop - start)]] = -np.inf
                kernels.select(out, first, top_scores, top_rows)
        return top_rows, top_scores

    def _code_scores(self, weights: list[F32], rows: np.ndarray) -> F32:
        """Exact dot products of codes, (q, m) for rows (q, m), -inf where a row is -1."""
        scores = np.full(rows.shape, -np.inf, np.float32)
        numbers, places = np.nonzero(rows >= 0)
        for start, stop in blocks(numbers.size, PAIRS_AT_ONCE):
            number, place = numbers[start:stop], places[start:stop]
            row = rows[number, place]
            for segment, one in zip(self.table.segments, self._dictionary_of, strict=True):
                here = np.flatnonzero((row >= segment.first) & (row < segment.first + segment.count))
                if here.size:
                    index, value = segment.codec.latents(segment.state, segment.codes.rows(row[here] - segment.first))  # type: ignore[attr-defined]
                    shares = weights[one].take(index + number[here, None] * weights[one].shape[1])
                    scores[number[here], place[here]] = np.einsum("nk,nk->n", shares, value)
        return scores


def strongest(weight: F32, lists: int | None) -> tuple[np.ndarray, F32]:
    """The latents of largest |weight| of each query, rising, int32 (q, m), and their weights float32 (q, m), from weights (q, h).

    m is `lists`, or without it the most nonzeros that a query has; at least 1, at most h.
    """
    count = int(np.count_nonzero(weight, axis=1).max(initial=0)) if lists is None else lists
    count = min(max(1, count), weight.shape[1])
    latent = np.sort(np.argpartition(-np.abs(weight), count - 1, axis=1)[:, :count], axis=1)
    return latent.astype(np.int32), np.ascontiguousarray(np.take_along_axis(weight, latent, axis=1), np.float32)


def _spread(index: object, value: object, latents: int) -> F32:
    """Codes (q, m) as weights of all latents float32 (q, h); an index that comes twice has the sum. Raises InputError for anything else."""
    place = np.asarray(index)
    if place.ndim != 2 or place.dtype.kind not in "iu":
        raise InputError(f"index: got {place.dtype} of shape {place.shape}; expected whole numbers (q, m) from 0 to {latents - 1}.")
    if place.size and not 0 <= int(place.min()) <= int(place.max()) < latents:
        raise InputError(f"index: got latents from {place.min()} to {place.max()}; expected 0 to {latents - 1}, the latents of the table's dictionary.")
    share = as_matrix(value, "value")
    if share.shape != place.shape:
        raise InputError(f"value: got shape {share.shape}; expected {place.shape}, a value for each latent in index.")
    weight = np.zeros((place.shape[0], latents), np.float32)
    np.add.at(weight, (np.arange(place.shape[0])[:, None], place), share)
    return weight


def _flat(lists: Rows) -> tuple[np.ndarray, np.ndarray]:
    return lists.starts, lists.values


def _dictionaries(table: Table) -> tuple[list[Segment], list[int]]:
    """The first segment of each fitted state, and for every segment which of them has its state."""
    firsts: list[Segment] = []
    numbers = []
    for segment in table.segments:
        same = [number for number, one in enumerate(firsts) if one.codec == segment.codec and _same_arrays(one, segment)]
        if not same:
            firsts.append(segment)
        numbers.append(same[0] if same else len(firsts) - 1)
    return firsts, numbers


def _same_arrays(one: Segment, other: Segment) -> bool:
    return one.state.keys() == other.state.keys() and all(one.state[name] is other.state[name] for name in one.state)
