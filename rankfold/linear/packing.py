"""Sparse factors in bytes: places of as many bits as the latents need, values by levels or by profiles, one byte of length.

"packed": every value has its own bits. "ordered": the values of an item stand in the order of falling magnitude, so a sign each and one byte that names their
magnitudes in a book of profiles are enough. Both are the forms of the codec `sparse`, without its dictionary: latents stand for themselves.
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import F32, unit_rows
from ..codec import check_choice, check_range
from ..errors import InputError
from ..fitting import logbyte
from ..fitting.bitpack import pack_bits, packed_bytes, unpack_bits
from ..fitting.profiles import learn_levels, learn_profiles, nearest_levels, nearest_profiles
from .sparsefactors import SparseFactors

FORMS = ("ordered", "packed")


@dataclass(frozen=True, slots=True, eq=False)
class PackedFactors:
    """Items as bytes: rows uint8 (n, b); book: levels float32 (2^bits,) or profiles float16 (256, k); lengths float32 (2,), the grid of the length byte."""

    rows: np.ndarray
    book: np.ndarray
    lengths: F32
    form: str
    latents: int
    nonzeros: int
    value_bits: int

    @property
    def nbytes(self) -> int:
        """Bytes of the rows and the book."""
        return self.rows.nbytes + self.book.nbytes + self.lengths.nbytes


def pack_factors(factors: SparseFactors, *, form: str = "ordered", value_bits: int = 4, seed: int = 0) -> PackedFactors:
    """Factors as bytes: ceil(k * (index bits + 1) / 8) + 2 a row when ordered, ceil(k * index bits / 8) + ceil(k * value_bits / 8) + 1 when packed.

    value_bits: 2 to 8, of the form "packed". The same factors and seed give the same bytes. Raises SpecError for settings out of range.
    """
    check_choice("form", form, FORMS)
    check_range("value_bits", value_bits, 2, 8)
    bits, weight = index_bits(factors.latents), np.ones(factors.count, np.float32)
    grid = logbyte.fit_logbyte(factors.length)
    index = factors.index.astype(np.uint16)
    if form == "ordered":
        book = learn_profiles(factors.value, weight, np.random.default_rng(seed))
        numbers = index | ((factors.value < 0).astype(np.uint16) << bits)
        parts = [pack_bits(numbers, bits + 1), nearest_profiles(book, factors.value)[:, None]]
    else:
        book = learn_levels(factors.value, weight, value_bits)
        parts = [pack_bits(index, bits), pack_bits(nearest_levels(book, factors.value), value_bits)]
    rows = np.concatenate([*parts, logbyte.encode(grid, factors.length)[:, None]], axis=1)
    return PackedFactors(rows, book, grid, form, factors.latents, factors.index.shape[1], value_bits)


def unpack_factors(packed: PackedFactors) -> SparseFactors:
    """What the bytes say: places as they were, values and lengths as they were rounded. Raises InputError for rows of another width or unknown latents."""
    bits, k = index_bits(packed.latents), packed.nonzeros
    width = packed_bytes(k, bits + 1) + 1 if packed.form == "ordered" else packed_bytes(k, bits) + packed_bytes(k, packed.value_bits)
    if packed.rows.ndim != 2 or packed.rows.dtype != np.uint8 or packed.rows.shape[1] != width + 1:
        raise InputError(f"rows: got {packed.rows.dtype} of shape {packed.rows.shape}; expected uint8 (n, {width + 1}). Were they cut or of other settings?")
    length = logbyte.decode(packed.lengths, packed.rows[:, -1])
    if packed.form == "ordered":
        numbers = unpack_bits(np.ascontiguousarray(packed.rows[:, : width - 1]), bits + 1, k).astype(np.int64)
        index, sign = numbers & ((1 << bits) - 1), np.where(numbers >> bits, np.float32(-1), np.float32(1))
        value = sign * packed.book.astype(np.float32)[packed.rows[:, width - 1]]
    else:
        cut = packed_bytes(k, bits)
        index = unpack_bits(np.ascontiguousarray(packed.rows[:, :cut]), bits, k).astype(np.int64)
        value = packed.book[unpack_bits(np.ascontiguousarray(packed.rows[:, cut:width]), packed.value_bits, k)]
    if index.size and int(index.max()) >= packed.latents:
        raise InputError(f"rows: name latent {int(index.max())}; expected 0 to {packed.latents - 1}. Are the bytes damaged?")
    value = np.where(length[:, None] > 0, unit_rows(value), 0).astype(np.float32)
    return SparseFactors(index.astype(np.int32), value, length, packed.latents)


def index_bits(latents: int) -> int:
    """Bits of a place among so many latents, at least 1."""
    return max(1, (latents - 1).bit_length())
