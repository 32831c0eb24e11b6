"""Scan blocks cover every row once; masks hide what they say."""

import numpy as np

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.search.blocks import Masks, hidden_rows, scan_blocks
from rankfold.vectors import as_vectors


def test_blocks_cover_every_row_of_every_segment_once():
    rng = np.random.default_rng(0)
    table = compress(as_vectors(rng.standard_normal((100, 4)), np.arange(100)), from_spec({"codec": "half"}))
    table = table.add(as_vectors(rng.standard_normal((37, 4)), np.arange(100, 137)))
    cut = scan_blocks(table, 30)
    assert [block.count for block in cut] == [30, 30, 30, 10, 30, 7]
    assert [block.first for block in cut] == [0, 30, 60, 90, 100, 130]
    queries = rng.standard_normal((3, 4)).astype(np.float32)
    for block in cut:
        out = np.empty((3, block.count), np.float32)
        block.scan(block.segment.codec.prepare(block.segment.state, queries), out)
        rows = table.decode(np.arange(block.first, block.first + block.count))
        np.testing.assert_allclose(out, queries @ rows.T, atol=1e-5)


def test_masks_of_some_queries_are_renumbered():
    masks = Masks(None, np.array([0, 2, 2, 3]), np.array([5, 6, 7, 7]))
    some = masks.only(np.array([2, 3]))
    np.testing.assert_array_equal(some.pair_query, [0, 0, 1])
    np.testing.assert_array_equal(some.pair_row, [6, 7, 7])
    none = masks.only(np.array([1]))
    assert none.pair_row.size == 0


def test_hidden_rows_are_the_removed_and_those_not_allowed():
    table = compress(as_vectors(np.eye(4, dtype=np.float32)), from_spec({"codec": "half"}))
    assert hidden_rows(table, None) is None
    fewer, allow = table.remove(np.array([2])), np.array([True, True, True, False])
    assert hidden_rows(fewer, None).tolist() == [False, False, True, False]
    assert hidden_rows(table, allow).tolist() == [False, False, False, True]
    assert hidden_rows(fewer, allow).tolist() == [False, False, True, True]
