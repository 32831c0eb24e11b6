"""`rankfold pairs`."""

import json

import numpy as np
import pyarrow.parquet as parquet


def test_lists_of_all_users_are_those_of_a_search(rankfold, files, tmp_path):
    out = tmp_path / "lists.parquet"
    result = rankfold("pairs", files.path("store"), "--users", files.path("users.npy"), "-o", out, "-k", 4, "--block", 16, "--json")
    document = json.loads(result.stdout)
    assert document["pairs"] == 4 * len(files.users) and document["resumed"] == 0
    table = parquet.read_table(out)
    exact = np.argsort(-(files.users @ files.table.decode().T), axis=1, kind="stable")[:, :4]
    assert table["item"].to_pylist() == exact.ravel().tolist()
    again = rankfold("pairs", files.path("store"), "--users", files.path("users.npy"), "-o", out)
    assert again.exit_code == 3 and "expected a new path" in again.stderr


def test_users_of_another_model_are_refused(rankfold, files, tmp_path):
    np.save(tmp_path / "users.npy", np.ones((3, 5), np.float32))
    result = rankfold("pairs", files.path("store"), "--users", tmp_path / "users.npy", "-o", tmp_path / "x.parquet", "--json")
    assert result.exit_code == 3 and "5 dimensions" in json.loads(result.stdout)["error"]["message"]


def test_vectors_are_ranked_as_they_are(rankfold, files, tmp_path):
    out = tmp_path / "lists.parquet"
    assert rankfold("pairs", files.path("items.npy"), "--users", files.path("users.npy"), "-o", out, "-k", 3).exit_code == 0
    items = np.load(files.path("items.npy"), allow_pickle=False)
    exact = np.argsort(-(files.users.astype(np.float64) @ items.astype(np.float64).T), axis=1, kind="stable")[:, :3]
    assert parquet.read_table(out)["item"].to_pylist() == exact.ravel().tolist()
    refused = rankfold("pairs", files.path("items.npy"), "--users", files.path("users.npy"), "-o", tmp_path / "x.parquet", "--refine", 9)
    assert refused.exit_code == 3 and "no coarse level" in refused.stderr
