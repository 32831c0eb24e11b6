"""Rows taken out of packed blocks scan as the same rows packed anew, for every codec."""

import numpy as np
import pytest

from rankfold import codecs, kernels
from rankfold.codecs import from_spec
from rankfold.search.layout import Along, joined, layout_of, rows_of_groups, take
from rankfold.table import Segment
from tests.contract import samples

CASES = [(one, 16, "free" if one.any_norm else "unit") for name in codecs.names() for one in samples.valid_settings(name, 16)]


@pytest.mark.parametrize("case", CASES, ids=samples.label)
def test_taken_rows_scan_as_rows_packed_anew(case):
    one, dim, _ = case
    state, codes, _ = samples.fitted(case)
    layout = layout_of(Segment(one, state, codes, 0))
    assert layout is not None, "a codec packs arrays along the rows, along groups of 64 rows, or one for all"
    prepared = one.prepare(state, samples.rows(dim, "free", 3, seed=5))
    rng = np.random.default_rng(0)
    places = [np.sort(rng.choice(100, 70, replace=False)), np.array([49])]
    parts = [take(one.pack(state, codes.rows(slice(start, start + size))), layout, some) for (start, size), some in zip(((0, 100), (100, 50)), places)]
    for packed, rows in ((parts[0], places[0]), (joined(parts, layout, [70, 1]), np.concatenate([places[0], 100 + places[1]]))):
        taken, anew = np.empty((3, rows.size), np.float32), np.empty((3, rows.size), np.float32)
        bound = one.scan(prepared, packed, taken) + one.scan(prepared, one.pack(state, codes.rows(rows)), anew)
        scale = np.abs(anew).max()
        np.testing.assert_array_less(np.abs(taken - anew).max(axis=1), np.asarray(bound) + 1e-6 * scale)


def test_an_array_for_all_rows_is_the_same_for_any_rows():
    for case in CASES:
        one, _, _ = case
        state, codes, _ = samples.fitted(case)
        first, last = (one.pack(state, codes.rows(rows)) for rows in (slice(0, 5), slice(codes.count - 70, codes.count)))
        for name, along in layout_of(Segment(one, state, codes, 0)).items():
            assert along is not Along.NOTHING or np.array_equal(first[name], last[name]), (samples.label(case), name)


def test_layouts_are_seen_not_guessed():
    codec = from_spec({"codec": "pq", "groups": 2})
    case = (codec, 16, "unit")
    state, codes, _ = samples.fitted(case)
    assert layout_of(Segment(codec, state, codes, 0)) == {"blocks": Along.GROUPS}

    class Odd:
        def pack(self, state, codes):
            return {"total": np.array([codes.count])}

    assert layout_of(Segment(Odd(), state, codes, 0)) is None


def test_groups_give_their_rows_back():
    codes = np.random.default_rng(0).integers(0, 256, (130, 3), dtype=np.uint8)
    np.testing.assert_array_equal(rows_of_groups(kernels.interleave(codes), 130), codes)
