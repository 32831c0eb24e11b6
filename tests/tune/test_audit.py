"""The audit counts planted collisions by bucket and sees neighbourhoods that were kept or lost."""

import json

import numpy as np

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.tune.audit import audit
from rankfold.vectors import as_vectors


def test_planted_twins_are_counted_where_they_are():
    x = np.random.default_rng(0).standard_normal((400, 16)).astype(np.float32)
    x[300:350] = x[350:400]
    popularity = np.where(np.arange(400) < 100, 100, 1)
    found = audit(compress(as_vectors(x), from_spec({"codec": "half"})), as_vectors(x), popularity=popularity)
    json.dumps(found, allow_nan=False)
    parts = found["collisions"]["parts"]
    assert parts["all"]["shared"] == 100 and parts["head"]["shared"] == 0 and parts["tail"]["shared"] == 100
    assert found["collisions"]["largest"] == 2 and found["collisions"]["p_value"] < 0.01
    assert found["neighbourhoods"]["overlap"]["mean"] > 0.99 and found["neighbourhoods"]["trustworthiness"]["mean"] > 0.999


def test_a_crude_code_loses_neighbours_in_both_directions():
    x = np.random.default_rng(1).standard_normal((600, 16)).astype(np.float32)
    table = compress(as_vectors(x), from_spec({"codec": "reduced", "dims": 2, "inner": {"codec": "scalar", "bits": 1}}))
    found = audit(table.remove(np.arange(5)), as_vectors(x))
    whole = found["collisions"]["parts"]["all"]
    assert whole["rows"] == 595 and 300 < whole["shared"] < 595 and found["collisions"]["p_value"] is None
    kept = found["neighbourhoods"]
    assert kept["overlap"]["mean"] < 0.3 and kept["trustworthiness"]["mean"] < 0.9 and kept["continuity"]["mean"] < 0.95


def test_few_rows_have_no_neighbourhoods():
    x = np.random.default_rng(2).standard_normal((30, 8)).astype(np.float32)
    assert audit(compress(as_vectors(x), from_spec({"codec": "half"})), as_vectors(x))["neighbourhoods"] is None
