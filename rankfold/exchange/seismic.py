"""Seismic (Bruch et al., 2024): the arrays of SeismicDataset.add_documents_by_id as .npy files."""

import contextlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np

from .contract import Contract
from .engine import Engine, Loaded, Local
from .rows import SparseRows

# From this many columns on, its columns need 32 bits, which SeismicDatasetLV has.
SMALL_WIDTH = 65_536
CONTRACT = Contract(
    signed_rows=False,
    signed_queries=True,
    value="float16 in the engine",
    empty_rows=False,
    about="Takes negative values, but its selection, pruning and summaries look at the largest only and lose rows; "
    "split rows with signed queries are right in its dataset, and approximate in its index, as cuts allow.",
)
ARRAYS = ("offsets", "components", "values", "ids")


def write(folder: Path, stem: str, rows: SparseRows) -> list[str]:
    """`<stem>.offsets.npy` int64, `.components.npy` int64, `.values.npy` float32 and `.ids.npy`."""
    for name, array in zip(ARRAYS, (rows.indptr, rows.indices.astype(np.int64), rows.data, rows.ids), strict=True):
        np.save(folder / f"{stem}.{name}.npy", array, allow_pickle=False)
    return [] if rows.width < SMALL_WIDTH else [f"{stem}: {rows.width} columns; use SeismicDatasetLV and SeismicIndexLV, which number them in 32 bits."]


def read(folder: Path, stem: str, width: int) -> SparseRows:
    """The rows that `write` was given."""
    offsets, components, values, ids = (np.load(folder / f"{stem}.{name}.npy", allow_pickle=False) for name in ARRAYS)
    return SparseRows(ids, offsets, components.astype(np.int32), values, width)


class _Loaded:
    """Its exact search, over all rows."""

    nbytes = None

    def __init__(self, folder: Path, width: int):
        import seismic

        rows = read(folder, "rows", width)
        self.version = f"pyseismic-lsr {version('pyseismic-lsr')}, dataset"
        self._text = seismic.get_seismic_string()
        self._dataset = (seismic.SeismicDataset if rows.width < SMALL_WIDTH else seismic.SeismicDatasetLV)()
        self._dataset.add_documents_by_id([str(row) for row in range(rows.count)], rows.indices.astype(np.int64), rows.data, rows.indptr)

    def search(self, queries: SparseRows, k: int) -> np.ndarray:
        found = np.full((queries.count, k), -1, np.int64)
        for row in range(queries.count):
            here = slice(*queries.indptr[row : row + 2])
            results = self._ask(str(row), queries.indices[here].astype(self._text), queries.data[here], k)
            best = sorted(results, key=lambda one: -one[1])
            found[row, : len(best)] = [int(document) for _, _, document in best]
        return found

    def _ask(self, name: str, terms: np.ndarray, values: np.ndarray, k: int) -> list[tuple[str, float, str]]:
        return self._dataset.search(name, terms, values, k)


class _Indexed(_Loaded):
    """Its index with settings that skip as little as they can: every posting kept, every query term looked at."""

    def __init__(self, folder: Path, width: int):
        import seismic

        super().__init__(folder, width)
        rows = read(folder, "rows", width)
        kind = seismic.SeismicIndex if rows.width < SMALL_WIDTH else seismic.SeismicIndexLV
        self.version = self.version.replace("dataset", "index")
        self._index = kind.build_from_dataset(self._dataset, n_postings=rows.count, doc_cut=rows.most, summary_energy=1.0, num_threads=1)

    def _ask(self, name: str, terms: np.ndarray, values: np.ndarray, k: int) -> list[tuple[str, float, str]]:
        return self._index.search(name, terms, values, k, query_cut=terms.size, heap_factor=1.0)


@contextlib.contextmanager
def load_dataset(folder: Path, width: int) -> Iterator[Loaded]:
    """The rows in a SeismicDataset, which searches them all."""
    yield _Loaded(folder, width)


@contextlib.contextmanager
def load_index(folder: Path, width: int) -> Iterator[Loaded]:
    """The rows in a SeismicIndex."""
    yield _Indexed(folder, width)


ENGINE = Engine(
    "seismic",
    CONTRACT,
    write,
    read,
    (Local("pyseismic-lsr", "seismic", load_dataset), Local("pyseismic-lsr", "seismic", load_index, most_products=4_000_000_000)),
)
