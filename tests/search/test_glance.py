"""Two-level search: the coarse level finds candidates, the whole row orders them."""

import numpy as np
import pytest

from rankfold.arrays import unit_rows
from rankfold.codec import describe
from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.search import Rows, Searcher
from rankfold.search.glance import coarse_prepared, coarse_table
from rankfold.vectors import as_vectors

TWO = from_spec({"codec": "layered", "coarse": {"codec": "residual", "levels": 2, "refits": 1}, "fine": {"codec": "scalar", "bits": 2}})


def made(kind="unit", rows=1500, dim=24):
    rng = np.random.default_rng(3)
    x = unit_rows((rng.standard_normal((rows, dim)) * np.linspace(2, 0.3, dim)).astype(np.float32))
    if kind == "normed":
        x *= rng.lognormal(0, 0.5, (rows, 1)).astype(np.float32)
    return compress(as_vectors(x, np.arange(rows) * 2), TWO), x[:12] + np.float32(0.05) * rng.standard_normal((12, dim)).astype(np.float32)


@pytest.mark.parametrize("kind", ["unit", "normed"])
def test_the_coarse_table_is_the_coarse_level_with_its_wrapper(kind):
    table = made(kind)[0]
    coarse = coarse_table(table)
    assert describe(coarse.segments[0].codec) == f"{kind}(residual(levels=2, refits=1))"
    assert coarse.count == table.count and coarse.segments[0].codes.row_bytes == 2 + (kind == "normed")
    assert np.mean(np.sum(unit_rows(coarse.decode()) * unit_rows(table.decode()), axis=1)) > 0.5


@pytest.mark.parametrize("kind", ["unit", "normed"])
def test_refining_every_row_is_the_exact_search(kind):
    table, queries = made(kind)
    exact, refined = Searcher(table).search(queries, 20), Searcher(table, refine=1500, block=200, workers=2).search(queries, 20)
    np.testing.assert_array_equal(refined.rows, exact.rows)
    np.testing.assert_allclose(refined.scores, exact.scores, rtol=1e-5)


def test_scores_are_of_the_whole_row_and_more_refining_finds_more():
    table, queries = made()
    exact = Searcher(table).search(queries, 10)
    found = {refine: Searcher(table, refine=refine).search(queries, 10) for refine in (1, 40, 400)}
    kept = {refine: np.mean([np.isin(a, b).mean() for a, b in zip(one.rows, exact.rows, strict=True)]) for refine, one in found.items()}
    assert kept[1] < kept[40] < kept[400] <= 1 and kept[400] > 0.9
    assert (found[1].rows >= 0).all()  # never fewer than k
    decoded = table.decode()
    np.testing.assert_allclose(found[40].scores, np.einsum("qd,qkd->qk", queries, decoded[found[40].rows]), rtol=1e-4, atol=1e-5)


def test_masks_and_added_rows():
    table, queries = made()
    table = table.remove(np.array([0, 2])).add(as_vectors(unit_rows(queries[:3]), [9001, 9003, 9005]))
    exclude = Rows.from_lists([[1, 5, 1502]] * 12)
    exact, refined = (Searcher(table, refine=refine).search(queries, 15, exclude=exclude) for refine in (None, 1503))
    np.testing.assert_array_equal(refined.rows, exact.rows)
    assert not np.isin(refined.rows, [0, 1, 5, 1502]).any() and 1500 in refined.rows[0]


def test_rerank_goes_on_top():
    table, queries = made()
    fine = compress(as_vectors(table.decode(), table.ids), from_spec({"codec": "half"}), norms="raw")
    one = Searcher(table, refine=1500, rerank=fine).search(queries, 10)
    assert np.mean([np.isin(a, b).mean() for a, b in zip(one.rows, Searcher(table).search(queries, 10).rows, strict=True)]) > 0.99


@pytest.mark.parametrize("refine", [0, -1, True, 2.5])
def test_refine_is_a_number_of_rows(refine):
    with pytest.raises(InputError, match="refine: got"):
        Searcher(made()[0], refine=refine)


def test_a_table_of_one_level_is_refused():
    table = compress(as_vectors(np.eye(8, dtype=np.float32)), from_spec({"codec": "half"}))
    with pytest.raises(InputError, match="refine: half has no coarse level"):
        Searcher(table, refine=10)


@pytest.mark.parametrize("kind", ["unit", "normed"])
def test_queries_prepared_once_serve_the_coarse_level(kind):
    table, queries = made(kind)
    coarse = coarse_table(table)
    one = coarse.segments[0]
    alone = one.codec.prepare(one.state, queries)
    shared = coarse_prepared(table, coarse, [segment.codec.prepare(segment.state, queries) for segment in table.segments], queries)
    assert len(shared) == 1 and shared[0].keys() == alone.keys()
    for name, array in alone.items():
        np.testing.assert_array_equal(shared[0][name], array, name)


def test_blocks_of_coarse_levels_grow_with_the_rows(monkeypatch):
    monkeypatch.setattr("rankfold.search.searcher.BLOCK_ROWS", 100)
    monkeypatch.setattr("rankfold.search.searcher.COARSE_BLOCK_ROWS", 300)
    table, queries = made()
    sizes = lambda **how: [block.count for block in Searcher(table, **how)._blocks]  # noqa: E731
    assert sizes() == [100] * 15 and sizes(refine=10, workers=1) == [300] * 5
    assert max(sizes(refine=10, workers=2)) == 188 and max(sizes(refine=10, workers=2, block=7)) == 7
    few, many = (Searcher(table, refine=200, workers=workers).search(queries, 10) for workers in (1, 2))
    np.testing.assert_array_equal(few.rows, many.rows)
