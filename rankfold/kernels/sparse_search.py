"""Scans and searches of sparse codes: what `sparse_scan` and `inverted_top` read, and the checks before they run."""

import numpy as np

from ..errors import InputError
from .dispatch import expect, run
from .sparse import MAX_NONZEROS

MAX_WINDOW = 65_536
NO_DETAIL, NO_DETAILS = np.empty(0, np.uint8), np.empty((0, 0), np.int16)


def sparse_scan(
    queries: np.ndarray,
    index: np.ndarray,
    index_bits: int,
    profile: np.ndarray,
    profiles: np.ndarray,
    codes: np.ndarray,
    levels: np.ndarray,
    scale: np.ndarray,
    scales: np.ndarray,
    fine: np.ndarray,
    fines: np.ndarray,
    step: np.ndarray,
    out: np.ndarray,
    detail: np.ndarray = NO_DETAIL,
    details: np.ndarray = NO_DETAILS,
) -> None:
    """out[i, r] = step[i] * scale of row r * sum over its nonzeros j of value[r, j] * queries[i, index[r, j]].

    queries int16 (q, h), the products of the queries with h atoms in whole numbers, from `whole_products`; an index beyond h - 1 means h - 1. Rows of k
    nonzeros, k from 1 to 256, as the codec `sparse` stores them: numbers packed as by `fitting.bitpack.pack_bits` in rows that may have bytes to spare.
    Ordered: index uint8 (n, bytes) holds numbers of index_bits + 1 bits, the highest a sign; profiles int16 (256, k), profile uint8 (n,): value[r, j] is
    profiles[profile[r], j], plus details[detail[r], j] where details are int16 (256, k) and not (0, any), detail uint8 (n,); negative where the sign is 1, and
    within int16; codes (n, 0) and levels (0,). Packed: profiles (0, k), profile (0,); index holds numbers of
    index_bits bits, codes uint8 (n, bytes) numbers of c bits, levels int16 (2**c,), c from 1 to 8: value[r, j] = levels[code].
    The scale is scales[scale[r]], scale uint8 (n,) and scales float32 (256,), times fines[fine[r]] where fine is (n,) and not (0,); at most 3e38.
    step float32 (q,), out float32 (q, n). The caller sees to it that no sum leaves int32. Sums are whole numbers; step times sum, and that times the scale, are
    rounded one after the other. Rows are unpacked once for all queries, of which 32 are scored together: their products with one atom lie side by side.
    Raises InputError for other dtypes, shapes or layouts.
    """
    expect("queries", queries, np.int16, "q", "h")
    expect("profiles", profiles, np.int16, 256 if len(profiles) else 0, "k")
    expect("levels", levels, np.int16, 0 if len(profiles) else "2**c")
    latents, nonzeros, bits = queries.shape[1], profiles.shape[1], len(levels).bit_length() - 1
    if not 1 <= index_bits <= 16 - (len(profiles) > 0) or not 1 <= latents <= 1 << index_bits:
        raise InputError(f"index_bits: got {index_bits} for {latents} latents; expected bits that count them, at most 16, or 15 beside a sign.")
    if not 1 <= nonzeros <= MAX_NONZEROS:
        raise InputError(f"profiles: got {nonzeros} nonzeros; expected 1 to {MAX_NONZEROS}.")
    if not len(profiles) and (len(levels) != 1 << bits or not 1 <= bits <= 8):
        raise InputError(f"levels: got {len(levels)}; expected 2, 4, 8, ... or 256.")
    expect("index", index, np.uint8, "n", "bytes")
    expect("codes", codes, np.uint8, len(index), "bytes")
    for name, packed, width in (("index", index, index_bits + (len(profiles) > 0)), ("codes", codes, 0 if len(profiles) else bits)):
        if packed.shape[1] < -(-nonzeros * width // 8):
            raise InputError(
                f"{name}: got rows of {packed.shape[1]} bytes; expected at least {-(-nonzeros * width // 8)} for {nonzeros} numbers of {width} bits."
            )
    expect("profile", profile, np.uint8, len(index) if len(profiles) else 0)
    expect("details", details, np.int16, 256 if len(details) else 0, nonzeros if len(details) else "k")
    expect("detail", detail, np.uint8, len(index) if len(details) else 0)
    if len(details) and not len(profiles):
        raise InputError("details: got a book beside levels; expected one beside profiles.")
    expect("scale", scale, np.uint8, len(index))
    expect("scales", scales, np.float32, 256)
    expect("fine", fine, np.uint8, len(index) if len(fine) else 0)
    expect("fines", fines, np.float32, 256)
    expect("step", step, np.float32, len(queries))
    expect("out", out, np.float32, len(queries), len(index), written=True)
    run("sparse_scan", queries, index, int(index_bits), profile, profiles, codes, levels, scale, scales, fine, fines, detail, details, step, out)


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
