"""Queries in the space of the latents: what an engine is asked."""

import numpy as np

from ..arrays import F32, blocks
from ..codec import latents
from ..codes import Codes
from ..errors import InputError
from ..table import Table, encode_rows, matching_matrix
from ..vectors import Vectors
from .rows import SparseRows, joined, sparse_rows

FORMS = ("projected", "codes")
BLOCK_VALUES = 1 << 22


def projected(atoms: F32, queries: F32, ids: object, *, terms: int | None = None) -> SparseRows:
    """A query as its dot products with all atoms: scores are then those of the query with the decoded rows, as rankfold's own search has them.

    atoms (h, d) float32, queries (q, d) float32. terms: keep only so many of the largest products by size, which is cheaper and approximate; None keeps all.
    Raises InputError for terms below 1.
    """
    if terms is not None and terms < 1:
        raise InputError(f"query_terms: got {terms}; expected at least 1, or None for all {atoms.shape[0]}.")
    width = atoms.shape[0]
    kept = width if terms is None else min(terms, width)
    parts = []
    for start, stop in blocks(len(queries), max(1, BLOCK_VALUES // width)):
        product = (queries[start:stop].astype(np.float64) @ atoms.T.astype(np.float64)).astype(np.float32)
        # A stable sort: of equal products the first atoms are kept, on every machine.
        index = np.sort(np.argsort(-np.abs(product), axis=1, kind="stable")[:, :kept], axis=1)
        parts.append(sparse_rows(index, np.take_along_axis(product, index, axis=1), width, np.arange(stop - start)))
    return joined(parts, np.asarray(ids))


def coded(table: Table, queries: F32, ids: object) -> SparseRows:
    """A query as its own code, coded as rows are: as few terms as a row has, and scores that ignore how atoms lie to each other.

    queries (q, d) float32. Raises InputError for a table whose codec has no latents.
    """
    last = table.segments[-1]
    found = latents(last.codec, last.state, Codes(encode_rows(last.codec, last.state, queries)))
    if found is None:
        raise InputError(f"table: its codec {last.codec.name!r} has no latents; expected one that has.")
    return sparse_rows(found.index, found.value, found.atoms.shape[0], ids)


def query_rows(table: Table, atoms: F32, queries: Vectors, *, form: str = "projected", terms: int | None = None) -> SparseRows:
    """Queries of the table's space as sparse rows: see `projected` and `coded`. Raises InputError for other forms, dimensions or spaces."""
    if form not in FORMS:
        raise InputError(f"query_form: got {form!r}; expected one of {', '.join(FORMS)}.")
    if form == "codes" and terms is not None:
        raise InputError(f"query_terms: got {terms} for codes, which have the terms that a row has; expected it with projected queries only.")
    matrix = matching_matrix(queries, "queries", dim=table.dim, space=table.space)
    return projected(atoms, matrix, queries.ids, terms=terms) if form == "projected" else coded(table, matrix, queries.ids)
