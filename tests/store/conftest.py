import numpy as np
import pytest

from rankfold.codecs import get
from rankfold.compression import compress
from rankfold.store import archive, save
from rankfold.vectors import as_vectors


@pytest.fixture
def table():
    """Two segments that share a state, one removed row, text ids."""
    x = np.random.default_rng(5).normal(size=(40, 8)).astype(np.float32)
    ids = np.array([f"item-{row:03d}" for row in range(40)])
    whole = compress(as_vectors(x[:30], ids[:30], space="als-7"), get("half")(), norms="raw")
    return whole.add(as_vectors(x[30:], ids[30:], space="als-7")).remove(["item-003"])


@pytest.fixture
def other():
    """Another table of the same shape."""
    x = np.random.default_rng(6).normal(size=(40, 8)).astype(np.float32)
    return compress(as_vectors(x), get("half")(), norms="raw")


@pytest.fixture
def artifact(table, tmp_path):
    """The path of `table`, saved."""
    return save(table, tmp_path / "store", note="for tests", details={"seed": 5})


@pytest.fixture
def archived(artifact, tmp_path):
    """`artifact` in an archive."""
    return archive(artifact, tmp_path / "items.rfa").path
