"""SciPy: one .npz file that `scipy.sparse.load_npz` reads, written with numpy alone."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..npyfile import Npz
from .contract import Contract
from .engine import Engine, Loaded, Local
from .rows import SparseRows

CONTRACT = Contract(signed_rows=True, signed_queries=True, about="The whole matrix in memory; products of two such matrices are exact.")


def write(folder: Path, stem: str, rows: SparseRows) -> list[str]:
    """`<stem>.npz` in the layout of scipy.sparse.save_npz, uncompressed, and `<stem>.ids.npy`. Columns and row boundaries are int32 where they fit."""
    small = rows.nonzeros <= np.iinfo(np.int32).max
    np.savez(
        folder / f"{stem}.npz",
        indices=rows.indices if small else rows.indices.astype(np.int64),
        indptr=rows.indptr.astype(np.int32) if small else rows.indptr,
        format=np.array(b"csr"),
        shape=np.array([rows.count, rows.width], np.int64),
        data=rows.data,
    )
    np.save(folder / f"{stem}.ids.npy", rows.ids, allow_pickle=False)
    return []


def read(folder: Path, stem: str, width: int) -> SparseRows:
    """The rows that `write` was given."""
    file = Npz(folder / f"{stem}.npz")
    ids = np.load(folder / f"{stem}.ids.npy", allow_pickle=False)
    indptr, indices = file.read("indptr").astype(np.int64), file.read("indices").astype(np.int32)
    return SparseRows(ids, indptr, indices, file.read("data"), width)


class _Loaded:
    def __init__(self, path: Path):
        import scipy
        import scipy.sparse

        self._matrix = scipy.sparse.load_npz(path)
        self.version = f"SciPy {scipy.__version__}"
        self.nbytes = self._matrix.data.nbytes + self._matrix.indices.nbytes + self._matrix.indptr.nbytes

    def search(self, queries: SparseRows, k: int) -> np.ndarray:
        import scipy.sparse

        asked = scipy.sparse.csr_matrix((queries.data, queries.indices, queries.indptr), shape=(queries.count, queries.width))
        found = np.empty((queries.count, k), np.int64)
        for row in range(queries.count):
            scores = (self._matrix @ asked[row].T).toarray()[:, 0]
            found[row] = np.argsort(-scores, kind="stable")[:k]
        return found


@contextlib.contextmanager
def load(folder: Path, width: int) -> Iterator[Loaded]:
    """The matrix, read by SciPy itself."""
    yield _Loaded(folder / "rows.npz")


ENGINE = Engine("scipy", CONTRACT, write, read, (Local("scipy", "scipy", load),))
