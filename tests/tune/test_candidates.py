"""Candidates fit the size that is allowed, each once; arithmetic alone says what cannot win."""

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.errors import BudgetError
from rankfold.tune.candidates import HEADERS, as_used, candidates, row_limit, sizes_below, smaller_alike


@pytest.fixture(scope="module")
def rows():
    """Sample rows of several lengths."""
    rng = np.random.default_rng(0)
    return (rng.standard_normal((500, 32)) * rng.lognormal(0, 0.5, (500, 1))).astype(np.float32)


def test_rows_fit_and_each_codec_comes_once(rows):
    found = candidates(rows, 12, rows=100_000, least=6)
    used = [as_used(one, rows) for one in found]
    assert all(6 <= one.row_bytes(32) <= 12 for one in used) and len(set(used)) == len(used) > 8
    assert {one.name for one in used} >= {"normed", "reduced"}


def test_ladders_bring_what_the_short_list_does_not(rows):
    plain = candidates(rows, 24, rows=100_000, least=12, ladders=False)
    more = candidates(rows, 24, rows=100_000, least=12)
    assert set(plain) < set(more) and "rotated" in {one.name for one in candidates(rows, 40, rows=100_000)} - {one.name for one in plain}


def test_nothing_fits_a_size_that_no_codec_has(rows):
    assert candidates(rows, 1, rows=100_000) == []


def test_sizes_go_down():
    assert sizes_below(24, 6) == [16, 12, 8, 6] and sizes_below(2) == []


def test_one_number_less_is_dominated_two_are_not():
    rows = np.random.default_rng(0).standard_normal((100, 32)).astype(np.float32)
    codecs = [from_spec(spec) for spec in (
        {"codec": "trellis", "bytes": 8}, {"codec": "trellis", "bytes": 12},
        {"codec": "sparse", "bytes": 8, "dictionary": 64}, {"codec": "sparse", "bytes": 12, "dictionary": 128},
        {"codec": "pq", "groups": 8}, {"codec": "pq", "groups": 12, "rotation": "learned"},
    )]  # fmt: skip
    assert smaller_alike(codecs, rows) == [codecs[0]]


def test_what_a_total_leaves_for_a_row():
    assert row_limit(100 * 24 + HEADERS, rows=100, id_bytes=8) == 16
    with pytest.raises(BudgetError, match="take 2,400 alone"):
        row_limit(2_399, rows=100, id_bytes=8)
    assert row_limit(2_400, rows=100, id_bytes=8) == 1
