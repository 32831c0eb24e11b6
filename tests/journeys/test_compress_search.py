"""From files to a served list, as a user would: every step a process of its own."""

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import rankfold
from rankfold.cli.app import app

ROOT = Path(rankfold.__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """items.parquet with text ids, users.npy, clicks.parquet: what a trained model leaves behind."""
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    folder = tmp_path_factory.mktemp("journey")
    rng = np.random.default_rng(11)
    centres = rng.standard_normal((20, 24)).astype(np.float32)
    items = centres[rng.integers(0, 20, 800)] + 0.5 * rng.standard_normal((800, 24)).astype(np.float32)
    users = centres[rng.integers(0, 20, 120)] + 0.3 * rng.standard_normal((120, 24)).astype(np.float32)
    ids = [f"sku-{row:04d}" for row in range(800)]
    parquet.write_table(pyarrow.table({"id": ids, "vector": list(items)}), folder / "items.parquet")
    np.save(folder / "users.npy", users)
    best = np.argsort(-(users @ items.T), axis=1)[:, :50]
    clicks = [(user, ids[item], time) for user in range(120) for time, item in enumerate(rng.permutation(best[user])[:15])]
    user, item, when = zip(*clicks, strict=True)
    parquet.write_table(pyarrow.table({"user": user, "item": item, "time": when}), folder / "clicks.parquet")
    return folder


def run(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess:
    done = subprocess.run([sys.executable, "-m", "rankfold", *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr
    assert done.returncode == code, done.stderr
    return done


EVIDENCE = ("--users", "users.npy", "--interactions", "clicks.parquet")


def test_from_files_to_a_report(folder):
    compressed = json.loads(run(folder, "compress", "items.parquet", *EVIDENCE, "--target", "8x", "--space", "run-7", "-o", "v1", "--json").stdout)
    assert compressed["chosen"]["row_bytes"] <= 12
    assert compressed["chosen"]["loss"]["n"] > 20

    assert "whole" in run(folder, "verify", "v1").stdout

    found = json.loads(run(folder, "search", "v1", "--queries", "users.npy", "-k", "7", "--exclude", "clicks.parquet", "--space", "run-7", "--json").stdout)
    assert len(found["results"]) == 120
    assert all(len(result["ids"]) == 7 and result["ids"][0].startswith("sku-") for result in found["results"])

    judged = json.loads(run(folder, "evaluate", "v1", "--against", "items.parquet", *EVIDENCE, "--json").stdout)
    # The same half of the users, the same figures: what compress promised is what evaluate finds.
    for key in ("loss", "fidelity", "buckets", "bytes"):
        assert judged[key] == compressed["chosen"][key]

    run(folder, *shlex.split(compressed["next"])[1:])
    page = (folder / "v1.html").read_text()
    assert compressed["chosen"]["name"] in page
    assert len(page) < 1_000_000

    assert "queries/s" in run(folder, "bench", "v1").stdout


def test_excluded_items_are_never_recommended(folder):
    (folder / "spec.json").write_text('{"codec": "int8"}')
    run(folder, "compress", "items.parquet", "--codec", "spec.json", "-o", "v2")
    found = json.loads(run(folder, "search", "v2", "--queries", "users.npy", "-k", "50", "--exclude", "clicks.parquet", "--json").stdout)
    from pyarrow import parquet

    clicks = parquet.read_table(folder / "clicks.parquet").to_pydict()
    taken = set(zip(clicks["user"], clicks["item"], strict=True))
    assert not any((result["query"], one) in taken for result in found["results"] for one in result["ids"])


def test_a_damaged_byte_is_found(folder):
    (folder / "spec.json").write_text('{"codec": "half"}')
    run(folder, "compress", "items.parquet", "--codec", "spec.json", "-o", "v3")
    victim = next((folder / "v3").glob("*/ids.npy"))
    content = bytearray(victim.read_bytes())
    content[-1] ^= 4
    victim.write_bytes(content)
    assert "ids.npy" in run(folder, "verify", "v3", code=5).stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["compress", "nothing.npy", "--bytes", "8", "-o", "x"], 3),
        (["compress", "clicks.parquet", "--bytes", "8", "-o", "x"], 3),
        (["compress", "items.parquet", "--bytes", "8", "--users", "clicks.parquet", "-o", "x"], 3),
        (["compress", "items.parquet", "--bytes", "8", "--interactions", "clicks.parquet", "-o", "x"], 3),
        (["compress", "items.parquet", "--codec", "users.npy", "-o", "x"], 3),
        (["compress", "items.parquet", "--bytes", "8", "--id-column", "nope", "-o", "x"], 3),
        (["compress", "items.parquet", "--bytes", "8", "-o", "users.npy"], 3),
        (["compress", "items.parquet", "--bytes", "eight", "-o", "x"], 2),
        (["compress", "items.parquet", "-o", "x"], 2),
        (["search", "nothing", "--queries", "users.npy"], 5),
        (["search", "users.npy", "--queries", "users.npy"], 5),
        (["evaluate", "nothing", "--against", "items.parquet"], 5),
        (["verify", "users.npy"], 5),
        (["bench", "nothing"], 5),
        (["inspect", "clicks.parquet"], 3),
        (["report", "users.npy"], 3),
        (["report", "nothing.json"], 3),
        (["demo", "--out", "users.npy"], 5),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_bad_input_is_one_line_and_a_code(folder, monkeypatch, arguments, code):
    monkeypatch.chdir(folder)
    before = sorted(path.name for path in folder.iterdir())
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == code, done.output
    assert isinstance(done.exception, SystemExit)
    assert "error" in done.stderr.lower()
    assert "Traceback" not in done.output
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_damaged_artifact_stops_a_process_with_5(folder):
    assert run(folder, "search", "nothing", "--queries", "users.npy", code=5).stdout == ""


@pytest.mark.skipif(os.name != "posix", reason="terminals")
def test_progress_is_drawn_on_a_terminal_and_stdout_stays_json(folder):
    (folder / "spec.json").write_text('{"codec": "int8"}')
    leader, follower = os.openpty()
    command = [sys.executable, "-m", "rankfold", "compress", "items.parquet", "--codec", "spec.json", "-o", "v4", "--json"]
    with subprocess.Popen(command, cwd=folder, env={**ENVIRONMENT, "TERM": "xterm"}, stdout=subprocess.PIPE, stderr=follower) as process:
        os.close(follower)
        out = process.stdout.read()
        drawn = b""
        with contextlib.suppress(OSError):
            while part := os.read(leader, 65_536):
                drawn += part
    os.close(leader)
    assert process.returncode == 0
    assert json.loads(out)["artifact"]
    assert b"try codecs" in drawn


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_leaves_nothing_visible(folder, tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "items.npy", rng.standard_normal((400_000, 64)).astype(np.float32))
    command = [sys.executable, "-m", "rankfold", "compress", "items.npy", "--bytes", "16", "-o", "v1"]
    process = subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(2.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["items.npy"]
