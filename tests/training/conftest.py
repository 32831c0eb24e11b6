"""Rows that are sums of a few of forty directions, with noise: a dictionary is there to be found."""

import numpy as np
import pytest

from rankfold.arrays import unit_rows
from rankfold.vectors import as_vectors

DIM, LATENTS, NONZEROS = 24, 64, 4


def rows_of_few_directions(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    directions = unit_rows(np.random.default_rng(99).standard_normal((40, DIM)).astype(np.float32))
    which = np.argsort(rng.random((count, 40)), axis=1)[:, :3]
    values = rng.standard_normal((count, 3)).astype(np.float32)
    return (np.einsum("nk,nkd->nd", values, directions[which]) + 0.02 * rng.standard_normal((count, DIM))).astype(np.float32)


@pytest.fixture(scope="session")
def rows():
    """(1200, 24) float32, of many lengths."""
    return rows_of_few_directions(1_200, 0)


@pytest.fixture(scope="session")
def vectors(rows):
    return as_vectors(rows)


@pytest.fixture(scope="package", autouse=True)
def one_thread():
    """Threads of torch that wait for each other take all cores of a busy machine."""
    try:
        import torch
    except ImportError:
        yield
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
