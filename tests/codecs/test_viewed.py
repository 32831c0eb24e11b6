import numpy as np
import pytest

from rankfold.codec import describe, fit_codec, glance
from rankfold.codecs import from_spec
from rankfold.codecs.half import Half
from rankfold.codecs.normed import Normed
from rankfold.codecs.scalar import Scalar
from rankfold.codecs.trellis import Trellis
from rankfold.codecs.viewed import BYTES_A_ROW, MOST_GAIN, Viewed
from rankfold.codes import Codes, inside
from rankfold.errors import SpecError


@pytest.fixture
def narrow(gaussian):
    """narrow(count, dim, seed=0) -> queries that look mostly in the first 4 directions of a rotation."""

    def some(count, dim, seed=0):
        turn = np.linalg.qr(gaussian(dim, dim, 99))[0]
        return ((gaussian(count, dim, seed + 7) * np.where(np.arange(dim) < 4, 1, 0.1)) @ turn).astype(np.float32)

    return some


def fitted(one, x, queries=None):
    state = fit_codec(one, x, np.ones(len(x), np.float32), np.random.default_rng(0), queries)
    return state, Codes(one.encode(state, x))


def test_the_metric_is_the_power_of_the_second_moment_that_was_asked_for(gaussian):
    # Queries along the axes, so many times each that the moments are 16, 4 and 1 to 1 against each other.
    queries = np.repeat(np.eye(8, dtype=np.float32), [16, 4, 1, 1, 1, 1, 1, 1], axis=0) * np.random.default_rng(0).uniform(1, 9, (26, 1)).astype(np.float32)
    for power, first, second in ((1.0, 4, 2), (0.5, 2, 2**0.5), (0.0, 1, 1)):
        one = Viewed(Half(), power=power, rank=2)
        state, codes = fitted(one, gaussian(50, 8), queries)
        expected = np.diag([first, second, 1, 1, 1, 1, 1, 1])
        metric = one.metric(state)
        assert np.allclose(metric, expected, atol=1e-6) if power else metric.size == 0
        assert np.allclose(Half().decode(inside(state), Codes(inside(codes.columns))), gaussian(50, 8) @ expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("power", [0.25, 1.0])
def test_decoding_undoes_the_metric_exactly_though_its_axes_are_rounded(gaussian, narrow, power):
    x, one = gaussian(300, 40), Viewed(Half(), power=power, rank=24)
    state, codes = fitted(one, x, narrow(500, 40))
    axes = state["axes"].astype(np.float64) * state["step"][:, None]
    assert state["axes"].dtype == np.int8 and len(axes) >= 4
    assert 1e-5 < np.abs(axes @ axes.T - np.eye(len(axes))).max() < 0.1
    assert np.linalg.norm(one.metric(state), 2) > 1.3
    # Halves in the stretched space, so errors of 2^-11 there; the inverse itself adds nothing that can be seen beside them.
    stretched = Half().decode(inside(state), Codes(inside(codes.columns))).astype(np.float64)
    assert np.allclose(one.decode(state, codes), stretched @ np.linalg.inv(one.metric(state)), atol=1e-5)
    assert np.allclose(one.decode(state, codes), x, atol=5e-3)


def test_prepared_queries_meet_stretched_rows(gaussian, narrow):
    x, one = gaussian(200, 24), Viewed(Scalar(2), power=1.0)
    state, codes = fitted(one, x, narrow(300, 24))
    queries = gaussian(5, 24, 3)
    out = np.empty((5, 200), np.float32)
    prepared = one.prepare(state, queries)
    bound = one.scan(prepared, one.pack(state, codes), out)
    exact = queries @ one.decode(state, codes).T
    assert (np.abs(out - exact) <= np.broadcast_to(bound, 5)[:, None] + 1e-5).all()
    assert np.allclose(one.score(state, prepared, np.arange(200) % 5, codes), exact[np.arange(200) % 5, np.arange(200)], atol=1e-4)


def test_scores_of_queries_in_few_directions_are_nearer_and_their_lists_kept(gaussian, narrow, agreement):
    x, asked, later = gaussian(2000, 32), narrow(400, 32), narrow(200, 32, seed=1)
    decoded = {}
    for name, one in {"plain": Normed(Trellis(8)), "viewed": Viewed(Normed(Trellis(8)), power=0.5)}.items():
        state, codes = fitted(one, x, asked)
        decoded[name] = one.decode(state, codes)
        assert codes.row_bytes == one.row_bytes(32) == 9
    errors = {name: float(np.square(later @ (rows - x).T).mean()) for name, rows in decoded.items()}
    assert errors["viewed"] < 0.5 * errors["plain"]
    assert agreement(later, x, decoded["viewed"]) > agreement(later, x, decoded["plain"]) + 0.1


@pytest.mark.parametrize("queries", [None, np.zeros((5, 16), np.float32), np.eye(16, dtype=np.float32)])
def test_without_queries_or_with_such_that_look_everywhere_rows_are_coded_as_they_are(gaussian, queries):
    x = gaussian(100, 16)
    state, codes = fitted(Viewed(Scalar(4)), x, queries)
    plain, plain_codes = fitted(Scalar(4), x)
    assert inside(state).keys() == plain.keys() and len(state) == len(plain)
    assert all(np.array_equal(codes[f"inner.{name}"], column) for name, column in plain_codes.columns.items())


def test_directions_take_few_bytes_of_small_tables(gaussian, narrow):
    state, _ = fitted(Viewed(Half()), gaussian(100, 64), narrow(300, 64))
    assert len(state["axes"]) == BYTES_A_ROW * 100 // 64
    state, _ = fitted(Viewed(Half(), rank=3), gaussian(1000, 64), narrow(300, 64))
    assert state["axes"].shape == (3, 64)
    state, _ = fitted(Viewed(Half()), gaussian(100, 1), narrow(300, 8)[:, :1])
    assert "axes" not in state


def test_queries_all_alike_leave_something_for_the_rest(gaussian):
    one = Viewed(Half(), power=1.0)
    x = gaussian(100, 16)
    state, codes = fitted(one, x, np.repeat(gaussian(1, 16, 5), 40, axis=0))
    assert np.linalg.norm(one.metric(state), 2) == pytest.approx(MOST_GAIN, rel=0.01)
    assert np.allclose(one.decode(state, codes), x, atol=0.05)


@pytest.mark.parametrize("scale", [1e-20, 1e20])
def test_the_scale_of_queries_does_not_matter(gaussian, narrow, scale):
    queries = narrow(300, 16)
    states = [fitted(Viewed(Half()), gaussian(100, 16), queries * np.float32(by))[0] for by in (1, scale)]
    assert np.abs(states[0]["axes"].astype(int) - states[1]["axes"]).max() <= 1
    assert np.allclose(states[0]["gain"], states[1]["gain"], rtol=1e-3)


def test_queries_reach_it_through_every_wrapper(gaussian, narrow):
    x, queries = gaussian(200, 16), narrow(300, 16)
    viewed = {"codec": "viewed", "inner": {"codec": "half"}}
    for spec in (
        {"codec": "normed", "inner": viewed},
        {"codec": "unit", "inner": viewed},
        {"codec": "rotated", "inner": viewed},
        {"codec": "reduced", "dims": 8, "centre": True, "inner": viewed},
        {"codec": "pruned", "keep": 12, "inner": viewed},
        {"codec": "layered", "coarse": viewed, "fine": {"codec": "half"}},
        {"codec": "viewed", "power": 0.1, "inner": viewed},
    ):
        one = from_spec(spec)
        state, codes = fitted(one, x, queries)
        own = [name for name in state if name.endswith("axes") and state[name].dtype == np.int8]
        assert own and any(name.startswith(("inner.", "coarse.")) for name in own), describe(one)
        assert np.isfinite(one.decode(state, codes)).all()


def test_the_coarse_level_is_seen_the_same_way(gaussian, narrow):
    one = from_spec({"codec": "viewed", "inner": {"codec": "layered", "coarse": {"codec": "residual", "levels": 2}, "fine": {"codec": "trellis", "bytes": 4}}})
    state, codes = fitted(one, gaussian(400, 16), narrow(300, 16))
    coarse, coarse_state, coarse_codes = glance(one, state, codes)
    assert np.allclose(coarse.metric(coarse_state), one.metric(state))
    left = np.square(coarse.decode(coarse_state, coarse_codes) - gaussian(400, 16)).mean()
    assert np.square(one.decode(state, codes) - gaussian(400, 16)).mean() < left < np.square(gaussian(400, 16)).mean()
    assert glance(Viewed(Half()), *fitted(Viewed(Half()), gaussian(40, 16))) is None


def test_settings_outside_their_range_are_refused():
    for settings in ({"power": -0.1}, {"power": 1.5}, {"rank": 0}):
        with pytest.raises(SpecError, match=next(iter(settings))):
            Viewed(Half(), **settings)
