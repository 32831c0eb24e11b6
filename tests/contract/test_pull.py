"""Every codec that says how its arrays act on decoded rows says it truly: against finite differences of `decode`."""

import numpy as np
import pytest

from rankfold import codecs
from rankfold.codec import pulled
from rankfold.codes import Codes
from rankfold.distillation.pupils import rounded
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
    {"codec": "unit", "inner": {"codec": "trellis", "bytes": 3, "window": 6, "rotation": "pca"}},
    {"codec": "unit", "inner": {"codec": "trellis", "bytes": 4, "rotation": "random"}},
    {"codec": "layered", "coarse": {"codec": "sign"}, "fine": {"codec": "scalar", "bits": 2}},
    {"codec": "pruned", "keep": 8, "inner": {"codec": "scalar", "bits": 3}},
    {"codec": "reduced", "dims": 8, "inner": {"codec": "scalar", "bits": 1}},
]
CASES = [case for case in samples.cases() if hasattr(case[0], "pull") and case[1] == 16]
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
    nothing = codec.pull(state, codes, np.zeros_like(gradient))
    for name, slope in slopes.items():
        assert not nothing[name].any()
        start = state[name].astype(np.float32)
        assert slope.shape == start.shape and slope.dtype == np.float32 and np.isfinite(slope).all()
        step = rng.standard_normal(start.shape).astype(np.float32) * np.abs(start).mean() * np.float32(0.02)
        ends = [codec.decode({**state, name: start + sign * step}, codes).astype(np.float64) for sign in (1, -1)]
        measured = float(((ends[0] - ends[1]) * gradient).sum()) / 2
        promised = float((slope.astype(np.float64) * step).sum())
        size = float(np.linalg.norm(ends[0] - ends[1]) * np.linalg.norm(gradient)) / 2
        noise = 1e-7 * float(np.linalg.norm(ends[0]) * np.linalg.norm(gradient))
        assert abs(measured - promised) < 2e-3 * size + noise, name


@pytest.mark.parametrize("spec", [{"codec": "trellis", "bytes": 4}, {"codec": "scalar", "bits": 3}, {"codec": "scalar", "bits": 8}])
def test_what_codes_mean_follows_the_arrays_that_moved(spec):
    """Rounded to what is stored, moved arrays decode the same through kernels and without, and rows coded by them come out near themselves."""
    codec = codecs.from_spec(spec)
    state, codes, x = samples.fitted((codec, 16, "unit"))
    rng = np.random.default_rng(1)
    name = "tables" if "tables" in state else "levels"
    start = state[name].astype(np.float32)
    moved = rounded(start + 0.3 * start.std() * rng.standard_normal(start.shape).astype(np.float32), state[name].dtype)
    stored = {**state, name: moved}
    assert np.allclose(codec.decode(stored, codes), codec.decode({**state, name: moved.astype(np.float32)}, codes), atol=1e-5 * np.abs(x).max())
    again = codec.decode(stored, Codes(codec.encode(stored, x)))
    assert np.linalg.norm(again - x) < np.linalg.norm(codec.decode(stored, codes) - x)
