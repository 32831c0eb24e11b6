"""The choice of probes: its curve is what searches find, its target holds, bad questions are refused."""

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.partitioning import Lists
from rankfold.search import PartitionSearcher, Searcher, choose_probes

from .test_probing import LAYERED, made


def found(exact, searcher, queries, probes, k):
    rows = searcher.search(queries, k, probes=probes).rows
    return np.array([np.isin(a, b).mean() for a, b in zip(exact.rows, rows, strict=True)])


@pytest.mark.parametrize("copies", [1, 2])
def test_the_curve_is_what_searches_find(copies):
    table, _ = made(Lists(40, copies=copies))
    queries = np.random.default_rng(9).standard_normal((60, 16)).astype(np.float32)
    searcher, exact = PartitionSearcher(table, probes=1), Searcher(table).search(queries, 20)
    choice = choose_probes(searcher, queries, target=0.9, k=20)
    assert [one.probes for one in choice.curve][-1] == 40 and choice.curve[-1].recall == 1
    for one in choice.curve[::3]:
        assert one.recall == pytest.approx(found(exact, searcher, queries, one.probes, 20).mean())
        assert one.rows_share == pytest.approx(np.mean([table.partition.lengths()[lists].sum() for lists in by_query(searcher, queries, one)]) / 1200)
    assert choice.reached and choice.chosen.low >= 0.9 and choice.probes == choice.chosen.probes < 40
    fewer = found(exact, searcher, queries, choice.probes - 1, 20)
    assert fewer.mean() - 1.96 * fewer.std(ddof=1) / 60**0.5 < 0.9


def by_query(searcher, queries, one):
    lists = searcher.route(queries, probes=one.probes)
    return [lists.of(query) for query in range(len(queries))]


def test_two_levels_are_measured_by_searching():
    table, _ = made(Lists(40), LAYERED)
    queries = np.random.default_rng(9).standard_normal((60, 16)).astype(np.float32)
    exact = Searcher(table).search(queries, 20)
    for refine, reached in ((400, True), (20, False)):
        searcher = PartitionSearcher(table, probes=1, refine=refine)
        choice = choose_probes(searcher, queries, target=0.95, k=20)
        assert choice.reached is reached
        assert choice.chosen.recall == pytest.approx(found(exact, searcher, queries, choice.probes, 20).mean())


def test_a_target_of_everything_and_short_lists():
    table, queries = made(Lists(24))
    assert choose_probes(PartitionSearcher(table, probes=1), queries, target=1.0, k=20).chosen.recall == 1
    assert choose_probes(PartitionSearcher(table, probes=1), queries, target=0.5, k=3000).k == 3000


@pytest.mark.parametrize(("target", "count"), [(0, 9), (1.1, 9), (True, 9), (0.9, 1)])
def test_bad_questions_are_refused(target, count):
    table, queries = made()
    with pytest.raises(InputError, match="target, queries"):
        choose_probes(PartitionSearcher(table, probes=1), queries[:count], target=target)
