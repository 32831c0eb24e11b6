"""Terms of the loss: gradients against finite differences, masks, known answers."""

from dataclasses import replace

import numpy as np
import pytest

from rankfold.distillation.terms import Batch, Terms, loss
from rankfold.errors import InputError

NAMES = list(Terms().weights())


def only(name, temperature=1.0):
    return Terms(**{one: float(one == name) for one in NAMES}, temperature=temperature)


@pytest.fixture
def batch():
    rng = np.random.default_rng(1)
    queries, exact = (rng.standard_normal((count, 6)).astype(np.float32) for count in (5, 20))
    hidden = rng.random((5, 20)) < 0.2
    scores = np.where(hidden, -np.inf, queries @ exact.T)
    order = np.argsort(-scores, axis=1)[:, :8]
    listed = np.zeros((5, 20), bool)
    np.put_along_axis(listed, order, True, axis=1)
    first = order[:, :3].copy()
    first[0, 2] = -1
    energy = queries.T @ queries
    return Batch(
        queries,
        exact,
        exact + 0.3 * rng.standard_normal(exact.shape).astype(np.float32),
        hidden,
        first,
        listed,
        rng.uniform(0.5, 2, 5).astype(np.float32),
        rng.uniform(0.5, 1.5, 20).astype(np.float32),
        (energy * 6 / np.trace(energy)).astype(np.float32),
    )


@pytest.mark.parametrize("name", NAMES)
def test_gradient_is_that_of_the_value(batch, name):
    terms = only(name, 0.7)
    wide = replace(batch, **{field: getattr(batch, field).astype(np.float64) for field in ("queries", "exact", "decoded", "spread", "weight", "energy")})
    _, gradient = loss(terms, wide)
    rng = np.random.default_rng(2)
    for _ in range(5):
        step = rng.standard_normal(batch.decoded.shape)
        ends = [loss(terms, replace(wide, decoded=wide.decoded + sign * 1e-5 * step))[0] for sign in (1, -1)]
        assert (ends[0] - ends[1]) / 2e-5 == pytest.approx(float((gradient * step).sum()), rel=2e-3, abs=1e-6)


@pytest.mark.parametrize("name", ["lists", "rows", "directions", "neighbours"])
def test_the_exact_rows_need_no_change(batch, name):
    value, gradient = loss(only(name), replace(batch, decoded=batch.exact))
    assert value == pytest.approx(0, abs=1e-6) and np.abs(gradient).max() < 1e-6


def test_each_term_pulls_a_wrong_row(batch):
    for name in NAMES:
        value, gradient = loss(only(name), batch)
        assert value > 0 and gradient.any(), name


def test_what_every_query_has_seen_is_not_pulled_by_lists(batch):
    hidden = batch.hidden.copy()
    unlisted = int(np.flatnonzero(~batch.listed.any(axis=0))[0])
    hidden[:, unlisted] = True
    for name in ("lists", "contrast", "triplet"):
        assert not loss(only(name), replace(batch, hidden=hidden))[1][unlisted].any()


def test_lengths_of_queries_and_rows_do_not_matter(batch):
    big = replace(batch, queries=batch.queries * 100, spread=batch.spread * 100 * 7, exact=batch.exact * 7, decoded=batch.decoded * 7)
    for name in NAMES:
        assert loss(only(name), big)[0] == pytest.approx(loss(only(name), batch)[0], rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [1e-20, 1e-12, 1e12])
def test_tiny_and_huge_rows_pull_as_much(batch, name, size):
    scaled = replace(batch, **{part: getattr(batch, part) * np.float32(size) for part in ("exact", "decoded", "spread")})
    value, gradient = loss(only(name), batch)
    other, pulled = loss(only(name), scaled)
    assert other == pytest.approx(value, rel=1e-4)
    assert np.allclose(pulled.astype(np.float64) * size, gradient, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", ["rows", "directions", "neighbours"])
def test_a_decoding_that_is_far_from_tiny_rows_pulls_without_overflow(batch, name):
    exact = batch.exact * np.float32(1e-30)
    with np.errstate(over="raise", invalid="raise"):
        gradient = loss(only(name), replace(batch, exact=exact))[1]
    assert np.isfinite(gradient).all() and gradient.any()


def test_weights_add_up(batch):
    both = loss(Terms(lists=2.0, rows=3.0), batch)
    assert both[0] == pytest.approx(2 * loss(only("lists"), batch)[0] + 3 * loss(only("rows"), batch)[0], rel=1e-5)


def test_a_query_without_rivals_or_positives(batch):
    lonely = replace(batch, listed=np.ones_like(batch.listed), first=np.full_like(batch.first, -1))
    for name in ("contrast", "triplet", "neighbours"):
        value, gradient = loss(only(name), lonely)
        assert value == 0 and not gradient.any()


def test_rows_of_zeros_have_no_error(batch):
    exact = batch.exact.copy()
    exact[3] = 0
    for name in ("rows", "directions"):
        assert np.isfinite(loss(only(name), replace(batch, exact=exact))[1]).all()


@pytest.mark.parametrize("bad", [{"lists": -1}, {"rows": np.inf}, {"lists": np.nan}, {"lists": 0, "rows": 0}, {"temperature": 0}, {"temperature": np.nan}])
def test_bad_weights(bad):
    with pytest.raises(InputError, match="terms"):
        Terms(**bad)
