"""Stages compose: every pair of them, and random pipelines, code, store and scan as one codec does (needs A3 and A21)."""

import json
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.codec import to_spec
from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.search import Searcher
from rankfold.store import load, save
from rankfold.vectors import as_vectors

DIM = 32
WRAPPERS = {
    "rotated": {"codec": "rotated", "kind": "random"},
    "turned": {"codec": "rotated", "kind": "pca"},
    "reduced": {"codec": "reduced", "dims": 16},
    "leading": {"codec": "reduced", "dims": 16, "method": "leading"},
    "pruned": {"codec": "pruned", "keep": 16},
    "blocks": {"codec": "pruned", "keep": 16, "by": "blocks", "block": 8},
    "normed": {"codec": "normed"},
    "unit": {"codec": "unit"},
}
LEAVES = {
    "half": {"codec": "half"},
    "int8": {"codec": "int8"},
    "scalar": {"codec": "scalar", "bits": 3},
    "sign": {"codec": "sign"},
    "pq": {"codec": "pq", "groups": 4},
    "residual": {"codec": "residual", "levels": 2, "refits": 1},
    "largest": {"codec": "largest", "keep": 6},
    "layered": {"codec": "layered", "coarse": {"codec": "residual", "levels": 1, "refits": 1}, "fine": {"codec": "scalar", "bits": 2}},
}
HALVES = {"reduced", "leading", "pruned", "blocks"}


def pipeline(stages: tuple[str, ...], leaf: str) -> dict:
    """Wrappers outside in; each one that halves the dimensions halves what those inside it see."""
    dims, specs = DIM, []
    for stage in stages:
        spec = dict(WRAPPERS[stage])
        if stage in HALVES:
            dims //= 2
            spec["dims" if spec["codec"] == "reduced" else "keep"] = dims
            if "block" in spec:
                spec["block"] = max(1, dims // 2)
        specs.append(spec)
    inner = dict(LEAVES[leaf])
    if leaf == "largest":
        inner["keep"] = min(6, dims)
    return reduce(lambda held, spec: spec | {"inner": held}, reversed(specs), inner)


def sound(spec: dict, folder, seed: int = 0) -> None:
    """Bytes are as promised, the stored table is the same, and search gives the decoded rows' own top list."""
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal((300, DIM)) * rng.lognormal(0, 0.5, (300, 1))).astype(np.float32)
    codec = from_spec(spec)
    assert from_spec(json.loads(json.dumps(to_spec(codec)))) == codec
    table = compress(as_vectors(x), codec, norms="raw")
    assert table.segments[0].codes.row_bytes == codec.row_bytes(DIM)
    again = load(save(table, folder), check="digests")
    decoded = again.decode()
    np.testing.assert_array_equal(decoded, table.decode())
    queries = rng.standard_normal((3, DIM)).astype(np.float32)
    found = Searcher(again, workers=1).search(queries, 5)
    exact = -np.sort(-(queries.astype(np.float64) @ decoded.T.astype(np.float64)), axis=1)[:, :5]
    scale = np.linalg.norm(queries, axis=1, keepdims=True) * np.linalg.norm(decoded, axis=1).max()
    assert (np.abs(found.scores - exact) <= 1e-4 * scale + 1e-12).all()


@pytest.mark.parametrize("inner", [*WRAPPERS, *LEAVES])
@pytest.mark.parametrize("outer", WRAPPERS)
def test_every_pair_of_stages(outer, inner, tmp_path):
    spec = pipeline((outer,), inner) if inner in LEAVES else pipeline((outer, inner), "int8")
    sound(spec, tmp_path)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(sorted(WRAPPERS)), min_size=2, max_size=4), st.sampled_from(sorted(LEAVES)), st.integers(0, 1000))
def test_fifty_random_pipelines(tmp_path_factory, stages, leaf, seed):
    # Two halvings at most: 32 dimensions become 8, which four groups can still cut.
    halving = [stage for stage in stages if stage in HALVES]
    if len(halving) > 2:
        stages = [stage for stage in stages if stage not in HALVES] + halving[:2]
    sound(pipeline(tuple(stages), leaf), tmp_path_factory.mktemp("pipeline"), seed)
