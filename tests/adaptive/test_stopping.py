"""Rows without close neighbours stop early, all lengths read one set of codebooks, and every further level brings rows nearer."""

import numpy as np
import pytest

from rankfold.adaptive.stopping import compress_stopping, measure_lengths, shorter
from rankfold.adaptive.tiers import choose_rates
from rankfold.codecs import from_spec
from rankfold.errors import BudgetError, InputError
from rankfold.search import Searcher
from rankfold.store import load, read_manifest, save
from rankfold.vectors import as_vectors

SIX = from_spec({"codec": "residual", "levels": 6})


@pytest.fixture(scope="module")
def rows():
    """1,200 rows, half of them in 30 tight clusters, half of them anywhere."""
    rng = np.random.default_rng(2)
    tight = rng.standard_normal((30, 24))[rng.integers(0, 30, 600)] + 0.01 * rng.standard_normal((600, 24))
    return np.concatenate([tight, rng.standard_normal((600, 24))]).astype(np.float32)


@pytest.fixture(scope="module")
def table(rows):
    return compress_stopping(as_vectors(rows), SIX, 4.5)


def test_the_mean_is_kept_and_rows_without_close_neighbours_stop_early(rows, table):
    sizes = np.concatenate([np.full(s.count, s.codec.row_bytes(24)) for s in table.segments])
    assert sizes.sum() <= 4.5 * 1_200 and sizes.sum() > 4.5 * 1_200 - 6
    dense = table.ids < 600
    assert sizes[~dense].mean() < sizes[dense].mean() - 1


def test_error_is_below_that_of_rows_of_one_length(rows):
    rates = measure_lengths(as_vectors(rows), SIX)
    for place, size in enumerate(rates.row_bytes):
        choice = choose_rates(rates, float(size))
        assert rates.errors[np.arange(len(rows)), choice].mean() <= rates.errors[:, place].mean() + 1e-6
    means = rates.errors.mean(axis=0)
    assert (np.diff(means) < 0).all()


def test_codebooks_are_held_and_stored_once(table, tmp_path):
    assert len(table.segments) > 1 and len({id(segment.state) for segment in table.segments}) == 1
    single = table.segments[0].state
    assert table.parts()["codebooks"] == sum(array.nbytes for array in single.values())
    artifact = save(table, tmp_path / "store")
    assert len(list(artifact.glob("*.state.*"))) == len(single)
    assert {entry.state for entry in read_manifest(artifact).segments} == {0}
    back = load(artifact, check="digests")
    assert np.array_equal(back.decode(), table.decode())
    queries = np.random.default_rng(0).standard_normal((5, 24)).astype(np.float32)
    found = Searcher(back).search(queries, 9)
    exact = queries @ table.decode().T
    assert np.array_equal(found.rows, np.argsort(-exact, axis=1)[:, :9])
    assert save(compress_stopping(as_vectors(np.zeros((9, 4), np.float32) + np.arange(9)[:, None], zero_rows="keep"), SIX, 3), tmp_path / "b").is_dir()


def test_straight_to_disk_is_the_same(rows, table, tmp_path):
    compress_stopping(as_vectors(rows), SIX, 4.5, out=tmp_path / "a")
    assert np.array_equal(load(tmp_path / "a").decode(), table.decode()) and np.array_equal(load(tmp_path / "a").ids, table.ids)
    assert len(list((tmp_path / "a").glob("*/*.state.*"))) == len(table.segments[0].state)


def test_shorter_forms_keep_their_wrapper():
    wrapped = from_spec({"codec": "normed", "inner": {"codec": "residual", "levels": 3}})
    assert [form.row_bytes(8) for form in shorter(wrapped)] == [2, 3] and all(form.name == "normed" for form in shorter(wrapped))
    assert shorter(from_spec({"codec": "int8"})) == []


def test_refuses_what_cannot_be_had(rows):
    with pytest.raises(InputError, match="int8"):
        compress_stopping(as_vectors(rows), from_spec({"codec": "int8"}), 8)
    with pytest.raises(BudgetError, match="takes 2 bytes"):
        compress_stopping(as_vectors(rows), SIX, 1.5)


def test_all_lengths_read_codebooks_fitted_to_the_queries(rows):
    queries = (np.random.default_rng(1).standard_normal((200, 24)) * np.where(np.arange(24) < 4, 1, 0.1)).astype(np.float32)
    viewed = from_spec({"codec": "viewed", "inner": {"codec": "residual", "levels": 6}})
    table = compress_stopping(as_vectors(rows), viewed, 4.5, queries=queries)
    assert len(table.segments) > 1 and all(segment.state["axes"] is table.segments[0].state["axes"] for segment in table.segments)


def test_a_target_that_cannot_be_is_refused_before_any_work(rows, tmp_path):
    (tmp_path / "file").write_text("mine")

    def never(stage, done, total):
        raise AssertionError(f"{stage} began")

    with pytest.raises(InputError, match="is a file; expected a folder"):
        compress_stopping(as_vectors(rows), SIX, 4.5, out=tmp_path / "file", progress=never)
    assert (tmp_path / "file").read_text() == "mine"
