"""Sparse rows for tests, a table of them without a real codec, and an engine that runs nowhere but here."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from rankfold.codes import Codes
from rankfold.exchange.contract import Contract
from rankfold.exchange.engine import Engine, Local
from rankfold.exchange.rows import SparseRows, sparse_rows
from rankfold.exchange.scipycsr import read, write
from rankfold.table import Segment, Table

LATENTS, NONZEROS, DIM = 64, 5, 12


@dataclass(frozen=True)
class Sums:
    """Stands for a codec of a few atoms: codes are the latents as they are."""

    name: str = "sums"

    def latents(self, state, codes):
        return codes["index"], codes["value"]

    def atoms(self, state):
        return state["atoms"]

    def encode(self, state, x):
        products = x @ state["atoms"].T
        index = np.argsort(-np.abs(products), axis=1, kind="stable")[:, :NONZEROS].astype(np.int32)
        return {"index": index, "value": np.take_along_axis(products, index, axis=1)}

    def decode(self, state, codes):
        return np.einsum("nk,nkd->nd", codes["value"], state["atoms"][codes["index"]])


def table_of(count: int = 50, seed: int = 0, ids=None) -> Table:
    """Random rows in the codes of a random dictionary, two segments of one state."""
    rng = np.random.default_rng(seed)
    atoms = rng.standard_normal((LATENTS, DIM)).astype(np.float32)
    state = {"atoms": atoms / np.linalg.norm(atoms, axis=1, keepdims=True)}
    x = rng.standard_normal((count, DIM)).astype(np.float32)
    cut = count // 2
    segments = [Segment(Sums(), state, Codes(Sums().encode(state, x[a:b])), a) for a, b in ((0, cut), (cut, count))]
    return Table(DIM, False, np.arange(count) if ids is None else ids, tuple(segments))


def some_rows(count: int = 40, width: int = 30, nonzeros: int = 4, seed: int = 0, ids=None, signed: bool = True) -> SparseRows:
    """Rows with values of both signs, the third one empty."""
    rng = np.random.default_rng(seed)
    index = np.argsort(rng.random((count, width)), axis=1)[:, :nonzeros]
    value = rng.standard_normal((count, nonzeros)).astype(np.float32)
    value[2] = 0
    return sparse_rows(index, value if signed else np.abs(value), width, np.arange(count) if ids is None else ids)


def dense(rows: SparseRows) -> np.ndarray:
    """The matrix (n, width), float64."""
    out = np.zeros((rows.count, rows.width))
    out[np.repeat(np.arange(rows.count), rows.lengths), rows.indices] = rows.data
    return out


def same(a: SparseRows, b: SparseRows) -> bool:
    """Whether both hold the same, bit by bit."""
    pairs = [(getattr(a, name), getattr(b, name)) for name in ("ids", "indptr", "indices", "data")]
    return a.width == b.width and all(x.dtype.kind == y.dtype.kind and np.array_equal(x, y) for x, y in pairs)


@st.composite
def any_rows(draw, text_ids: bool = True) -> SparseRows:
    """Up to six rows, with columns at the ends, values of all sizes, and odd ids."""
    count, width = draw(st.integers(1, 6)), draw(st.sampled_from([1, 7, 300, 70_000]))
    nonzeros = draw(st.integers(1, min(5, width)))
    ends = sorted({0, width - 1, width // 2})
    columns = st.lists(st.sampled_from(ends) | st.integers(0, width - 1), min_size=nonzeros, max_size=nonzeros, unique=True)
    number = st.floats(width=32, allow_nan=False, allow_infinity=False)
    index = np.array(draw(st.lists(columns, min_size=count, max_size=count)), np.int32)
    value = np.array(draw(st.lists(st.lists(number, min_size=nonzeros, max_size=nonzeros), min_size=count, max_size=count)), np.float32)
    letters = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)
    whole = st.integers(-(2**63), 2**63 - 1)
    names = draw(st.lists(letters if text_ids and draw(st.booleans()) else whole, min_size=count, max_size=count, unique=True))
    return sparse_rows(index, value, width, np.array(names) if isinstance(names[0], str) else np.array(names, np.int64))


def back_and_forth(engine, folder: Path, rows: SparseRows, stem: str = "rows") -> SparseRows:
    """The rows after a writer and a reader, in a fresh folder inside `folder`."""
    place = folder / f"{len(list(folder.iterdir()))}"
    place.mkdir()
    engine.write(place, stem, rows)
    return engine.read(place, stem, rows.width)


class Answers:
    """A search of all rows, of which `spoil` changes the scores."""

    def __init__(self, rows: SparseRows, spoil):
        self.version, self.nbytes, self._rows, self._spoil = "fake 1.0", 80 * rows.count, rows, spoil
        self.asked: list[SparseRows] = []

    def search(self, queries, k):
        self.asked.append(queries)
        scores = self._spoil(dense(queries) @ dense(self._rows).T)
        return np.argsort(-scores, axis=1, kind="stable")[:, :k]


def fake_engine(*, spoil=lambda scores: scores, most_products=None, seen=None, **contract) -> Engine:
    """An engine with this contract that is searched by multiplying out. seen: a list that gets what was loaded."""
    settings = {"signed_rows": True, "signed_queries": True, **contract}

    @contextlib.contextmanager
    def load(folder: Path, width: int):
        loaded = Answers(read(folder, "rows", width), spoil)
        if seen is not None:
            seen.append(loaded)
        yield loaded

    return Engine("fake", Contract(**settings), write, read, (Local("fake", "json", load, most_products),))
