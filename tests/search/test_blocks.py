"""Scan blocks cover every row once; masks hide what they say."""

import numpy as np

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.search.blocks import PackedSegment, ScanBlock, open_blocks, scan_blocks
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


def made(rows=1000, more=0):
    rng = np.random.default_rng(0)
    table = compress(as_vectors(rng.standard_normal((rows, 8)), np.arange(rows)), from_spec({"codec": "int8"}))
    return table.add(as_vectors(rng.standard_normal((more, 8)), np.arange(rows, rows + more))) if more else table


def test_blocks_without_open_rows_are_left_out_and_nearly_hidden_ones_gathered():
    table = made(rows=1000, more=500)
    cut = scan_blocks(table, 100)
    assert open_blocks(cut, None, 1) == cut
    hidden = np.zeros(1500, np.bool_)
    hidden[100:300] = True  # two blocks without an open row
    hidden[300:500] = True
    hidden[[333, 400, 499]] = False  # two blocks with three open rows
    hidden[1100:1200] = True
    hidden[1150] = False  # and one of the second segment
    opened = open_blocks(cut, hidden, 1)
    assert [block.first for block in opened if block.rows is None] == [0, 500, 600, 700, 800, 900, 1000, 1200, 1300, 1400]
    gathered = [block for block in opened if block.rows is not None]
    assert [block.rows.tolist() for block in gathered] == [[333, 400, 499], [1150]]
    assert [block.segment_number for block in gathered] == [0, 1]
    assert open_blocks(cut, np.ones(1500, np.bool_), 1) == []


def test_more_queries_make_gathering_worth_more_rows_and_gathered_blocks_stay_small():
    table = made(rows=1000)
    cut = scan_blocks(table, 100)
    hidden = np.arange(1000) % 8 != 0
    assert all(block.rows is None for block in open_blocks(cut, hidden, 1))
    opened = open_blocks(cut, hidden, 16)
    assert [block.count for block in opened] == [100, 25] and all(block.rows is not None for block in opened)


def test_a_gathered_block_scans_and_selects_its_own_rows():
    table = made()
    segment, rows = table.segments[0], np.array([3, 17, 18, 999])
    block = ScanBlock(PackedSegment(0, segment), 3, 4, rows, [(scan_blocks(table, 1000)[0], rows)])
    queries = np.random.default_rng(1).standard_normal((3, 8)).astype(np.float32)
    out = np.empty((3, 4), np.float32)
    block.scan(segment.codec.prepare(segment.state, queries), out)
    np.testing.assert_allclose(out, queries @ table.decode(rows).T, atol=1e-3)
    best, which = np.full((3, 2), -np.inf, np.float32), np.full((3, 2), -1, np.int64)
    best[0], which[0] = [100.0, out[0].max()], [5, 2]  # an equal score of a lower row stays before it
    block.select(out, best, which)
    assert which[0].tolist() == [5, 2]
    np.testing.assert_array_equal(which[1], rows[np.argsort(-out[1], kind="stable")[:2]])
    assert block.numbers(np.array([3, 1])).tolist() == [999, 17]
