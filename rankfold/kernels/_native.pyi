"""Compiled kernels of one level each; the arguments are those of `rankfold.kernels`, which checks them."""

from numpy import ndarray

def levels() -> list[str]: ...
def dot8(level: str, queries: ndarray, rows: ndarray, out: ndarray) -> None: ...
def dot8_top(
    level: str,
    queries: ndarray,
    rows: ndarray,
    step: ndarray,
    offset: ndarray,
    row_scale: ndarray,
    longest: float,
    first: int,
    top_scores: ndarray,
    top_rows: ndarray,
) -> None: ...
def interleave(level: str, codes: ndarray, out: ndarray) -> None: ...
def lut8(level: str, tables: ndarray, packed: ndarray, step: ndarray, offset: ndarray, out: ndarray) -> None: ...
def lut4(level: str, tables: ndarray, packed: ndarray, step: ndarray, offset: ndarray, out: ndarray) -> None: ...
def lut8_top(
    level: str, tables: ndarray, packed: ndarray, step: ndarray, offset: ndarray, row_scale: ndarray, first: int, top_scores: ndarray, top_rows: ndarray
) -> None: ...
def lut4_top(
    level: str, tables: ndarray, packed: ndarray, step: ndarray, offset: ndarray, row_scale: ndarray, first: int, top_scores: ndarray, top_rows: ndarray
) -> None: ...
def bits(level: str, planes: ndarray, rows: ndarray, step: ndarray, offset: ndarray, out: ndarray) -> None: ...
def nearest(level: str, x: ndarray, centroids: ndarray, half_norms: ndarray, best: ndarray, score: ndarray) -> None: ...
def beam(level: str, dots: ndarray, cross: ndarray, half_norms: ndarray, codes: ndarray, cost: ndarray, width: int) -> None: ...
def select(level: str, scores: ndarray, first: int, top_scores: ndarray, top_rows: ndarray) -> None: ...
def omp(level: str, start: ndarray, gram: ndarray, index: ndarray, value: ndarray) -> None: ...
def topk_rows(level: str, x: ndarray, encoder: ndarray, bias: ndarray, index: ndarray, value: ndarray) -> None: ...
def trellis_encode(level: str, targets: ndarray, reach: ndarray, advance: ndarray, which: ndarray, tables: ndarray, out: ndarray, cost: ndarray) -> None: ...
def trellis_scan(
    level: str, queries: ndarray, codes: ndarray, advance: ndarray, which: ndarray, tables: ndarray, step: ndarray, offset: ndarray, out: ndarray
) -> None: ...
def trellis_top(
    level: str,
    queries: ndarray,
    codes: ndarray,
    advance: ndarray,
    which: ndarray,
    tables: ndarray,
    step: ndarray,
    offset: ndarray,
    row_scale: ndarray,
    first: int,
    top_scores: ndarray,
    top_rows: ndarray,
) -> None: ...
def trellis_decode(level: str, codes: ndarray, reach: ndarray, advance: ndarray, which: ndarray, tables: ndarray, out: ndarray) -> None: ...
def sparse_scan(
    level: str,
    queries: ndarray,
    index: ndarray,
    index_bits: int,
    profile: ndarray,
    profiles: ndarray,
    codes: ndarray,
    levels: ndarray,
    scale: ndarray,
    scales: ndarray,
    fine: ndarray,
    fines: ndarray,
    step: ndarray,
    out: ndarray,
) -> None: ...
def inverted_top(
    level: str,
    starts: ndarray,
    local: ndarray,
    value: ndarray,
    step: ndarray,
    first: int,
    rows: int,
    window: int,
    begin: int,
    end: int,
    latent: ndarray,
    weight: ndarray,
    hidden: ndarray,
    barred_starts: ndarray,
    barred: ndarray,
    top_scores: ndarray,
    top_rows: ndarray,
) -> None: ...
def rans_encode(level: str, planes: ndarray, counts: ndarray, chosen: ndarray, states: ndarray, words: ndarray, used: ndarray) -> None: ...
def rans_decode(level: str, states: ndarray, words: ndarray, counts: ndarray, chosen: ndarray, planes: ndarray, left: ndarray) -> None: ...
