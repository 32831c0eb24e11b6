"""Scanning and selecting in one: the rows, the scores and the bound of a scan with `select` after it."""

import numpy as np
import pytest

from rankfold import kernels
from rankfold.codec import ranked
from rankfold.codecs import from_spec
from rankfold.codes import Codes
from rankfold.search import Rows, Searcher
from rankfold.table import Segment, Table

SPECS = {
    "int8": {"codec": "int8"},
    "pq": {"codec": "pq", "groups": 8},
    "pq4": {"codec": "pq", "groups": 8, "bits": 4},
    "residual": {"codec": "residual", "levels": 3},
    "trellis": {"codec": "trellis", "bytes": 8},
    "unit": {"codec": "unit", "inner": {"codec": "residual", "levels": 3}},
    "normed": {"codec": "normed", "inner": {"codec": "trellis", "bytes": 8}},
}


@pytest.fixture(scope="module", params=SPECS)
def fitted(request):
    rng = np.random.default_rng(4)
    x = rng.standard_normal((700, 32), np.float32) @ rng.standard_normal((32, 32), np.float32)
    codec = from_spec(SPECS[request.param])
    state = codec.fit(x, np.ones(len(x), np.float32), rng)
    return codec, state, Codes(codec.encode(state, x)), x


def empty_top(queries, k):
    return np.full((queries, k), -np.inf, np.float32), np.full((queries, k), -1, np.int64)


@pytest.mark.parametrize("level", kernels.levels())
def test_ranked_is_a_scan_and_a_selection(fitted, level):
    codec, state, codes, x = fitted
    queries = np.ascontiguousarray(x[:12] + 1)
    scale = np.random.default_rng(1).random(len(x), np.float32)
    with kernels.use(level):
        prepared, packed = codec.prepare(state, queries), codec.pack(state, codes)
        ours, plain, scores = empty_top(12, 30), empty_top(12, 30), np.empty((12, len(x)), np.float32)
        bound = ranked(codec, prepared, packed, scale, 9, *ours)
        error = codec.scan(prepared, packed, scores)
        kernels.select(scores * scale, 9, *plain)
    # Wrappers multiply the two scales first: one rounding more or less.
    np.testing.assert_allclose(ours[0], plain[0], rtol=1e-6)
    assert np.mean(ours[1] == plain[1]) > 0.99
    assert (np.asarray(bound) > 0).all()
    assert (np.asarray(bound) <= np.asarray(error) * scale.max() * np.float32(1 + 1e-5)).all()


def ranked_exactly(codec, state, codes, queries, scale):
    return (queries.astype(np.float64) @ codec.decode(state, codes).T.astype(np.float64)) * scale


def test_the_bound_of_ranked_holds(fitted):
    codec, state, codes, x = fitted
    queries, scale = np.ascontiguousarray(x[:9]), np.full(len(x), 0.5, np.float32)
    top = empty_top(9, len(x))
    bound = np.broadcast_to(ranked(codec, codec.prepare(state, queries), codec.pack(state, codes), scale, 0, *top), 9)
    exact = np.take_along_axis(ranked_exactly(codec, state, codes, queries, scale), top[1], axis=1)
    assert (np.abs(top[0] - exact).max(axis=1) <= bound).all()


def test_what_cannot_be_ranked_says_so_and_writes_nothing(fitted):
    x = fitted[3]
    rng = np.random.default_rng(0)
    for spec, queries in (({"codec": "half"}, 9), ({"codec": "unit", "inner": {"codec": "half"}}, 9), ({"codec": "trellis", "bytes": 8}, 2)):
        codec = from_spec(spec)
        state = codec.fit(x, np.ones(len(x), np.float32), rng)
        top = empty_top(queries, 5)
        packed = codec.pack(state, Codes(codec.encode(state, x)))
        assert ranked(codec, codec.prepare(state, x[:queries].copy()), packed, np.ones(len(x), np.float32), 0, *top) is None
        assert (top[1] == -1).all()


def test_search_is_the_same_whether_rows_are_hidden_or_not(fitted):
    """Blocks that hide nothing are ranked in one, others are scanned: both give the exact list over the codes."""
    codec, state, codes, x = fitted
    table = Table(x.shape[1], False, np.arange(len(x)), (Segment(codec, state, codes, 0),))
    searcher, queries = Searcher(table, block=128, workers=1), np.ascontiguousarray(x[:11] + 1)
    exact = queries.astype(np.float64) @ table.decode(np.arange(len(x))).T.astype(np.float64)
    barred = Rows(np.arange(12) * 2, np.tile(np.argsort(-exact[0])[:2], 11))
    allow = np.ones(len(x), np.bool_)
    allow[130:140] = False
    for exclude, mask in ((None, None), (barred, None), (None, allow), (barred, allow)):
        found = searcher.search(queries, 20, exclude=exclude, allow=mask)
        wanted = exact.copy()
        if exclude is not None:
            wanted[:, exclude.values[:2]] = -np.inf
        if mask is not None:
            wanted[:, ~mask] = -np.inf
        best = np.sort(wanted, axis=1)[:, ::-1][:, :20]
        np.testing.assert_allclose(found.scores, best, rtol=2e-4, atol=2e-4)
        np.testing.assert_allclose(np.take_along_axis(wanted, found.rows, axis=1), best, rtol=2e-4, atol=2e-4)
