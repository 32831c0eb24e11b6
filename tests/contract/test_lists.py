"""Every codec can be searched list by list: in all lists it gives what the exhaustive search gives."""

import numpy as np
import pytest

from rankfold import codecs
from rankfold.partitioning import Lists, partitioned
from rankfold.search import PartitionSearcher, Searcher
from rankfold.table import Segment, Table

from .samples import ROWS, cases, fitted, label

ONE_SIZE = [case for case in cases() if case[1] == 16]


@pytest.mark.parametrize("case", ONE_SIZE, ids=label)
def test_all_lists_give_the_exhaustive_answer(case):
    state, codes, _ = fitted(case)
    table = partitioned(Table(case[1], False, np.arange(ROWS), (Segment(case[0], state, codes, 0),)), Lists(9))
    queries = np.random.default_rng(4).standard_normal((3, case[1])).astype(np.float32)
    whole, some = Searcher(table, workers=1).search(queries, 12), PartitionSearcher(table, probes=9, workers=1).search(queries, 12)
    np.testing.assert_array_equal(some.rows, whole.rows)
    np.testing.assert_array_equal(some.scores, whole.scores)


def test_all_codecs_are_there():
    assert {case[0].name for case in ONE_SIZE} == set(codecs.names())
