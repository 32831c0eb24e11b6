"""SINDI, the sparse index of VSAG (Li et al., 2025): the four arrays of its build call as .npy files."""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np

from ..errors import InputError
from .contract import Contract
from .engine import Engine, Loaded, Local
from .rows import SparseRows

CONTRACT = Contract(
    signed_rows=True,
    signed_queries=True,
    most_width=50_000_000,
    empty_rows=False,
    ids="int64",
    about="Signs come out right with values kept as float32 and nothing pruned; 8-bit values and pruning take all values to be positive. "
    "Where fewer rows than asked for share a latent with a query, the places after them hold arbitrary ids.",
)
# What a sparse index of VSAG is made with; `dim` is the most nonzeros of a row there, not the number of columns.
PARAMETERS = {"dtype": "sparse", "metric_type": "ip", "dim": 0, "index_param": {"term_id_limit": 0, "window_size": 50_000, "doc_prune_ratio": 0.0}}
SEARCH = json.dumps({"sindi": {"n_candidate": 0, "query_prune_ratio": 0.0, "term_prune_ratio": 0.0}})


def parameters(rows: SparseRows) -> str:
    """The JSON of parameters with which an exact index over these rows is made."""
    return json.dumps({**PARAMETERS, "dim": max(1, rows.most), "index_param": {**PARAMETERS["index_param"], "term_id_limit": rows.width}})  # type: ignore[dict-item]


def write(folder: Path, stem: str, rows: SparseRows) -> list[str]:
    """`<stem>.indptr.npy` uint32, `.indices.npy` uint32, `.values.npy` float32, `.labels.npy` int64, `.parameters.json`, and the ids as `.ids.npy`.

    labels are the ids where these are whole numbers, else row numbers. Raises InputError for more nonzeros than uint32 can count.
    """
    if rows.nonzeros > np.iinfo(np.uint32).max:
        raise InputError(f"rows: got {rows.nonzeros} nonzeros; expected at most {np.iinfo(np.uint32).max}, as SINDI counts them. Export in parts.")
    whole = rows.ids.dtype.kind == "i"
    arrays = {
        "indptr": rows.indptr.astype(np.uint32),
        "indices": rows.indices.astype(np.uint32),
        "values": rows.data,
        "labels": rows.ids if whole else np.arange(rows.count),
        "ids": rows.ids,
    }
    for name, array in arrays.items():
        np.save(folder / f"{stem}.{name}.npy", array, allow_pickle=False)
    (folder / f"{stem}.parameters.json").write_text(parameters(rows) + "\n")
    return [] if whole else [f"{stem}: ids are text, which SINDI cannot hold: labels are row numbers, and ids.npy holds the id of each."]


def read(folder: Path, stem: str, width: int) -> SparseRows:
    """The rows that `write` was given."""
    indptr, indices, values, ids = (_array(folder, stem, name) for name in ("indptr", "indices", "values", "ids"))
    return SparseRows(ids, indptr.astype(np.int64), indices.astype(np.int32), values, width)


def _array(folder: Path, stem: str, name: str) -> np.ndarray:
    return np.load(folder / f"{stem}.{name}.npy", allow_pickle=False)


class _Loaded:
    def __init__(self, folder: Path, width: int):
        import pyvsag

        pyvsag.set_logger_off()
        self.version = f"pyvsag {version('pyvsag')}"
        self._rows = read(folder, "rows", width)
        labels = _array(folder, "rows", "labels")
        self._row_of = dict(zip(labels.tolist(), range(labels.size), strict=True))
        self._index = pyvsag.Index("sindi", (folder / "rows.parameters.json").read_text())
        self._index.build(*(_array(folder, "rows", name) for name in ("indptr", "indices", "values")), labels)
        self._postings = np.split(
            np.repeat(np.arange(self._rows.count), self._rows.lengths)[np.argsort(self._rows.indices, kind="stable")],
            np.cumsum(np.bincount(self._rows.indices, minlength=self._rows.width))[:-1],
        )
        with tempfile.TemporaryDirectory() as place:
            self._index.save(f"{place}/index")
            self.nbytes = Path(f"{place}/index").stat().st_size

    def search(self, queries: SparseRows, k: int) -> np.ndarray:
        found = np.full((queries.count, k), -1, np.int64)
        for row in range(queries.count):
            here = slice(*queries.indptr[row : row + 2])
            terms = queries.indices[here]
            there = self._sharing(terms, k)
            if there:
                one = np.array([0, terms.size], np.uint32)
                labels, _ = self._index.knn_search(one, terms.astype(np.uint32), queries.data[here], there, SEARCH)
                places = [self._row_of.get(label, -1) for label in np.ravel(labels).tolist()]
                found[row, : len(places)] = places
        return found

    def _sharing(self, terms: np.ndarray, most: int) -> int:
        """How many rows share a column with the query, counted up to `most`: asked for more, the index fills in arbitrary ids."""
        seen = np.zeros(self._rows.count, np.bool_)
        for term in terms:
            seen[self._postings[term]] = True
            if np.count_nonzero(seen) >= most:
                return most
        return int(np.count_nonzero(seen))


@contextlib.contextmanager
def load(folder: Path, width: int) -> Iterator[Loaded]:
    """An exact SINDI index over the written arrays."""
    yield _Loaded(folder, width)


ENGINE = Engine("sindi", CONTRACT, write, read, (Local("pyvsag", "pyvsag", load),))
