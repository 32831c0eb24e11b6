"""Qdrant: points as JSON lines, and the body that creates their collection."""

import contextlib
import json
import tempfile
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import blocks
from .contract import Contract
from .engine import Engine, Loaded, Local
from .gathering import Gathering
from .numbertext import float_texts, id_texts
from .rows import SparseRows

VECTOR = "codes"
COLLECTION = "collection.json"
BATCH = 1_000
CONTRACT = Contract(
    signed_rows=True,
    signed_queries=True,
    ids="uint64",
    about="Signs are documented; skipping is switched off for queries with negative terms. Rows that share no latent with a query are not returned.",
)


def write(folder: Path, stem: str, rows: SparseRows) -> list[str]:
    """`<stem>.jsonl`, a point a line: {"id", "vector": {"codes": {"indices", "values"}}}, and `collection.json`, the body of PUT /collections/<name>.

    Point ids are the ids where all are whole numbers of at least 0, else row numbers, with the id as the payload "id".
    """
    keep_ids = rows.ids.dtype.kind == "i" and bool((rows.ids >= 0).all())
    names = id_texts(rows.ids)
    with open(folder / f"{stem}.jsonl", "x", encoding="utf-8", newline="\n") as file:
        for start, stop in blocks(rows.count, BATCH):
            indptr = rows.indptr[start : stop + 1] - rows.indptr[start]
            here = slice(rows.indptr[start], rows.indptr[stop])
            indices, values = [str(one) for one in rows.indices[here].tolist()], float_texts(rows.data[here])
            for row, (a, b) in enumerate(zip(indptr[:-1].tolist(), indptr[1:].tolist(), strict=True), start):
                vector = f'{{"{VECTOR}":{{"indices":[{",".join(indices[a:b])}],"values":[{",".join(values[a:b])}]}}}}'
                payload = "" if keep_ids else f',"payload":{{"id":{_json_id(names[row], rows.ids)}}}'
                file.write(f'{{"id":{names[row] if keep_ids else row},"vector":{vector}{payload}}}\n')
    if not (folder / COLLECTION).exists():
        body = {"vectors": {}, "sparse_vectors": {VECTOR: {"index": {"datatype": "float32"}}}}
        (folder / COLLECTION).write_text(json.dumps(body) + "\n")
    return [] if keep_ids else [f'{stem}: ids are not whole numbers of at least 0: point ids are row numbers, and the payload "id" holds the id.']


def _json_id(name: str, ids: np.ndarray) -> str:
    return name if ids.dtype.kind == "i" else json.dumps(name, ensure_ascii=False)


def points(path: Path) -> Iterator[dict[str, Any]]:
    """The points of a file that `write` wrote."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def read(folder: Path, stem: str, width: int) -> SparseRows:
    """The rows that `write` was given."""
    rows = Gathering()
    for point in points(folder / f"{stem}.jsonl"):
        vector = point["vector"][VECTOR]
        rows.add(point["payload"]["id"] if "payload" in point else point["id"], vector["indices"], vector["values"])
    return rows.rows(width)


def _each(queries: SparseRows) -> Iterator[tuple[int, list[int], list[float]]]:
    """(number, indices, values) of every query that asks for anything."""
    for row in range(queries.count):
        here = slice(*queries.indptr[row : row + 2])
        if queries.indices[here].size:
            yield row, queries.indices[here].tolist(), queries.data[here].tolist()


class _Client:
    """The client's own engine in memory: a scan in Python, right and slow."""

    nbytes = None

    def __init__(self, folder: Path):
        from qdrant_client import QdrantClient, models

        self.version = f"qdrant-client {version('qdrant-client')} :memory:"
        self._models = models
        self._client = QdrantClient(":memory:")
        self._client.create_collection("rows", vectors_config={}, sparse_vectors_config={VECTOR: models.SparseVectorParams()})
        self._rows: dict[int, int] = {}
        batch = []
        for number, point in enumerate(points(folder / "rows.jsonl")):
            self._rows[point["id"]] = number
            vector = {VECTOR: models.SparseVector(**point["vector"][VECTOR])}
            batch.append(models.PointStruct(id=point["id"], vector=vector, payload=point.get("payload")))
            if len(batch) == BATCH:
                self._client.upsert("rows", batch)
                batch = []
        if batch:
            self._client.upsert("rows", batch)

    def search(self, queries: SparseRows, k: int) -> np.ndarray:
        found = np.full((queries.count, k), -1, np.int64)
        for row, indices, values in _each(queries):
            query = self._models.SparseVector(indices=indices, values=values)
            best = self._client.query_points("rows", query=query, using=VECTOR, limit=k).points
            found[row, : len(best)] = [self._rows[point.id] for point in best]
        return found


@contextlib.contextmanager
def load_client(folder: Path, width: int) -> Iterator[Loaded]:
    """The points in `QdrantClient(":memory:")`."""
    with warnings.catch_warnings():
        # It warns of collections that are large for its own engine; this is a check, not a service.
        warnings.simplefilter("ignore")
        yield _Client(folder)


class _Edge:
    """Qdrant Edge: the engine itself in this process."""

    def __init__(self, folder: Path, place: str):
        import qdrant_edge

        self.version = f"qdrant-edge-py {version('qdrant-edge-py')}"
        self._edge = qdrant_edge
        kept = qdrant_edge.EdgeSparseVectorParams(datatype=qdrant_edge.VectorStorageDatatype.Float32)
        self._shard = qdrant_edge.EdgeShard.create(place, qdrant_edge.EdgeConfig(sparse_vectors={VECTOR: kept}))
        self._rows: dict[int, int] = {}
        batch = []
        for number, point in enumerate(points(folder / "rows.jsonl")):
            self._rows[point["id"]] = number
            vector = point["vector"][VECTOR]
            batch.append(qdrant_edge.Point(point["id"], {VECTOR: qdrant_edge.SparseVector(vector["indices"], vector["values"])}, point.get("payload")))
            if len(batch) == BATCH:
                self._shard.update(qdrant_edge.UpdateOperation.upsert_points(batch))
                batch = []
        if batch:
            self._shard.update(qdrant_edge.UpdateOperation.upsert_points(batch))
        self._shard.optimize()
        self._shard.flush()
        # What the disk gives: its files are reserved in large pieces.
        self.nbytes = sum(file.stat().st_blocks * 512 for file in Path(place).rglob("*") if file.is_file())

    def search(self, queries: SparseRows, k: int) -> np.ndarray:
        found = np.full((queries.count, k), -1, np.int64)
        for row, indices, values in _each(queries):
            query = self._edge.Query.Nearest(self._edge.SparseVector(indices, values), VECTOR)
            best = self._shard.query(self._edge.QueryRequest(limit=k, query=query))
            found[row, : len(best)] = [self._rows[point.id] for point in best]
        return found

    def close(self) -> None:
        """Let go of its files."""
        self._shard.close()


@contextlib.contextmanager
def load_edge(folder: Path, width: int) -> Iterator[Loaded]:
    """The points in an Edge shard on disk, deleted afterwards."""
    with tempfile.TemporaryDirectory() as place, contextlib.closing(_Edge(folder, place)) as loaded:
        yield loaded


ENGINE = Engine(
    "qdrant",
    CONTRACT,
    write,
    read,
    (Local("qdrant-edge-py", "qdrant_edge", load_edge), Local("qdrant-client", "qdrant_client", load_client, most_products=6_000_000)),
)
