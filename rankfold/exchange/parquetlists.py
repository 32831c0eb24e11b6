"""Parquet: one row a line of a columnar file, its columns and values as two lists, for anything that reads Arrow."""

from pathlib import Path

import numpy as np

from ..arrays import blocks
from ..errors import MissingExtra
from .contract import Contract
from .engine import Engine
from .numbertext import id_texts
from .rows import SparseRows

ROW_GROUP = 65_536
CONTRACT = Contract(signed_rows=True, signed_queries=True, about="A file for other programs; what they do with signs is theirs.")


def check_installed() -> None:
    """Raise MissingExtra unless pyarrow is there."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise MissingExtra("pyarrow", "parquet") from None


def write(folder: Path, stem: str, rows: SparseRows) -> list[str]:
    """`<stem>.parquet`: id (int64 or string), indices list<uint16> (uint32 above 65,536 columns), values list<float>; the width in its metadata."""
    check_installed()
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    number = arrow.uint16() if rows.width <= 1 << 16 else arrow.uint32()
    name = arrow.int64() if rows.ids.dtype.kind == "i" else arrow.string()
    fields = [("id", name), ("indices", arrow.list_(number)), ("values", arrow.list_(arrow.float32()))]
    schema = arrow.schema(fields, metadata={"rankfold.width": str(rows.width)})
    with parquet.ParquetWriter(folder / f"{stem}.parquet", schema) as file:
        for start, stop in blocks(rows.count, ROW_GROUP):
            here = slice(rows.indptr[start], rows.indptr[stop])
            ends = arrow.array((rows.indptr[start : stop + 1] - rows.indptr[start]).astype(np.int32))
            ids = rows.ids[start:stop]
            columns = [
                arrow.array(ids if ids.dtype.kind == "i" else id_texts(ids), name),
                arrow.ListArray.from_arrays(ends, arrow.array(rows.indices[here].astype(number.to_pandas_dtype()))),
                arrow.ListArray.from_arrays(ends, arrow.array(rows.data[here])),
            ]
            file.write_table(arrow.Table.from_arrays(columns, schema=schema))
    return []


def read(folder: Path, stem: str, width: int) -> SparseRows:
    """The rows that `write` was given."""
    check_installed()
    import pyarrow.parquet as parquet

    table = parquet.read_table(folder / f"{stem}.parquet").combine_chunks()
    lists = [table["indices"].combine_chunks(), table["values"].combine_chunks()]
    lengths = np.concatenate([[0], lists[0].value_lengths().to_numpy(zero_copy_only=False)])
    indices, data = (one.flatten().to_numpy(zero_copy_only=False) for one in lists)
    ids = table["id"].to_pylist()
    kept = np.array(ids, np.int64) if "int" in str(table["id"].type) else np.array([one.encode() for one in ids])
    return SparseRows(kept, np.cumsum(lengths).astype(np.int64), indices.astype(np.int32), data, width)


ENGINE = Engine("parquet", CONTRACT, write, read)
