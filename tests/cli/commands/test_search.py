"""`rankfold search`."""

import json

import numpy as np
import pytest

from rankfold.cli import searchspeed
from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.vectors import as_vectors


def exact(files, k: int) -> np.ndarray:
    scores = files.users @ files.table.decode().T
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


def test_results_are_the_exact_lists_of_the_decoded_rows(rankfold, files):
    result = rankfold("search", files.path("store"), "--queries", files.path("users.npy"), "-k", 5)
    assert result.exit_code == 0
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert len(lines) == len(files.users) * 5
    assert [int(line[1]) for line in lines] == exact(files, 5).ravel().tolist()
    assert [int(line[0]) for line in lines[:6]] == [0, 0, 0, 0, 0, 1]


def test_json_holds_the_same(rankfold, files):
    document = json.loads(rankfold("search", files.path("store"), "--queries", files.path("users.npy"), "-k", 3, "--json").stdout)
    assert document["k"] == 3
    assert [result["ids"] for result in document["results"]] == exact(files, 3).tolist()
    assert all(len(result["scores"]) == 3 for result in document["results"])


def test_excluded_items_are_not_returned(rankfold, files, tmp_path):
    first = exact(files, 1)[:, 0]
    (tmp_path / "seen.csv").write_text("user,item\n" + "".join(f"{user},{item}\n" for user, item in enumerate(first)) + "9999,1\n")
    result = rankfold("search", files.path("store"), "--queries", files.path("users.npy"), "-k", 1, "--exclude", tmp_path / "seen.csv", "--json")
    found = [result["ids"][0] for result in json.loads(result.stdout)["results"]]
    assert found == exact(files, 2)[:, 1].tolist()


def test_another_space_is_refused(rankfold, files):
    result = rankfold("search", files.path("store"), "--queries", files.path("users.npy"), "--space", "model-2", "--json")
    assert result.exit_code == 3
    assert "model-2" in json.loads(result.stdout)["error"]["message"]


def test_a_second_artifact_reorders(rankfold, files):
    result = rankfold("search", files.path("store"), "--queries", files.path("users.npy"), "-k", 4, "--rerank", files.path("store"), "--json")
    assert [result["ids"] for result in json.loads(result.stdout)["results"]] == exact(files, 4).tolist()


@pytest.mark.parametrize("more", [["-k", "0"], ["-k", "x"]])
def test_wrong_usage(rankfold, files, more):
    assert rankfold("search", files.path("store"), "--queries", files.path("users.npy"), *more).exit_code == 2


def test_more_places_than_rows_cost_nothing(rankfold, files):
    result = rankfold("search", files.path("store"), "--queries", files.path("users.npy"), "-k", 10**24, "--json")
    assert {len(one["ids"]) for one in json.loads(result.stdout)["results"]} == {600}


def test_refining_two_level_codes(rankfold, files, tmp_path, monkeypatch):
    spec = {"codec": "layered", "coarse": {"codec": "residual", "levels": 2, "refits": 1}, "fine": {"codec": "scalar", "bits": 2}}
    table = compress(as_vectors(files.table.decode()), from_spec(spec), out=tmp_path / "two")
    results = [
        json.loads(rankfold("search", tmp_path / "two", "--queries", files.path("users.npy"), "-k", 4, "--json", *more).stdout)["results"]
        for more in ((), ("--refine", table.count))
    ]
    assert [one["ids"] for one in results[0]] == [one["ids"] for one in results[1]]
    refused = rankfold("search", files.path("store"), "--queries", files.path("users.npy"), "--refine", 10)
    assert refused.exit_code == 3 and "has no coarse level" in refused.stderr
    monkeypatch.setattr(searchspeed, "SECONDS", 0.02)
    timed = json.loads(rankfold("bench", tmp_path / "two", "--refine", 20, "--queries", files.path("users.npy"), "--json").stdout)
    assert timed["refine"] == 20 and timed["bytes_per_query"] == 600 * 3 + 20 * 8


def test_only_rows_of_the_wanted_attributes_are_returned(rankfold, files, tmp_path):
    kind = np.arange(files.table.count) % 4
    lines = [f"{one},{'abcd'[kind[row]]},{row}" for row, one in enumerate(files.table.ids)]
    (tmp_path / "items.csv").write_text("item_id,kind,year\n" + "\n".join(lines) + "\n")
    wanted = ["--attributes", tmp_path / "items.csv", "--where", "kind=a,c", "--where", "year>=20"]
    result = rankfold("search", files.path("store"), "--queries", files.path("users.npy"), "-k", 4, *wanted, "--json")
    scores = files.users @ files.table.decode().T
    scores[:, ~(np.isin(kind, [0, 2]) & (np.arange(kind.size) >= 20))] = -np.inf
    assert [one["ids"] for one in json.loads(result.stdout)["results"]] == files.table.ids[np.argsort(-scores, axis=1, kind="stable")[:, :4]].tolist()
    (tmp_path / "candidates.csv").write_text("user,item\n0,20\n0,21\n0,30\n1,22\n")
    listed = rankfold("search", files.path("store"), "--queries", files.path("users.npy"), *wanted, "--candidates", tmp_path / "candidates.csv", "--json")
    found = [one["ids"] for one in json.loads(listed.stdout)["results"]]
    assert sorted(found[0]) == [20, 30] and found[1] == [22] and found[2] == []


def test_rows_like_a_row_leave_it_out(rankfold, files, tmp_path):
    document = json.loads(rankfold("search", files.path("store"), "--like", 3, "--like", 5, "-k", 4, "--json").stdout)
    rows = files.table.decode(np.array([3, 5]))
    scores = rows @ files.table.decode().T
    scores[[0, 1], [3, 5]] = -np.inf
    assert [one["ids"] for one in document["results"]] == np.argsort(-scores, axis=1, kind="stable")[:, :4].tolist()
    assert [one["query"] for one in document["results"]] == [3, 5]
    (tmp_path / "seen.csv").write_text(f"user,item\n3,{document['results'][0]['ids'][0]}\n")
    fewer = json.loads(rankfold("search", files.path("store"), "--like", 3, "-k", 3, "--exclude", tmp_path / "seen.csv", "--json").stdout)
    assert fewer["results"][0]["ids"] == document["results"][0]["ids"][1:]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([], "neither --queries nor --like"),
        (["--like", "3", "--queries", "users.npy"], "both --queries and --like"),
        (["--like", "x"], "expected whole numbers"),
        (["--like", "123456"], "123456' is not in the table"),
        (["--like", "3", "--where", "kind=a"], "together"),
    ],
)
def test_questions_that_do_not_fit_are_refused(rankfold, files, more, message):
    more = [files.path(one) if one.endswith(".npy") else one for one in more]
    result = rankfold("search", files.path("store"), *more, "--json")
    assert result.exit_code == 3 and message in json.loads(result.stdout)["error"]["message"]
