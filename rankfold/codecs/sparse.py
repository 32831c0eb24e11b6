"""Sparse codes: a row is a sum of a few signed atoms of a dictionary, made as long as the row.

Atoms are found by orthogonal matching pursuit (Pati, Rezaiifar and Krishnaprasad, 1993), values by least squares on them; the dictionary is learned for the
codes that this search really chooses (see `fitting/dictionary.py`). encoder="topk" reads them off a linear encoder instead, the k largest of |encoder . x +
bias| as in CompresSAE (Kasalicky et al., "The future is sparse", 2025); it is the dictionary itself unless a trainer has set another, and values are of
least squares too. value_bits=0: the atoms of a row stand in the order of falling magnitude, each with its sign, and two bytes name their magnitudes: one
of 256 profiles, and one of 256 details that are added to it. Else each value apart, in 3 to 8 bits with levels of least squared error. Any
first atoms of a row decode (`decode_levels`). lengths="kept": the decoded row is as long as the row, so that for rows of length one a scan is the cosine.
"fitted": it is as long as leaves the least error, shorter the less its atoms say of the row; lists come nearer to the exact ones.
{"codec": "sparse", "bytes": 35} and {"codec": "sparse", "nonzeros": 32} are complete: 4,096 atoms, or fewer where `bytes` is given and the dictionary
would outweigh the codes of the fitted rows more than three times, or have an atom for fewer than four rows. Bytes a row: bytes; or
ceil(nonzeros * (index bits + 1) / 8) + 3 where value_bits is 0, and the index bits are those that count the atoms of the dictionary. Slack 0.001.
"""

# Settings that are left open are None until they are settled, and nothing is coded before.
# mypy: disable-error-code="operator, arg-type, union-attr, type-var"

from dataclasses import replace

import numpy as np

from .. import kernels
from ..arrays import blocks, row_norms, unit_rows
from ..codec import check_choice, check_range, codec
from ..errors import SpecError
from ..fitting import logbyte
from ..fitting.bitpack import pack_bits, packed_bytes, unpack_bits
from ..fitting.dictionary import learn_dictionary, summed_atoms
from ..fitting.kmeans import sums
from ..fitting.profiles import fall, learn_details, learn_levels, learn_profiles, nearest_details, nearest_levels, nearest_profiles
from ..fitting.remembered import Remembered
from ..fitting.sparsecoding import omp_codes, topk_codes
from ..fitting.tables import FLOAT_SLOP
from ..kernels.sparse import MAX_NONZEROS
from ..kernels.whole_sparse import whole_products, whole_values

ENCODERS, LENGTHS = ("omp", "topk"), ("kept", "fitted")
MOST_ATOMS, LEAST_ATOMS = 4_096, 64
BOOK_SHARE = 3.0
ATOM_ROWS = 4  # rows an atom at least: fewer are remembered, not learned from
HALF_BYTES = 2
VALUES_ROWS = 20_000  # books of 256 profiles learn nothing from more
ONE_LENGTH = 1.01  # lengths that differ by less are one length, and the scale need not leave room for others
ROOM_ONE_LENGTH = 1.25
LEAST_SHARE = 0.125  # of a row that its atoms are taken to say, where scales are laid out
FINE_STEPS = (np.arange(256, dtype=np.float32) + 0.5) / 256 - 0.5  # shares of a step of the scale that its finer byte stands for
REFIT_ROWS = 1_024
TIED = 1e-4  # of the atoms' squared length, added in least squares on atoms that may be nearly dependent


_whole_known = Remembered()


