"""The short list: the few codecs worth trying at a size, as specs. The only file above the codecs that names them."""

from collections.abc import Iterator

from ..codec import Codec
from ..codecs import from_spec
from ..errors import BudgetError, SpecError

# More levels than this take minutes to fit, and a finer code of fewer levels generalises better.
MOST_LEVELS = 32
CODEWORDS = 256
HALF_BYTES = 2
# Codebooks that outweigh the codes more than this are not worth the time to fit: at such few rows other codecs win on total bytes.
OUTWEIGH = 2
# Residual codes lose so much less at equal rows that they are tried a little earlier; they still must earn it (see choose.py).
OUTWEIGH_RESIDUAL = 3
# A dictionary for sparse codes may not outweigh the codes, nor have an atom for fewer rows than these; above so many bytes a trellis loses less, and
# the atoms of a row take long to find.
MOST_ATOMS, LEAST_ATOMS, ATOM_ROWS = 4_096, 64, 4
MOST_SPARSE = 48
# Below this many bytes the levels of a residual code alone lose less than levels and a trellis.
LEAST_LAYERED = 12
# Sizes of tiers against the mean size, and the most levels whose codebooks tiers share.
STEPS = (0.375, 0.5, 0.75, 1.0, 2.0, 4.0)
LEAST_LEVELS, TIER_LEVELS = 4, 16
REFITS = 4
# What a trellis can spend on a coordinate.
MOST_BITS = 6
# A random rotation is tried beside principal axes where those would take more than this share of the codes.
AXES_SHARE = 0.05


def shortlist(dim: int, row_bytes: int, *, rows: int, norms_vary: bool) -> list[Codec]:
    """Codecs whose rows take at most `row_bytes` and use most of it, in a fixed order.

    rows: rows of the table; codebooks that would outweigh the codes more than two or three times at that number of rows are not tried.
    norms_vary: keeps one byte for the row length.
    Raises BudgetError when nothing fits, naming the smallest size that does.
    """
    fitting = _fitting(dim, row_bytes, rows, norms_vary)
    if fitting:
        return fitting
    nearest = next((size for size in range(row_bytes + 1, 4 * dim + 8) if _fitting(dim, size, rows, norms_vary)), None)
    raise BudgetError(f"target: no codec fits {row_bytes} bytes a row at {dim} dimensions; the smallest size that can be had is {nearest} bytes a row.")


def spread(dim: int, row_bytes: float, *, rows: int, norms_vary: bool) -> list[Codec]:
    """Codecs whose rows take 3/8 to four times `row_bytes`, lengths included: of small state, or of one state that shorter forms share. At most 10 sizes.

    rows: rows of the table; on few of them small sizes have a form that stores no axes, and codebooks of levels are left out. norms_vary: one byte is for
    lengths.
    """
    top = MOST_BITS * dim // 8 + norms_vary
    sizes = [min(size, top) for step in STEPS if (size := int(step * row_bytes)) > norms_vary]
    bodies = [size - norms_vary for size in dict.fromkeys(sizes)]
    levels = min(TIER_LEVELS, int(row_bytes) - norms_vary)
    books = CODEWORDS * dim * HALF_BYTES
    specs: list[dict] = [{"codec": "trellis", "bytes": body} for body in bodies]
    if dim * dim * HALF_BYTES > AXES_SHARE * row_bytes * rows:
        specs += [{"codec": "trellis", "bytes": body, "rotation": "random"} for body in bodies if body < row_bytes]
    elif levels >= LEAST_LEVELS and rows >= CODEWORDS and books <= OUTWEIGH_RESIDUAL * rows:
        specs.append({"codec": "residual", "levels": levels, "refits": REFITS})
    codecs = []
    for spec in specs:
        try:
            codec = from_spec({"codec": "normed", "inner": spec} if norms_vary else spec)
            codec.row_bytes(dim)
        except SpecError:
            continue
        codecs.append(codec)
    return codecs


def _fitting(dim: int, row_bytes: int, rows: int, norms_vary: bool) -> list[Codec]:
    kept: list[Codec] = []
    for spec in _specs(dim, row_bytes, rows, norms_vary):
        try:
            codec = from_spec(spec)
            size = codec.row_bytes(dim)
        except SpecError:
            continue
        if 0.75 * row_bytes <= size <= row_bytes and codec not in kept:
            kept.append(codec)
    return kept


def _specs(dim: int, row_bytes: int, rows: int, norms_vary: bool) -> Iterator[dict]:
    body = row_bytes - norms_vary
    if rows >= CODEWORDS:
        for spec in _codebook_specs(dim, body, rows):
            yield {"codec": "normed", "inner": spec} if norms_vary else spec
    atoms = min(MOST_ATOMS, rows // ATOM_ROWS, row_bytes * rows // (HALF_BYTES * dim))
    if atoms >= LEAST_ATOMS and row_bytes <= MOST_SPARSE:
        yield {"codec": "sparse", "bytes": row_bytes, "dictionary": 1 << (atoms.bit_length() - 1)}
    trellis = {"codec": "trellis", "bytes": body}
    yield {"codec": "normed", "inner": trellis} if norms_vary else trellis
    for bits in (8, 6, 4, 3, 2, 1):
        dims = min(dim, (row_bytes - 1) * 8 // bits)
        scalar = {"codec": "scalar", "bits": bits}
        if dims == dim:
            yield scalar
        elif bits in (4, 2, 1) and dims >= max(2, dim // 16):
            yield {"codec": "reduced", "dims": dims, "inner": scalar}
    if row_bytes > dim:
        yield {"codec": "int8"}
    if row_bytes >= 2 * dim:
        yield {"codec": "half"}


def _codebook_specs(dim: int, body: int, rows: int) -> Iterator[dict]:
    book_bytes = CODEWORDS * dim * HALF_BYTES
    if 1 <= body <= MOST_LEVELS and book_bytes <= OUTWEIGH_RESIDUAL * rows:
        yield {"codec": "residual", "levels": body}
    if body > LEAST_LAYERED and book_bytes * (body // 2) <= OUTWEIGH * rows * body:
        yield {"codec": "layered", "bytes": body}
    if 2 <= body <= dim:
        if book_bytes + dim * dim * HALF_BYTES <= OUTWEIGH * rows * body:
            yield {"codec": "pq", "groups": body, "rotation": "learned"}
        if book_bytes <= OUTWEIGH * rows * body:
            yield {"codec": "pq", "groups": body}
