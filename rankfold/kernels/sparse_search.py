"""Scans and searches of sparse codes: what `sparse_scan` and `inverted_top` read, and the checks before they run."""

import numpy as np

from ..errors import InputError
from .dispatch import expect, run

MAX_LATENTS = 65_536
MAX_WINDOW = 65_536


def index_bits(latents: int) -> int:
    """Bits of an index below `latents`, at least 1."""
    return max(1, (latents - 1).bit_length())


def sparse_scan(
    queries: np.ndarray,
    index: np.ndarray,
    codes: np.ndarray,
    profile: np.ndarray,
    levels: np.ndarray,
    books: np.ndarray,
    scale: np.ndarray,
    scales: np.ndarray,
    step: np.ndarray,
    out: np.ndarray,
) -> None:
    """out[i, r] = step[i] * scales[scale[r]] * sum over nonzeros j of value[r, j] * queries[i, index of j in row r].

    queries int16 (q, h), the products of the queries with h atoms in whole numbers, from `whole_products`; h from 1 to 65,536. Rows of k nonzeros:
    index uint8 (n, ceil(k * b / 8)), k indices of b = index_bits(h) bits, packed as by `fitting.bitpack.pack_bits`, likewise codes uint8 (n, ceil(k * c / 8))
    of c bits. levels int16 (2**c,), c from 1 to 8; books int16 (p, 256, k), p from 0 to 2, k from 1 to 256; profile uint8 (n, p).
    Without books value[r, j] = levels[code j]. With books, levels are [1, -1] and the value is level times the sum of books[i, profile[r, i], j] over i.
    scale uint16 (n,), scales float32 (s,); step float32 (q,); out float32 (q, n).
    The caller sees to it that no sum leaves int32. Sums are whole numbers; step times sum, and that times the scale, are rounded one after the other.
    Rows are unpacked once for all queries, and 32 queries are scored together: their products with one atom lie side by side.
    Raises InputError for other dtypes, shapes or layouts, and for a scale that is not there.
    """
    expect("queries", queries, np.int16, "q", "h")
    expect("books", books, np.int16, "p", 256, "k")
    expect("levels", levels, np.int16, "2**c")
    latents, (count, _, nonzeros), bits = queries.shape[1], books.shape, len(levels).bit_length() - 1
    if not 1 <= latents <= MAX_LATENTS:
        raise InputError(f"queries: got {latents} latents; expected 1 to {MAX_LATENTS}.")
    if count > 2 or not 1 <= nonzeros <= 256:
        raise InputError(f"books: got {count} of {nonzeros} values; expected at most 2, and 1 to 256 values.")
    if len(levels) != 1 << bits or not 1 <= bits <= 8 or (count and levels.tolist() != [1, -1]):
        raise InputError(f"levels: got {len(levels)} values{' beside books' if count else ''}; expected 2, 4, ... or 256, and beside books [1, -1].")
    index_size = index_bits(latents)
    expect("index", index, np.uint8, "n", -(-nonzeros * index_size // 8))
    expect("codes", codes, np.uint8, len(index), -(-nonzeros * bits // 8))
    expect("profile", profile, np.uint8, len(index), count)
    expect("scale", scale, np.uint16, len(index))
    expect("scales", scales, np.float32, "s")
    if scale.max(initial=0) >= len(scales):
        raise InputError(f"scale: got {scale.max(initial=0)}; expected 0 to {len(scales) - 1}, the scales that are there.")
    expect("step", step, np.float32, len(queries))
    expect("out", out, np.float32, len(queries), len(index), written=True)
    run("sparse_scan", queries, index, codes, profile, levels, books, scale, scales, step, out, index_size, bits)


def inverted_top(
    starts: np.ndarray,
    local: np.ndarray,
    value: np.ndarray,
    step: np.ndarray,
    first: int,
    rows: int,
    window: int,
    begin: int,
    end: int,
    latent: np.ndarray,
    weight: np.ndarray,
    hidden: np.ndarray,
    barred_starts: np.ndarray,
    barred: np.ndarray,
    top_scores: np.ndarray,
    top_rows: np.ndarray,
) -> None:
    """Merge rows of an inverted index into the running top k of each query: score i = sum over its lists j of weight[i, j] * value of the row in the list.

    The index holds rows first, ..., first + rows - 1 in windows of `window` rows (1 to 65,536; the last one fewer), of which begin to end - 1 are searched.
    In window w the list of latent l is postings starts[l * windows + w] up to the next start, starts uint32 (h * windows + 1,): local uint16 (p,), the row
    within the window, and value int8 (p,), in units of step[l, w], float32 (h, windows). latent int32 (q, m), each below h, weight float32 (q, m).
    hidden uint8 (rows,), not 0 where no query may get the row, or (0,). barred int64: the rows that query i may not get, rising, are
    barred[barred_starts[i] : barred_starts[i + 1]], barred_starts int64 (q + 1,). top_scores float32 (q, k) and top_rows int64 (q, k) are as in `select`.
    Products and sums are float32, rounded list by list in the given order: equal on every level. The caller sees to it that postings lie within their windows.
    Windows that stay in cache: SINDI, Li et al. (2025); here with values of both signs. Raises InputError for other dtypes, shapes or layouts.
    """
    expect("step", step, np.float32, "h", "windows")
    latents, windows = step.shape
    expect("starts", starts, np.uint32, latents * windows + 1)
    expect("local", local, np.uint16, int(starts[-1]))
    expect("value", value, np.int8, len(local))
    if not 1 <= window <= MAX_WINDOW or -(-rows // window) != windows or not 0 <= begin <= end <= windows:
        raise InputError(f"window: got {begin} to {end} of {windows} windows of {window} rows for {rows} rows; expected windows of 1 to {MAX_WINDOW} that fit.")
    expect("latent", latent, np.int32, "q", "m")
    expect("weight", weight, np.float32, *latent.shape)
    if latent.size and not 0 <= latent.min() <= latent.max() < latents:
        raise InputError(f"latent: got {latent.min()} to {latent.max()}; expected 0 to {latents - 1}.")
    expect("hidden", hidden, np.uint8, rows if len(hidden) else 0)
    expect("barred_starts", barred_starts, np.int64, len(latent) + 1)
    expect("barred", barred, np.int64, int(barred_starts[-1]))
    expect("top_scores", top_scores, np.float32, len(latent), "k", written=True)
    expect("top_rows", top_rows, np.int64, len(latent), top_scores.shape[1], written=True)
    if top_scores.shape[1] == 0:
        raise InputError("top_scores: got k = 0; expected room for at least one row.")
    postings = (starts, local, value, step, int(first), int(rows), int(window), int(begin), int(end))
    run("inverted_top", *postings, latent, weight, hidden, barred_starts, barred, top_scores, top_rows)
