"""Packed lists: any lists are one scan whose scores are those of the decoded rows, in their slots."""

import numpy as np
import pytest

from rankfold.arrays import row_norms
from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import SpecError
from rankfold.partitioning import Lists, partitioned
from rankfold.search.packedlists import BLOCK, PackedLists
from rankfold.table import Segment
from rankfold.vectors import as_vectors


def made(lists, spec=None):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((700, 12)).astype(np.float32)
    table = partitioned(compress(as_vectors(x), from_spec(spec or {"codec": "scalar", "bits": 4})), lists)
    return table.add(as_vectors(rng.standard_normal((90, 12)).astype(np.float32), 1000 + np.arange(90))), rng.standard_normal((3, 12)).astype(np.float32)


@pytest.mark.parametrize("lists", [Lists(20), Lists(20, copies=2), Lists(20, arrange=False)])
@pytest.mark.parametrize("spec", [{"codec": "pq", "groups": 4, "bits": 4}, {"codec": "normed", "inner": {"codec": "scalar", "bits": 3}}])
def test_scores_of_slots_are_those_of_their_rows(lists, spec):
    table, queries = made(lists, spec)
    rows_seen = 0
    for segment in table.segments:
        part = PackedLists(segment, table.partition)
        prepared = segment.codec.prepare(segment.state, queries)
        for some in (np.array([3]), np.array([2, 7, 8, 19]), np.arange(20)):
            blocks = part.blocks_of(some)
            if not blocks.size:
                continue
            out = np.empty((3, BLOCK * blocks.size), np.float32)
            bound = part.scan(prepared, some, blocks, out)
            full = np.flatnonzero(out[0] > -np.inf)
            rows = part.rows(blocks, full)
            expected = [row for number in some for row in table.partition.rows(number) if segment.first <= row < segment.first + segment.count]
            assert sorted(rows) == sorted(expected)
            exact = queries @ table.decode(rows).T
            slop = 1e-4 * row_norms(queries)[:, None] * row_norms(table.decode(rows)).max()
            assert (np.abs(out[:, full] - exact) <= np.broadcast_to(np.reshape(bound, (-1, 1)), exact.shape) + slop).all()
        rows_seen += len(expected)
    assert rows_seen == 790 * lists.copies


def test_open_rows_are_counted_by_list():
    table, _ = made(Lists(20, copies=2))
    hidden = np.random.default_rng(1).random(790) < 0.4
    counts = sum(PackedLists(segment, table.partition).open_counts(hidden) for segment in table.segments)
    assert counts.tolist() == [int((~hidden[table.partition.rows(number)]).sum()) for number in range(20)]


class Odd:
    """Packs 48 rows an entry, which blocks of 64 cannot be made of."""

    def pack(self, state, codes):
        return {"x": np.zeros((-(-codes.count // 48), 2))}


def test_a_layout_that_does_not_fit_is_refused_by_name(monkeypatch):
    table, queries = made(Lists(20))
    one = table.segments[0]
    part = PackedLists(Segment(one.codec, one.state, one.codes, 0), table.partition)
    monkeypatch.setattr(type(one.codec), "pack", Odd.pack)
    with pytest.raises(SpecError, match="'x' does not grow"):
        part.scan(one.codec.prepare(one.state, queries), np.array([0]), part.blocks_of(np.array([0])), np.empty((3, 64), np.float32))
