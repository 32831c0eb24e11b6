"""Every codec that says how its arrays act on decoded rows says it truly: against finite differences of `decode`."""

import numpy as np
import pytest

from rankfold import codecs
from rankfold.codec import pulled
from tests.contract import samples

LEVELS = {"codec": "residual", "levels": 2}
WRAPPED = [
    {"codec": "normed", "inner": LEVELS},
    {"codec": "rotated", "inner": LEVELS},
    {"codec": "rotated", "kind": "pca", "inner": LEVELS},
    {"codec": "pruned", "keep": 8, "inner": LEVELS},
    {"codec": "reduced", "dims": 8, "inner": LEVELS},
    {"codec": "reduced", "dims": 8, "centre": True, "inner": LEVELS},
    {"codec": "reduced", "dims": 8, "method": "leading", "inner": LEVELS},
    {"codec": "unit", "inner": {"codec": "pq", "groups": 4}},
    {"codec": "normed", "inner": {"codec": "layered", "coarse": LEVELS, "fine": {"codec": "trellis", "bytes": 4}}},
]
CASES = [case for case in samples.cases() if hasattr(case[0], "pull") and case[1] in samples.SMALL_DIMS]
MOVING = [(codecs.from_spec(spec), 16, kind) for spec in [LEVELS, *WRAPPED] for kind in samples.KINDS]
CASES += MOVING


def test_a_codec_with_nothing_to_move_says_so():
    still = samples.fitted((codecs.from_spec({"codec": "normed", "inner": {"codec": "int8"}}), 16, "unit"))
    assert pulled(codecs.from_spec({"codec": "normed", "inner": {"codec": "int8"}}), *still[:2], np.ones((samples.ROWS, 16), np.float32)) == {}
    assert pulled(codecs.from_spec({"codec": "half"}), {}, still[1], np.ones((samples.ROWS, 16), np.float32)) == {}


@pytest.mark.parametrize("case", CASES, ids=samples.label)
def test_pull_is_the_adjoint_of_decode(case):
    codec, dim, _ = case
    state, codes, _ = samples.fitted(case)
    rng = np.random.default_rng(3)
    gradient = rng.standard_normal((codes.count, dim)).astype(np.float32)
    slopes = codec.pull(state, codes, gradient)
    assert set(slopes) <= set(state) and (slopes or case not in MOVING)
    for name, slope in slopes.items():
        start = state[name].astype(np.float32)
        assert slope.shape == start.shape and slope.dtype == np.float32 and np.isfinite(slope).all()
        step = rng.standard_normal(start.shape).astype(np.float32) * np.abs(start).mean() * np.float32(0.02)
        ends = [codec.decode({**state, name: start + sign * step}, codes).astype(np.float64) for sign in (1, -1)]
        measured = float(((ends[0] - ends[1]) * gradient).sum()) / 2
        promised = float((slope.astype(np.float64) * step).sum())
        size = float(np.linalg.norm(ends[0] - ends[1]) * np.linalg.norm(gradient)) / 2
        assert abs(measured - promised) < 2e-3 * size, name


@pytest.mark.parametrize("case", CASES, ids=samples.label)
def test_no_gradient_pulls_nothing(case):
    codec, dim, _ = case
    state, codes, _ = samples.fitted(case)
    for slope in codec.pull(state, codes, np.zeros((codes.count, dim), np.float32)).values():
        assert not slope.any()
