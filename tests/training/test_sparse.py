import numpy as np
import pytest

torch = pytest.importorskip("torch")

from rankfold.arrays import unit_rows  # noqa: E402
from rankfold.codecs.sparse import Sparse  # noqa: E402
from rankfold.compression import compress, encode  # noqa: E402
from rankfold.errors import InputError  # noqa: E402
from rankfold.search import Searcher  # noqa: E402
from rankfold.training.recipe import Recipe  # noqa: E402
from rankfold.training.sparse import train_sparse  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

RECIPE = Recipe(steps=60, batch=256, rate=0.02)


def cosine(table, rows):
    return float((unit_rows(table.decode(np.arange(len(rows)))) * unit_rows(rows)).sum(axis=1).mean())


@pytest.mark.parametrize("encoder", ["omp", "topk"])
def test_a_trained_dictionary_makes_a_table(vectors, rows, encoder):
    fitted, trained = train_sparse(vectors, Sparse(nonzeros=4, dictionary=64, encoder=encoder), recipe=RECIPE)
    table = encode(vectors, fitted)
    assert np.array_equal(fitted.state["atoms"], trained.atoms.astype(np.float16))
    assert cosine(table, rows) > 0.9
    assert np.allclose(np.linalg.norm(table.decode(np.arange(50)), axis=1), np.linalg.norm(rows[:50], axis=1), rtol=0.03)
    scores = rows[:5] @ table.decode(np.arange(len(rows))).T
    assert Searcher(table).search(rows[:5], 1).rows[:, 0].tolist() == scores.argmax(axis=1).tolist()


def test_a_trained_encoder_beats_the_dictionary_as_its_own_encoder(vectors, rows):
    how = Sparse(nonzeros=4, dictionary=64, encoder="topk")
    fitted, _ = train_sparse(vectors, how, recipe=RECIPE)
    assert cosine(encode(vectors, fitted), rows) > cosine(compress(vectors, how), rows)


def test_settings_left_open_are_settled(vectors):
    fitted, trained = train_sparse(vectors, Sparse(bytes=8), recipe=Recipe(steps=3, batch=64))
    assert fitted.codec.row_bytes(24) == 8 and fitted.codec.nonzeros and len(trained.atoms) == fitted.codec.dictionary


def test_same_seed_same_bytes(vectors):
    one, other = (train_sparse(vectors, Sparse(nonzeros=4, dictionary=64), recipe=Recipe(steps=5, batch=64), seed=2)[0] for _ in range(2))
    assert all(np.array_equal(array, other.state[name]) for name, array in one.state.items())


def test_rows_of_zeros_are_kept_and_decode_to_zeros(rows):
    holed = rows.copy()
    holed[3] = 0
    vectors = as_vectors(holed, zero_rows="keep")
    fitted, trained = train_sparse(vectors, Sparse(nonzeros=4, dictionary=64), recipe=Recipe(steps=5, batch=64))
    assert trained.zero_rows == 1 and not encode(vectors, fitted).decode(np.array([3])).any()


def test_more_latents_than_rows_are_refused(rows):
    with pytest.raises(InputError, match="dictionary: got 64 atoms for 40 rows"):
        train_sparse(as_vectors(rows[:40]), Sparse(nonzeros=4, dictionary=64), recipe=RECIPE)
