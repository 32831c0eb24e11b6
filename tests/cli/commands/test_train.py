"""`rankfold train`."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from rankfold.errors import MissingExtra  # noqa: E402
from rankfold.store import load  # noqa: E402
from rankfold.training import device  # noqa: E402

QUICK = ("--dictionary", "64", "--nonzeros", "3", "--steps", "10", "--batch", "64", "--rate", "0.02")


@pytest.fixture
def files(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RANKFOLD_WORKERS", "1")
    rng = np.random.default_rng(0)
    np.save("items.npy", rng.standard_normal((300, 12)).astype(np.float32))
    np.save("users.npy", rng.standard_normal((20, 12)).astype(np.float32))
    (tmp_path / "events.csv").write_text("user,item\n" + "".join(f"{user},{3 * user}\n" for user in range(20)))
    return tmp_path


def test_an_artifact_that_searches(rankfold, files):
    result = rankfold("train", "items.npy", "-o", "store", *QUICK)
    assert result.exit_code == 0, result.stderr
    assert "Trained 64 atoms on 285 rows in 10 steps." in result.stdout and "agreement@10" in result.stdout
    table = load(files / "store")
    assert table.count == 300 and table.segments[0].codec.name == "sparse" and table.segments[0].state["atoms"].shape == (64, 12)
    found = rankfold("search", "store", "--queries", "users.npy", "-k", "3")
    assert found.exit_code == 0, found.stderr
    assert result.stderr == ""


def test_users_a_checkpoint_and_json(rankfold, files):
    arguments = ("train", "items.npy", "-o", "store", *QUICK, "--users", "users.npy", "--interactions", "events.csv", "--checkpoint", "a.npz", "--json")
    first = json.loads(rankfold(*arguments).stdout)
    assert [one["step"] for one in first["curve"]] == list(range(1, 11)) and first["trained_rows"] == 285
    again = json.loads(rankfold(*arguments).stdout)
    assert again["artifact"] == first["artifact"] and again["curve"] == first["curve"]
    assert [one["number"] for one in first["rounds"]] == [0, 1, 2, 3, 4] and sum(one["kept"] for one in first["rounds"]) == 1
    assert json.loads(rankfold(*arguments, "--rounds", "0").stdout)["rounds"] == []


def test_the_published_recipe_with_its_encoder(rankfold, files):
    result = rankfold("train", "items.npy", "-o", "store", *QUICK, "--recipe", "published", "--encoder", "topk")
    assert result.exit_code == 0, result.stderr
    state = load(files / "store").segments[0].state
    assert not np.array_equal(state["encoder"], state["atoms"]) and state["bias"].any()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "bytes, nonzeros: got neither"),
        (("--nonzeros", "13", "--dictionary", "64"), "nonzeros: got 13; expected 1 to 12"),
        (("--nonzeros", "3", "--dictionary", "512"), "dictionary: got 512 atoms for 300 rows"),
        (("--nonzeros", "3", "--recipe", "mine"), "expected rankfold or published"),
        (("--nonzeros", "3", "--interactions", "events.csv"), "without --users"),
        (("--nonzeros", "3", "--dictionary", "64", "--device", "abacus"), "device: got 'abacus'"),
        (("--nonzeros", "3", "--dictionary", "64", "--rate", "7"), "rate: got 7.0"),
        (("--nonzeros", "3", "--dictionary", "64", "--checkpoint", "items.npy"), "no whole checkpoint"),
    ],
)
def test_what_is_refused(rankfold, files, arguments, words):
    result = rankfold("train", "items.npy", "-o", "store", *arguments)
    assert result.exit_code != 0 and words in result.stderr
    assert not (files / "store").exists()


def test_without_torch_one_line_names_the_command(rankfold, files, monkeypatch):
    def missing():
        raise MissingExtra("torch", "train")

    monkeypatch.setattr(device, "load_torch", missing)
    result = rankfold("train", "items.npy", "-o", "store", *QUICK)
    assert result.exit_code != 0 and 'pip install "rankfold[train]"' in result.stderr and len(result.stderr.splitlines()) == 1
