import numpy as np
import pytest

torch = pytest.importorskip("torch")

from rankfold.arrays import unit_rows  # noqa: E402
from rankfold.errors import InputError  # noqa: E402
from rankfold.progress import silent  # noqa: E402
from rankfold.training.stream import RUN_ROWS, Stream, rows_with_direction  # noqa: E402
from rankfold.vectors import as_vectors, read_vectors  # noqa: E402

POOL = 2 * RUN_ROWS


def stream(vectors, seed=0, pool_rows=POOL, rows=None):
    chosen = np.arange(vectors.count) if rows is None else rows
    return Stream(vectors, chosen, seed=seed, pool_bytes=pool_rows * 4 * vectors.dim, device=torch.device("cpu"), precision=torch.float32)


@pytest.mark.parametrize("pool_rows", [POOL, 10_000])
def test_every_round_holds_each_row_once_in_another_order(vectors, rows, pool_rows):
    chosen = np.arange(3, vectors.count, dtype=np.int64)
    batch = stream(vectors, pool_rows=pool_rows, rows=chosen).read(0, 2 * chosen.size)
    first, second = batch.numbers[: chosen.size], batch.numbers[chosen.size :]
    assert np.array_equal(np.sort(first), chosen) and np.array_equal(np.sort(second), chosen)
    assert not np.array_equal(first, second) and not np.array_equal(first, chosen)
    assert np.allclose(batch.rows.numpy(), unit_rows(rows[batch.numbers]), atol=1e-6)
    assert np.allclose(batch.lengths.numpy(), np.linalg.norm(rows[batch.numbers], axis=1), rtol=1e-5)


def test_reading_may_begin_anywhere(vectors):
    whole = stream(vectors).read(0, 3_000)
    part = stream(vectors).read(1_111, 700)
    assert np.array_equal(part.numbers, whole.numbers[1_111:1_811]) and torch.equal(part.rows, whole.rows[1_111:1_811])


def test_the_seed_decides(vectors):
    assert np.array_equal(stream(vectors, seed=1).read(0, 500).numbers, stream(vectors, seed=1).read(0, 500).numbers)
    assert not np.array_equal(stream(vectors, seed=1).read(0, 500).numbers, stream(vectors, seed=2).read(0, 500).numbers)


def test_a_file_gives_the_same_as_memory_and_no_more_than_a_pool_is_held(vectors, rows, tmp_path):
    np.save(tmp_path / "rows.npy", rows)
    read = stream(read_vectors(tmp_path / "rows.npy"))
    assert torch.equal(read.read(0, 2_000).rows, stream(vectors).read(0, 2_000).rows)
    assert len(read._pool) <= POOL


def test_rows_of_zeros_are_left_out(rows):
    holed = rows.copy()
    holed[[0, 700]] = 0
    assert np.array_equal(rows_with_direction(as_vectors(holed, zero_rows="keep"), silent), np.delete(np.arange(len(rows)), [0, 700]))
    with pytest.raises(InputError, match="all zeros"):
        rows_with_direction(as_vectors(np.zeros((5, 3), np.float32), zero_rows="keep"), silent)
