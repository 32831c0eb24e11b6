import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.evaluate.exact import ExactSearcher
from rankfold.evaluate.fidelity import fidelity, kendall_tau, overlap, places, rank_biased_overlap
from rankfold.search.ranking import Ranking
from rankfold.vectors import as_vectors


def ranked(rows):
    rows = np.array(rows, np.int64)
    return Ranking(rows, np.where(rows >= 0, -np.arange(rows.shape[1]), -np.inf).astype(np.float32))


def test_the_exact_list_gives_one():
    rng = np.random.default_rng(0)
    exact = ExactSearcher(as_vectors(rng.standard_normal((200, 8)))).search(rng.standard_normal((40, 8)), 100)
    means = fidelity(exact, exact, depths=(1, 10, 100)).means()
    for name, mean in means.items():
        if name != "kendall@1":
            assert (mean.mean, mean.low, mean.high, mean.n) == (pytest.approx(1), pytest.approx(1), pytest.approx(1), 40)
    assert means["kendall@1"].n == 0


def test_shuffled_vectors_give_k_of_n():
    rng = np.random.default_rng(1)
    vectors, queries, n = rng.standard_normal((400, 16)), rng.standard_normal((300, 16)), 400
    exact = ExactSearcher(as_vectors(vectors)).search(queries, 100)
    shuffled = ExactSearcher(as_vectors(vectors[rng.permutation(n)])).search(queries, 100)
    means = fidelity(shuffled, exact, depths=(10, 100)).means()
    assert means["overlap@10"].mean == pytest.approx(10 / n, abs=0.01)
    assert means["overlap@100"].mean == pytest.approx(100 / n, abs=0.02)
    assert means["kendall@100"].low < 0 < means["kendall@100"].high or abs(means["kendall@100"].mean) < 0.05


def test_overlap_counts_rows_in_any_order_and_short_exact_lists():
    exact = np.array([[1, 2, 3, 4], [1, 2, -1, -1], [-1, -1, -1, -1], [5, 6, 7, 8]])
    rows = np.array([[4, 3, 9, 8], [2, 9, 1, -1], [1, 2, 3, 4], [-1, -1, -1, -1]])
    assert overlap(rows, exact)[[0, 1, 3]].tolist() == [0.5, 1.0, 0.0] and np.isnan(overlap(rows, exact)[2])


@given(st.permutations(range(8)), st.permutations(range(8)), st.integers(1, 8), st.integers(0, 7))
def test_measures_equal_their_definitions(first, second, k, empty):
    size = max(1, k - empty)
    mine, exact = first[:k], second[:size]
    rows, truth = np.array([mine]), np.array([list(exact) + [-1] * (k - size)])
    assert places(rows, truth)[0].tolist() == [exact.index(row) if row in exact else k for row in mine]
    common = [len(set(mine[:depth]) & set(exact[:depth])) for depth in range(1, size + 1)]
    assert overlap(rows, truth)[0] == pytest.approx(len(set(mine) & set(exact)) / size)
    p = 0.9
    expected = (1 - p) / p * sum(x / d * p**d for d, x in enumerate(common, 1)) + common[-1] / size * p**size
    assert rank_biased_overlap(rows, truth)[0] == pytest.approx(expected)
    both = [mine.index(row) for row in exact if row in mine]
    signs = [1 if a < b else -1 for place, a in enumerate(both) for b in both[place + 1 :]]
    tau = kendall_tau(rows, truth)[0]
    assert np.isnan(tau) if not signs else tau == pytest.approx(sum(signs) / len(signs))


def test_rank_biased_overlap_looks_at_the_top_first():
    exact = np.arange(10)[None, :]
    worse_top, worse_end = exact.copy(), exact.copy()
    worse_top[0, 0], worse_end[0, 9] = 99, 99
    top, end = rank_biased_overlap(worse_top, exact)[0], rank_biased_overlap(worse_end, exact)[0]
    assert overlap(worse_top, exact)[0] == overlap(worse_end, exact)[0] == 0.9 and top < 0.8 < 0.9 < end < 1


def test_a_reversed_list_has_the_tau_minus_one():
    exact = np.arange(6)[None, :]
    assert kendall_tau(exact[:, ::-1], exact).tolist() == [-1.0]
    assert fidelity(ranked(exact[:, ::-1]), ranked(exact), depths=(6,)).to_dict()["kendall@6"]["mean"] == -1.0


def test_queries_are_kept_apart():
    assert overlap(np.array([[1, 2], [3, 4]]), np.array([[3, 4], [1, 2]])).tolist() == [0, 0]


@pytest.mark.parametrize(("depths", "match"), [((), "depths"), ((0,), "1 to 3"), ((4,), "1 to 3")])
def test_depths_beyond_the_lists_are_refused(depths, match):
    lists = ranked([[1, 2, 3]])
    with pytest.raises(InputError, match=match):
        fidelity(lists, lists, depths=depths)


def test_lists_of_other_queries_are_refused():
    with pytest.raises(InputError, match="lists of 1 queries; expected 2"):
        fidelity(ranked([[1]]), ranked([[1], [2]]), depths=(1,))