@codec("sparse", version=1, any_norm=True, shrinks=False)
class Sparse:
    bytes: int | None = None
    nonzeros: int | None = None
    dictionary: int | None = None
    encoder: str = "omp"
    value_bits: int = 0
    lengths: str = "kept"

    def __post_init__(self):
        if self.bytes is None and self.nonzeros is None:
            raise SpecError("bytes, nonzeros: got neither; expected the bytes of a row, or how many atoms it has.")
        check_choice("encoder", self.encoder, ENCODERS)
        check_choice("lengths", self.lengths, LENGTHS)
        if self.value_bits != 0:
            check_range("value_bits", self.value_bits, 3, 8)
        if self.dictionary is not None:
            check_range("dictionary", self.dictionary, 2, 32_768)
        if self.nonzeros is not None:
            check_range("nonzeros", self.nonzeros, 1, min(MAX_NONZEROS, self.dictionary or MOST_ATOMS))
        if self.bytes is not None:
            check_range("bytes", self.bytes, self._needed(self.nonzeros or 1), 4_096)

    def settle(self, x, weight, rng):
        one = self if self.dictionary is not None else replace(self, dictionary=self._affordable(x))
        if one.nonzeros is None:
            most = min(MAX_NONZEROS, one.dictionary)
            one = replace(one, nonzeros=next(count for count in range(most, 0, -1) if count == 1 or one._needed(count) <= one.bytes))
        return replace(one, bytes=one.row_bytes(x.shape[1]))

    def _affordable(self, x):
        """Atoms of a dictionary for rows (n, d): a power of two."""
        if self.bytes is None:
            return MOST_ATOMS
        most = min(len(x) / ATOM_ROWS, BOOK_SHARE * self.bytes * len(x) / (HALF_BYTES * x.shape[1]))
        size = MOST_ATOMS
        while size > max(LEAST_ATOMS, self.nonzeros or 1, most):
            size //= 2
        return max(size, self.nonzeros or 1)

    def fit(self, x, weight, rng):
        if self.nonzeros is None:
            raise SpecError("nonzeros: left open; expected a number when fitting. Use compress, which settles it from the data.")
        atoms = learn_dictionary(x, weight, self.dictionary or MOST_ATOMS, self.nonzeros, rng)
        return self.with_dictionary(atoms, x, weight, rng)

    def with_dictionary(self, atoms, x, weight, rng, *, encoder=None, bias=None):
        """The state of this codec with atoms (h, d) of length one, h at least `nonzeros`; scales and books of values are fitted to rows x (n, d).

        encoder (h, d), bias (h,): those of encoder="topk"; the atoms themselves and zeros where not given. h is at most `dictionary`, or 4,096.
        Raises SpecError when atoms do not suit the settings.
        """
        check_range("atoms", len(atoms), self.nonzeros, self.dictionary or MOST_ATOMS)
        state = {"atoms": np.ascontiguousarray(atoms, np.float16)}
        if self.encoder == "topk":
            state["encoder"] = np.ascontiguousarray(atoms if encoder is None else encoder, np.float16)
            state["bias"] = np.zeros(len(atoms), np.float32) if bias is None else np.ascontiguousarray(bias, np.float32)
        which = np.sort(rng.permutation(len(x))[:VALUES_ROWS])
        index, value = self._codes(state, unit_rows(x[which]))
        if not self.value_bits:
            state["profiles"] = learn_profiles(value, weight[which], rng)
            state["details"] = learn_details(state["profiles"], value, weight[which], rng)
        else:
            state["levels"] = learn_levels(value, weight[which], self.value_bits)
        long, ratio = self._ratios(state, x[which], index, self._value_columns(state, index, value))
        least = float(ratio[ratio > 0].min(initial=1)) if self.lengths == "fitted" else 1.0
        state["scales"] = _scales(row_norms(x), long[long > 0], least)
        return state

    def _ratios(self, state, x, index, columns):
        """Of rows (n, d): the length of the sum of their atoms (n,), and how much of the row's own length the scale brings that to (n,); 0 for nothing."""
        made = summed_atoms(state["atoms"].astype(np.float32), index, self._plain_values(state, columns))
        long = row_norms(made).astype(np.float64)
        if self.lengths == "kept":
            return long, (long > 0).astype(np.float64)
        return long, np.clip(np.einsum("nd,nd->n", unit_rows(x), made) / np.where(long > 0, long, 1), 0, 1)

    def _codes(self, state, x):
        """index (n, k), value (n, k) by falling magnitude of rows (n, d) of length one or zero."""
        if self.encoder == "omp":
            return fall(*omp_codes(state["atoms"], x, self.nonzeros))
        index, value = topk_codes(state["encoder"], state["bias"], x, self.nonzeros)
        return fall(index, _refitted(state["atoms"].astype(np.float32), x, index, value))

    def encode(self, state, x):
        index, value = self._codes(state, unit_rows(x))
        columns = self._value_columns(state, index, value)
        long, ratio = self._ratios(state, x, index, columns)
        return self._packed(index, columns) | self._scale_columns(state, ratio * row_norms(x) / np.where(long > 0, long, 1))

    def _value_columns(self, state, index, value):
        """What is stored of the values (n, k): columns that do not hold the atoms."""
        if not self.value_bits:
            profile = nearest_profiles(state["profiles"], value)
            detail = nearest_details(state["details"], state["profiles"], profile, value)
            return {"signs": (value < 0).astype(np.uint8), "profile": profile, "detail": detail}
        return {"levels": nearest_levels(state["levels"], value)}

    def _plain_values(self, state, columns):
        """Values (n, k) float32 before the scale."""
        if not self.value_bits:
            profiles, details = (state[name].astype(np.float32, copy=False) for name in ("profiles", "details"))
            return np.where(columns["signs"] > 0, np.float32(-1), np.float32(1)) * (profiles[columns["profile"]] + details[columns["detail"]])
        return state["levels"][columns["levels"]]

    def _packed(self, index, columns):
        """The stored columns of atoms and values: a sign is the highest bit of its atom."""
        index = index.astype(np.uint16)
        if not self.value_bits:
            numbers = index | (columns["signs"].astype(np.uint16) << self._index_bits())
            return {"atoms": self._padded(pack_bits(numbers, self._index_bits() + 1)), "profile": columns["profile"], "detail": columns["detail"]}
        atoms = pack_bits(index, self._index_bits())
        return {"atoms": self._padded(atoms), "values": pack_bits(columns["levels"], self.value_bits)}

    def _padded(self, atoms):
        """Atoms (n, b) with the bytes of the row that nothing needs, zeros."""
        spare = self._spare() - self._has_fine()
        return np.pad(atoms, ((0, 0), (0, spare))) if spare > 0 else atoms

    def _scale_columns(self, state, ratio):
        scale = logbyte.encode(state["scales"], ratio)
        if not self._has_fine():
            return {"scale": scale}
        left = np.log(np.where(scale > 0, ratio, 1)) - np.log(np.where(scale > 0, logbyte.decode(state["scales"], scale), 1).astype(np.float64))
        return {"scale": scale, "fine": np.clip(np.rint((left / float(state["scales"][1]) + 0.5) * 256 - 0.5), 0, 255).astype(np.uint8)}

    def _scale(self, state, codes):
        """What plain values are multiplied by, float32 (n,)."""
        scale = logbyte.decode(state["scales"], codes["scale"])
        if "fine" in codes.columns:
            scale = scale * np.exp(state["scales"][1] * FINE_STEPS).astype(np.float32)[codes["fine"]]
        return np.minimum(scale, np.float32(logbyte.HIGHEST))

    def latents(self, state, codes):
        """index (n, k) int32 and value (n, k) float32, the largest first, so that a row decodes to value @ atoms[index]."""
        bits, count = self._index_bits(), self.nonzeros
        if not self.value_bits:
            numbers = unpack_bits(codes["atoms"], bits + 1, count)
            index, columns = numbers & ((1 << bits) - 1), {"signs": numbers >> bits, "profile": codes["profile"], "detail": codes["detail"]}
        else:
            index, columns = unpack_bits(codes["atoms"], bits, count), {"levels": unpack_bits(codes["values"], self.value_bits, count)}
        value = self._plain_values(state, columns) * self._scale(state, codes)[:, None]
        return np.minimum(index.astype(np.int32), len(state["atoms"]) - 1), value

    def atoms(self, state):
        """The dictionary, float32 (h, d)."""
        return state["atoms"].astype(np.float32, copy=False)

    def decode(self, state, codes):
        return summed_atoms(self.atoms(state), *self.latents(state, codes))

    def depth(self):
        """How many levels a row has: its atoms, the strongest first."""
        return self.nonzeros

    def decode_levels(self, state, codes, levels):
        """What the first atoms of codes say of the rows, float32 (n, d): shorter than the rows."""
        index, value = self.latents(state, codes)
        return summed_atoms(self.atoms(state), index[:, :levels], value[:, :levels])

    def pull(self, state, codes, gradient):
        slopes = np.zeros(state["atoms"].shape, np.float32)
        ones = np.ones(len(gradient), np.float32)
        for place, factor in zip(*(part.T for part in self.latents(state, codes)), strict=True):
            slopes += sums(gradient * factor[:, None], ones, place, len(slopes))[0]
        return {"atoms": slopes}

    def prepare(self, state, queries):
        products = queries @ self.atoms(state).T
        whole, step, bound = whole_products(products, self._whole(state))
        return {"products": products, "whole": whole, "step": step, "bound": bound, "length": row_norms(queries)}

    def _whole(self, state):
        """The values of profiles and details, or of levels, as whole numbers."""
        books = (state["profiles"], state["details"]) if not self.value_bits else (state["levels"],)
        return _whole_known.of(books, lambda: whole_values(books[0], self.nonzeros, *books[1:]))

    def pack(self, state, codes):
        whole, none = self._whole(state), np.empty(0, np.uint8)
        if not self.value_bits:
            values = {"profile": codes["profile"], "profiles": whole.whole, "detail": codes["detail"], "details": whole.added}
            values |= {"codes": np.empty((codes.count, 0), np.uint8), "levels": np.empty(0, np.int16)}
        else:
            values = {"profile": none, "profiles": np.empty((0, self.nonzeros), np.int16), "codes": codes["values"], "levels": whole.whole}
        fines = np.exp(state["scales"][1] * FINE_STEPS).astype(np.float32)
        scale = {"scale": codes["scale"], "scales": logbyte.byte_values(state["scales"]), "fine": codes.columns.get("fine", none), "fines": fines}
        rows = {"index": codes["atoms"]} | values | scale
        return {name: np.ascontiguousarray(array) for name, array in rows.items()} | {"most": np.array([whole.most.sum()], np.float32)}

    def scan(self, prepared, packed, out):
        rows = {name: array for name, array in packed.items() if name != "most"}
        kernels.sparse_scan(prepared["whole"], index_bits=self._index_bits(), **rows, step=prepared["step"], out=out)
        # Of the rows that are scanned, whichever were packed together: scales rise with their bytes.
        longest = float(packed["scales"][packed["scale"].max(initial=0)])
        if packed["fine"].size:
            longest *= float(packed["fines"][packed["fine"].max()])
        bound = (prepared["bound"] + FLOAT_SLOP * packed["most"] * prepared["length"]) * min(longest, logbyte.HIGHEST)
        return np.minimum(bound, np.finfo(np.float32).max).astype(np.float32)

    def score(self, state, prepared, numbers, codes):
        index, value = self.latents(state, codes)
        return np.einsum("nk,nk->n", prepared["products"][numbers[:, None], index], value)

    def row_bytes(self, dim):
        return self._needed(self.nonzeros) if self.bytes is None else self.bytes

    @classmethod
    def ladder(cls, dim):
        for size in (16, 32, 64):
            if dim <= 32 * size and size <= dim:
                yield cls(bytes=size)

    def _index_bits(self):
        return ((self.dictionary or MOST_ATOMS) - 1).bit_length()

    def _needed(self, count):
        """Bytes of a row of so many atoms, the spare ones left out."""
        if not self.value_bits:
            return packed_bytes(count, self._index_bits() + 1) + 3
        return packed_bytes(count, self._index_bits()) + packed_bytes(count, self.value_bits) + 1

    def _spare(self):
        """Bytes of a row that its atoms and values leave over."""
        return 0 if self.bytes is None else self.bytes - self._needed(self.nonzeros)

    def _has_fine(self):
        """Whether a byte that is left over makes the scale finer."""
        return self._spare() > 0


