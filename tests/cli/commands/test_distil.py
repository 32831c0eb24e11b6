"""`rankfold distil`."""

import json
from dataclasses import replace

import numpy as np
import pytest

from rankfold.cli.commands.distil import read_terms
from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.distillation import Terms
from rankfold.errors import InputError
from rankfold.store import load, save
from rankfold.vectors import as_vectors


@pytest.fixture(scope="module")
def spoilt(files, tmp_path_factory):
    """The items in codebooks with noise in them, saved."""
    table = compress(as_vectors(files.items), from_spec({"codec": "residual", "levels": 2, "refits": 1}))
    (segment,) = table.segments
    books = segment.state["inner.books"]
    noise = 0.4 * books.std() * np.random.default_rng(0).standard_normal(books.shape)
    state = {**segment.state, "inner.books": (books + noise).astype(books.dtype)}
    folder = tmp_path_factory.mktemp("spoilt") / "store"
    save(replace(table, segments=(replace(segment, state=state),)), folder)
    return folder


@pytest.fixture
def distil(rankfold, files, spoilt, tmp_path):
    def call(*more, judged=True, store=spoilt):
        evidence = ["--users", files.path("users.npy"), "--interactions", files.path("clicks.csv")] if judged else []
        return rankfold("distil", store, "--against", files.path("items.npy"), "-o", tmp_path / "taught", "--steps", "60", *evidence, *more)

    return call


def test_rows_teach_without_users_and_the_result_is_an_artifact(distil, rankfold, spoilt, tmp_path):
    result = distil("--json", judged=False)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["adopted"] and document["teaching"]["gain"]["low"] > 0
    gain = document["after"]["fidelity"]["overlap@100"]["mean"] - document["before"]["fidelity"]["overlap@100"]["mean"]
    assert gain > 0.02
    assert load(document["artifact"]).nbytes == load(spoilt).nbytes
    assert rankfold("verify", tmp_path / "taught").exit_code == 0


def test_users_teach_and_people_are_told(distil):
    result = distil()
    assert result.exit_code == 0, result.output
    assert "dopted: " in result.stdout and "before" in result.stdout and "ndcg@10" in result.stdout


def test_what_is_not_better_is_not_written(distil, rankfold, files, tmp_path):
    folder = tmp_path / "exact"
    save(compress(as_vectors(files.items[:200].astype(np.float16).astype(np.float32)), from_spec({"codec": "residual", "levels": 1}), norms="raw"), folder)
    np.save(tmp_path / "some.npy", files.items[:200].astype(np.float16).astype(np.float32))
    result = rankfold("distil", folder, "--against", tmp_path / "some.npy", "-o", tmp_path / "taught", "--steps", "5", "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 0 and document["adopted"] is False and document["artifact"] is None and not (tmp_path / "taught").exists()
    assert "untouched" in document["teaching"]["why"]


def test_the_ablation_names_every_variant(distil):
    document = json.loads(distil("--ablation", "--steps", "2", "--json", judged=False).stdout)
    assert [one["name"] for one in document["ablation"]][:3] == ["as given", "without lists", "without rows"]


def test_bad_input_is_refused_before_anything_is_written(distil, files, tmp_path):
    for more, words in ((("--terms", "list=1"), "terms"), (("--terms", "lists=0"), "terms"), (("--calib", "3"), "got 3 that can ask")):
        result = distil(*more)
        assert result.exit_code != 0 and words in result.stderr
    fixed = distil(store=files.path("store"))
    assert fixed.exit_code != 0 and "no fitted array" in fixed.stderr
    assert not (tmp_path / "taught").exists()


def test_terms_are_read():
    assert read_terms(None) == Terms()
    assert read_terms("lists=2, contrast=0.5,temperature=3") == Terms(lists=2, rows=0, contrast=0.5, temperature=3)
    for bad in ("", "lists", "lists=x", "lists=-1", "lists=nan", "lists=1,lists=2", "other=1", "temperature=0,lists=1"):
        with pytest.raises(InputError, match="terms"):
            read_terms(bad)
