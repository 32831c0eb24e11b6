"""The length of an artifact is known before it is written."""

from dataclasses import replace

import numpy as np
import pytest

from rankfold.calibration import Calibration
from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.store import artifact_bytes, save
from rankfold.vectors import as_vectors


def on_disk(folder):
    return sum(file.stat().st_size for file in folder.iterdir())


@pytest.mark.parametrize("spec", [{"codec": "half"}, {"codec": "pq", "groups": 4}, {"codec": "trellis", "bytes": 6}])
def test_it_is_the_sum_of_the_files(tmp_path, spec):
    rng = np.random.default_rng(0)
    ids = [f"item-{row}" for row in range(400)]
    table = compress(as_vectors(rng.standard_normal((400, 16)).astype(np.float32), ids, space="model-ü"), from_spec(spec))
    table = table.add(as_vectors(rng.standard_normal((3, 16)).astype(np.float32), ["x", "y", "z"])).remove(["item-3"])
    details = {"seed": 0, "asked": "16x"}
    assert artifact_bytes(table, note="a note", details=details) == on_disk(save(table, tmp_path / "store", note="a note", details=details))


def test_a_calibration_counts(tmp_path):
    rng = np.random.default_rng(0)
    plain = compress(as_vectors(rng.standard_normal((50, 8)).astype(np.float32)), from_spec({"codec": "half"}))
    arrays = {"slope": np.ones(1, np.float32), "offset": np.zeros(1, np.float32)}
    table = replace(plain, calibration=Calibration("linear", "scores", ("all",), arrays))
    assert artifact_bytes(table) == on_disk(save(table, tmp_path / "store")) > artifact_bytes(plain)
