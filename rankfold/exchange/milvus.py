"""Milvus and Zilliz: rows as JSON lines with a map of columns, as its REST insert takes them."""

import json
from pathlib import Path

from .contract import Contract
from .engine import Engine
from .rows import SparseRows
from .termmaps import rows_from_maps, term_maps

FIELD = "codes"
CONTRACT = Contract(
    signed_rows=False,
    signed_queries=False,
    most_width=1 << 30,
    empty_rows=False,
    about="Refuses negative values in rows and in queries.",
)


def write(folder: Path, stem: str, rows: SparseRows) -> list[str]:
    """`<stem>.jsonl`, a row a line: {"id", "codes": {"3": 0.5, ...}}, for a collection with a SPARSE_FLOAT_VECTOR field `codes` and metric IP."""
    with open(folder / f"{stem}.jsonl", "x", encoding="utf-8", newline="\n") as file:
        for one in term_maps(rows):
            file.write(f'{{"id":{json.dumps(one.id, ensure_ascii=False)},"{FIELD}":{one.terms}}}\n')
    return []


def read(folder: Path, stem: str, width: int) -> SparseRows:
    """The rows that `write` was given."""
    with open(folder / f"{stem}.jsonl", encoding="utf-8") as file:
        return rows_from_maps(((one["id"], one[FIELD]) for one in map(json.loads, file)), width)


ENGINE = Engine("milvus", CONTRACT, write, read)
