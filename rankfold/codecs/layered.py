"""Two levels in one row: a coarse code of the row, and a fine code of what the coarse one left.

Quantizers of unlike kinds in stages: Juang and Gray, "Multiple stage vector quantization for speech coding", 1982. The coarse level takes what rows have in
common, the fine level codes the rest, which is close to Gaussian. They are fitted one after the other; fitting the coarse codebooks again to what the fine
level leaves took half a per cent of the squared error away on text132k, moved no list, and overfitted where rows were few. A search scores whole rows;
`Searcher(refine=...)` scans the coarse level alone and scores the best by the whole row.
{"codec": "layered", "bytes": 32} is complete: a coarse level and `trellis` share the bytes. The coarse level is `residual`, with at most 16 codebooks, or
`pursuit`, with at most 8 atoms of at most 4,096, for which there must be at least 4 rows each; both may take at most `book_share` times as many bytes as the
codes of the fitted rows. Where 1,024 atoms or more are allowed, both are tried on a part of the rows, and that which leaves less squared error of the others
is taken. Any prefix of levels decodes (`decode_levels`): a part of the coarse level, all of it, all. Bytes a row: both levels', which is `bytes` where that
is given. Slack 0.02.
"""

# Levels that are left open are None until they are settled, and nothing is coded before.
# mypy: disable-error-code="union-attr, operator, arg-type, assignment, call-arg"

from dataclasses import replace

import numpy as np

from ..arrays import blocks, row_norms
from ..codec import Codec, check_range, codec, decode_levels, depth, fit_codec, is_open, pulled, settled
from ..codes import Codes, inside, nested
from ..errors import SpecError
from ..fitting.additive import summed
from ..fitting.dictionary import summed_atoms
from ..fitting.remembered import Remembered
from .pursuit import Pursuit
from .residual import SIZE, Residual
from .trellis import Trellis

HALF_BYTES = 2
MOST_LEVELS = 16
LEAST_FINE = 2
# Window of the trellis of at most so many bytes. Wider ones code better, and encoding takes twice as long for each bit of them; where a ring holds less than
# ten windows it is searched from several places, so that short ones of wide windows would take longest of all.
WINDOWS = ((8, 6), (10, 14), (12, 24), (10, 64))
LEAST_WINDOW = 8
MOST_ATOMS, LEAST_ATOMS, ATOM_ROWS = 4_096, 1_024, 4
# More atoms a row, or atoms that take more of the bytes, left more error than a longer trellis did, at 16 to 64 bytes of text132k.
MOST_NONZEROS, MOST_SHARE = 8, 0.7
# A trial of both kinds of coarse level: rows, a quarter of them held out; turns of either, fewer than in a fit.
TRIAL_ROWS, TRIAL_REFITS, TRIAL_PASSES = 16_384, 2, 4
BLOCK_ROWS = 4_096
_crossed = Remembered()