def _refitted(atoms, x, index, value):
    """Values (n, k) of least squares on the atoms of each row, for those that an encoder chose; rows of zeros keep theirs."""
    found = np.empty_like(value)
    for start, stop in blocks(len(x), REFIT_ROWS):
        chosen = atoms[index[start:stop]]
        gram = chosen @ chosen.transpose(0, 2, 1)
        gram[:, *np.diag_indices(gram.shape[1])] += np.float32(TIED)
        found[start:stop] = np.linalg.solve(gram, chosen @ x[start:stop, :, None])[:, :, 0]
    return found


def _scales(lengths, sums, least):
    """The grid of scales for rows of these lengths, or of as little as `least` of them, whose atoms sum up to vectors of those lengths."""
    lengths = lengths[lengths > 0].astype(np.float64)
    if not lengths.size or not sums.size:
        return logbyte.fit_logbyte(np.ones(1, np.float32))
    room = ROOM_ONE_LENGTH if lengths.max() <= ONE_LENGTH * lengths.min() else logbyte.HEADROOM
    ends = np.clip([sums.min(), sums.max()], 1e-3, 1e3)
    return logbyte.fit_logbyte(np.concatenate([lengths / ends[0], lengths * max(least, LEAST_SHARE) / ends[1]]).astype(np.float32), room)
