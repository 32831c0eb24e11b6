"""Elasticsearch and OpenSearch: rows as bulk requests, with a map of columns in a field of sparse weights."""

import json
from pathlib import Path

from ..errors import InputError
from .contract import Contract
from .engine import Engine
from .rows import SparseRows
from .termmaps import rows_from_maps, term_maps

FIELD = "codes"
MAPPING = "index.json"
MOST_ID_BYTES = 512
ELASTICSEARCH = Contract(
    signed_rows=False,
    signed_queries=False,
    value="9 significant bits in the engine, 0.4 % off",
    about="Strictly positive weights in rows and in queries; order changes where scores are nearer than the rounding.",
)
OPENSEARCH = Contract(
    signed_rows=False,
    signed_queries=False,
    value="9 significant bits in the engine, 0.4 % off",
    about="Positive weights in rows and in queries (rank_features).",
)
MAPPINGS = {
    "elasticsearch": {"mappings": {"properties": {FIELD: {"type": "sparse_vector"}}}},
    "opensearch": {"mappings": {"properties": {FIELD: {"type": "rank_features"}}}},
}


def _write(folder: Path, stem: str, rows: SparseRows, mapping: dict) -> list[str]:
    with open(folder / f"{stem}.bulk", "x", encoding="utf-8", newline="\n") as file:
        for number, one in enumerate(term_maps(rows)):
            name = str(one.id)
            if len(name.encode()) > MOST_ID_BYTES:
                raise InputError(f"ids: number {number} has {len(name.encode())} bytes; expected at most {MOST_ID_BYTES}, as the engine takes an _id.")
            file.write(f'{{"index":{{"_id":{json.dumps(name, ensure_ascii=False)}}}}}\n{{"{FIELD}":{one.terms}}}\n')
    (folder / MAPPING).write_text(json.dumps(mapping) + "\n")
    return []


def write_elasticsearch(folder: Path, stem: str, rows: SparseRows) -> list[str]:
    """`<stem>.bulk`, two lines a row as the _bulk request takes them, columns as names of weights; and `index.json`, the body that creates the index.

    Raises InputError for ids above 512 bytes.
    """
    return _write(folder, stem, rows, MAPPINGS["elasticsearch"])


def write_opensearch(folder: Path, stem: str, rows: SparseRows) -> list[str]:
    """As `write_elasticsearch`, with an index of rank_features."""
    return _write(folder, stem, rows, MAPPINGS["opensearch"])


def read(folder: Path, stem: str, width: int) -> SparseRows:
    """The rows that a writer was given; ids as text."""
    with open(folder / f"{stem}.bulk", encoding="utf-8") as file:
        lines = map(json.loads, file)
        # One iterator twice: a head and its body are two lines.
        return rows_from_maps(((head["index"]["_id"], body[FIELD]) for head, body in zip(lines, lines, strict=True)), width)


ENGINE = Engine("elasticsearch", ELASTICSEARCH, write_elasticsearch, read)
OPENSEARCH_ENGINE = Engine("opensearch", OPENSEARCH, write_opensearch, read)