@codec("layered", version=1, slack=0.02, shrinks=True, sees_queries=True)
class Layered:
    bytes: int | None = None
    coarse: Codec | None = None
    fine: Codec | None = None
    book_share: float = 2.0

    def __post_init__(self):
        if self.bytes is not None:
            check_range("bytes", self.bytes, 1 + LEAST_FINE, 65_536)
        elif self.coarse is None or self.fine is None:
            raise SpecError("bytes: got None with a level left open; expected the bytes of a row, or both coarse and fine.")
        check_range("book_share", self.book_share, 0, 1e6)

    def settle(self, x, weight, rng, queries=None):
        dim = x.shape[1]
        self.row_bytes(dim)
        coarse, fine = self.coarse, self.fine
        if coarse is None:
            coarse = self._coarse(x, weight, rng)
        coarse = settled(coarse, x, weight, rng, queries)
        if fine is None:
            fine = self._trellis(coarse, dim)
        if is_open(fine):
            state = fit_codec(coarse, x, weight, rng, queries)
            fine = settled(fine, _left(coarse, state, x), weight, rng, queries)
        done = replace(self, coarse=coarse, fine=fine)
        done.row_bytes(dim)
        return done

    def _coarse(self, x, weight, rng):
        """The coarse level for rows (n, d): codebooks, or atoms where there are rows enough and a trial says so."""
        dim = x.shape[1]
        room = self.bytes - (LEAST_FINE if self.fine is None else self.fine.row_bytes(dim))
        affordable = int(self.book_share * self.bytes * len(x)) // (dim * HALF_BYTES)
        codebooks = Residual(max(1, min(MOST_LEVELS, self.bytes // 2, room, affordable // SIZE)))
        most = min(MOST_ATOMS, len(x) // ATOM_ROWS, affordable)
        if most < LEAST_ATOMS or self.fine is not None:
            return codebooks
        size = 1 << (most.bit_length() - 1)
        kept = [one for count in range(1, MOST_NONZEROS + 1) if (one := Pursuit(count, size)).row_bytes(dim) <= min(room, MOST_SHARE * self.bytes)]
        if not kept:
            return codebooks
        order, seed = rng.permutation(len(x))[:TRIAL_ROWS], int(rng.integers(1 << 32))
        parts = [(x[part], weight[part]) for part in (np.sort(order[len(order) // 4 :]), np.sort(order[: len(order) // 4]))]
        tried = {codebooks: replace(codebooks, refits=TRIAL_REFITS), kept[-1]: replace(kept[-1], passes=TRIAL_PASSES)}
        return min(tried, key=lambda one: _error(replace(self, coarse=tried[one], fine=self._trellis(one, dim)), parts, seed))

    def _trellis(self, coarse, dim):
        """The trellis of the bytes that a coarse level leaves."""
        size = self.bytes - coarse.row_bytes(dim)
        return Trellis(bytes=size, window=next((window for window, most in WINDOWS if size <= most), LEAST_WINDOW))

    def fit(self, x, weight, rng, queries=None):
        if self.coarse is None or self.fine is None:
            raise SpecError("coarse, fine: left open; expected both when fitting. Use compress, which settles them from the data.")
        self.row_bytes(x.shape[1])
        coarse = fit_codec(self.coarse, x, weight, rng, queries)
        fine = fit_codec(self.fine, _left(self.coarse, coarse, x), weight, rng, queries)
        return nested(coarse, "coarse") | nested(fine, "fine")

    def encode(self, state, x):
        coarse = inside(state, "coarse")
        columns = self.coarse.encode(coarse, x)
        left = x - self.coarse.decode(coarse, Codes(columns))
        return nested(columns, "coarse") | nested(self.fine.encode(inside(state, "fine"), left), "fine")

    def decode(self, state, codes):
        coarse, fine = self._parts(codes)
        rows = self.coarse.decode(inside(state, "coarse"), coarse)
        rows += self.fine.decode(inside(state, "fine"), fine)
        return rows

    def pull(self, state, codes, gradient):
        coarse, fine = self._parts(codes)
        slopes = nested(pulled(self.coarse, inside(state, "coarse"), coarse, gradient), "coarse")
        return slopes | nested(pulled(self.fine, inside(state, "fine"), fine, gradient), "fine")

    def lengths(self, state, codes):
        """Length of every decoded row, float64 (n,), without decoding it, for `unit`. None unless the levels are codebooks or atoms, and a trellis."""
        if not self._has_short_cut():
            return None
        coarse, fine = self._parts(codes)
        return self._lengths(state, coarse, self.fine.coordinates(inside(state, "fine"), fine))

    def score_and_lengths(self, state, prepared, numbers, codes):
        """What `score` and `lengths` say of pairs, the fine level being decoded once for both; None where there is no short cut to lengths."""
        if not self._has_short_cut():
            return None
        coarse, fine = self._parts(codes)
        rows = self.fine.coordinates(inside(state, "fine"), fine)
        scores = self.coarse.score(inside(state, "coarse"), inside(prepared, "coarse"), numbers, coarse)
        return scores + self.fine.score_coordinates(inside(prepared, "fine"), numbers, rows), self._lengths(state, coarse, rows)

    def _has_short_cut(self):
        return isinstance(self.coarse, Residual | Pursuit) and isinstance(self.fine, Trellis)

    def _lengths(self, state, coarse, rows):
        """Lengths (n,) of rows of these coarse codes and fine coordinates (n, m), from products of coarse words with the coordinates."""
        inside_coarse, inside_fine = inside(state, "coarse"), inside(state, "fine")
        words, scale = inside_coarse["atoms" if isinstance(self.coarse, Pursuit) else "books"], inside_coarse["scale"].astype(np.float64)
        size = state["fine.scale"].astype(np.float64)
        turned, shift, centre = _crossed.of((words, state["fine.reach"]), lambda: _turned_words(self.fine, inside_fine, words))
        if isinstance(self.coarse, Pursuit):
            index, value = self.coarse.chosen(inside_coarse, coarse)
            sums, shifts = summed_atoms(turned, index, value), np.einsum("nk,nk->n", shift[index], value, dtype=np.float64)
            lengths = row_norms(self.coarse.decode(inside_coarse, coarse)).astype(np.float64)
        else:
            sums, shifts = summed(turned, coarse["codes"]), shift[np.arange(coarse["codes"].shape[1]), coarse["codes"]].sum(axis=1, dtype=np.float64)
            lengths = self.coarse.lengths(inside_coarse, coarse)
        products = np.einsum("nm,nm->n", sums, rows) + shifts
        squares = np.einsum("nm,nm->n", rows, rows) + 2 * np.einsum("nm,m->n", rows, centre[:-1]) + centre[-1]
        whole = np.square(lengths) + size * size * squares + 2 * scale * size * products
        return np.sqrt(np.maximum(whole, 0))

    def depth(self):
        """How many levels a row has: the coarse code's, and one more."""
        return depth(self.coarse) + 1

    def decode_levels(self, state, codes, levels):
        """What the first levels of codes say of the rows, float32 (n, d)."""
        return self.decode(state, codes) if levels > depth(self.coarse) else decode_levels(*self.glance(state, codes), levels)

    def glance(self, state, codes):
        """The coarse level as an ordinary code of the same rows: codec, state, codes."""
        return self.coarse, inside(state, "coarse"), self._parts(codes)[0]

    def glance_prepared(self, prepared):
        """The coarse level's share of prepared queries."""
        return inside(prepared, "coarse")

    def prepare(self, state, queries):
        coarse = self.coarse.prepare(inside(state, "coarse"), queries)
        return nested(coarse, "coarse") | nested(self.fine.prepare(inside(state, "fine"), queries), "fine")

    def pack(self, state, codes):
        coarse, fine = self._parts(codes)
        return nested(self.coarse.pack(inside(state, "coarse"), coarse), "coarse") | nested(self.fine.pack(inside(state, "fine"), fine), "fine")

    def scan(self, prepared, packed, out):
        bound = self.coarse.scan(inside(prepared, "coarse"), inside(packed, "coarse"), out)
        rest = np.empty_like(out)
        bound = bound + self.fine.scan(inside(prepared, "fine"), inside(packed, "fine"), rest)
        out += rest
        return bound

    def score(self, state, prepared, numbers, codes):
        coarse, fine = self._parts(codes)
        scores = self.coarse.score(inside(state, "coarse"), inside(prepared, "coarse"), numbers, coarse)
        return scores + self.fine.score(inside(state, "fine"), inside(prepared, "fine"), numbers, fine)

    def row_bytes(self, dim):
        if self.coarse is None or self.fine is None:
            given = [one.row_bytes(dim) for one in (self.coarse, self.fine) if one is not None]
            if given and given[0] >= self.bytes:
                raise SpecError(f"bytes: got {self.bytes}, of which the level that is given takes {given[0]}; expected more, for the other level.")
            return self.bytes
        coarse, fine = self.coarse.row_bytes(dim), self.fine.row_bytes(dim)
        if self.bytes not in (None, coarse + fine):
            raise SpecError(f"bytes: got {self.bytes}; the two levels take {coarse} and {fine}. Give their sum, or leave bytes or one of the levels out.")
        return coarse + fine

    @classmethod
    def ladder(cls, dim):
        for size in (8, 16, 32, 64):
            if dim <= 32 * size and 2 * size <= dim:
                yield cls(bytes=size)

    def _parts(self, codes):
        return Codes(inside(codes.columns, "coarse")), Codes(inside(codes.columns, "fine"))


def _turned_words(fine, state, words):
    """Codebooks (L, K, d) or atoms (h, d) in the coordinates of a trellis, (..., m); products with its centre; the centre turned and its squared length."""
    flat, centre = words.astype(np.float32).reshape(-1, words.shape[-1]), state["centre"]
    turned = fine.turn(state, np.concatenate([flat, centre[None]]))
    shift = (flat @ centre).reshape(words.shape[:-1])
    return turned[:-1].reshape(*words.shape[:-1], -1), shift, np.append(turned[-1], centre.astype(np.float64) @ centre)


def _error(one, parts, seed):
    """Weighted squared error that a codec fitted to the first part of the rows, with their weights, leaves of the second part."""
    (x, weight), (held, held_weight) = parts
    state = one.fit(x, weight, np.random.default_rng(seed))
    left = held - one.decode(state, Codes(one.encode(state, held)))
    return float(np.square(left).sum(axis=1) @ held_weight.astype(np.float64))


def _left(coarse, state, x):
    """What a coarse code leaves of rows (n, d), float32 (n, d)."""
    left = np.empty_like(x)
    for start, stop in blocks(len(x), BLOCK_ROWS):
        np.subtract(x[start:stop], coarse.decode(state, Codes(coarse.encode(state, x[start:stop]))), out=left[start:stop])
    return left
