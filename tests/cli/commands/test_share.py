"""`rankfold share`."""

import json

import numpy as np
import pytest

from rankfold.store import load, verify


@pytest.fixture
def tables(tmp_path):
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((20, 8))
    for name in ("books", "films"):
        np.save(tmp_path / f"{name}.npy", (centres[rng.integers(0, 20, 400)] + 0.3 * rng.standard_normal((400, 8))).astype(np.float32))
    (tmp_path / "pq.json").write_text(json.dumps({"codec": "pq", "groups": 4}))
    return tmp_path


def test_tables_share_and_stay_ordinary(rankfold, tables):
    given = (tables / "books.npy", tables / "films.npy", "--codec", tables / "pq.json", "--limit", "0.1", "-o", tables / "out")
    result = rankfold("share", *given, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["groups"] == [["books", "films"]] and told["saved"] == pytest.approx(0.5, abs=0.02) and told["freed_bytes"] > 0
    for name in ("books", "films"):
        assert verify(tables / "out" / name) == [] and load(tables / "out" / name).count == 400
    plain = rankfold("share", *given)
    assert "shared by books, films" in plain.stdout and "saved" in plain.stdout


def test_wrong_use_writes_nothing(rankfold, tables):
    same = rankfold("share", tables / "books.npy", tables / "books.npy", "--codec", tables / "pq.json", "-o", tables / "out")
    assert same.exit_code == 3 and "differ" in same.stderr and not (tables / "out").exists()
    one = rankfold("share", tables / "books.npy", "--codec", tables / "pq.json", "-o", tables / "out")
    assert one.exit_code == 3 and "at least two" in one.stderr and not (tables / "out").exists()
    two = (tables / "books.npy", tables / "films.npy", "--codec", tables / "pq.json")
    file = rankfold("share", *two, "-o", tables / "pq.json")
    assert file.exit_code == 3 and "pq.json: is a file; expected a folder" in file.stderr
