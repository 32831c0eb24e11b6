"""What a command asks a table: vectors of users or rows of the table as queries, and which rows may be returned."""

from pathlib import Path

import numpy as np

from ..arrays import as_text
from ..errors import InputError
from ..search import Rows, parse_where, read_attributes
from ..table import Table
from ..vectors import Vectors, as_vectors, read_vectors
from .inputs import listed_rows


def asked_vectors(queries: Path | None, like: list[str], table: Table, space: str | None) -> tuple[Vectors, Rows | None]:
    """The queries of a file; or the decoded rows of the ids in `like`, each with itself as a row that it must not get. InputError unless one is given."""
    if (queries is None) == (not like):
        raise InputError(f"queries: got {'neither --queries nor --like' if queries is None else 'both --queries and --like'}; expected one of them.")
    if queries is not None:
        return read_vectors(queries, space=space, zero_rows="keep"), None
    rows = rows_of_texts(like, table, "like")
    return as_vectors(table.decode(rows), table.ids[rows], space=table.space, zero_rows="keep"), Rows(np.arange(rows.size + 1), rows)


def rows_of_texts(texts: list[str], table: Table, name: str) -> np.ndarray:
    """Rows of ids given as text on a command line. Raises InputError naming the first id that the table does not have."""
    try:
        ids = np.array([int(text) for text in texts], np.int64) if table.ids.dtype.kind == "i" else np.array(texts)
    except (ValueError, OverflowError):
        raise InputError(f"{name}: got {', '.join(texts)}; expected whole numbers, as the ids of the table are.") from None
    rows = table.row_of(ids)
    if (rows < 0).any():
        raise InputError(f"{name}: {as_text(texts[int(np.flatnonzero(rows < 0)[0])])!r} is not in the table; expected ids of its rows.")
    return rows


def allowed_rows(attributes: Path | None, conditions: list[str], candidates: Path | None, queries: Vectors, table: Table) -> np.ndarray | Rows | None:
    """Rows that may be returned: those for which all conditions hold, (n,) bool; or the candidates of each query, less those for which they do not hold."""
    if (attributes is None) != (not conditions):
        raise InputError("where: expected --attributes FILE and --where CONDITION together.")
    mask = None
    if attributes is not None:
        asked = [parse_where(text) for text in conditions]
        values = read_attributes(attributes, table, names=[one.name for one in asked])
        mask = np.logical_and.reduce([values.mask(one) for one in asked])
    lists = listed_rows(candidates, queries, table.ids)
    if lists is None:
        return mask
    return lists if mask is None else lists.where(mask[lists.values])
