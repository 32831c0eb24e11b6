"""Exports as a whole."""

import json
import os

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import ArtifactError, InputError
from rankfold.exchange.agreement import agreement
from rankfold.exchange.export import export, export_rows
from rankfold.exchange.queries import query_rows
from rankfold.exchange.registry import ENGINES
from rankfold.exchange.rows import rows_of, sparse_rows
from rankfold.exchange.signs import both_signs, split
from rankfold.search import Searcher
from rankfold.vectors import as_vectors
from tests.exchange.samples import DIM, fake_engine, same, some_rows, table_of

QUERIES = as_vectors(np.random.default_rng(5).standard_normal((6, DIM)).astype(np.float32), [f"u{row}" for row in range(6)])


@pytest.mark.parametrize("name", ENGINES)
def test_a_table_goes_out_to_every_engine(tmp_path, name):
    table = table_of().remove(np.array([3]))
    done = export(table, tmp_path / "out", name, queries=QUERIES)
    rows, atoms = rows_of(table)
    back = ENGINES[name].read(tmp_path / "out", "rows", done.to_dict()["width"])
    wanted = rows if ENGINES[name].contract.signed_rows else split(rows)
    assert back.count == 49 and np.array_equal(back.data, wanted.data) and np.array_equal(back.indices, wanted.indices)
    if ENGINES[name].contract.signed_queries:
        asked = query_rows(table, atoms, QUERIES)
        wanted = asked if done.signs == "signed" else both_signs(asked)
        assert same(ENGINES[name].read(tmp_path / "out", "queries", wanted.width), wanted) and done.exact
    else:
        assert not done.exact and any("positive ones are written: lists change" in note for note in done.notes)
    told = json.loads((tmp_path / "out" / "export.json").read_text())
    assert isinstance(told.pop("rankfold"), str) and told == done.to_dict()
    size = sum(file.stat().st_size for file in (tmp_path / "out").iterdir() if file.name[:7] not in ("queries", "export."))
    assert done.row_bytes * 49 == pytest.approx(size)


@pytest.mark.parametrize("name", ENGINES)
def test_the_same_export_gives_the_same_bytes(tmp_path, name):
    for place in ("a", "b"):
        export(table_of(), tmp_path / place, name, queries=QUERIES, query_form="codes")
    files = sorted(os.listdir(tmp_path / "a"))
    assert files == sorted(os.listdir(tmp_path / "b"))
    # The .npz of SciPy is a zip archive, which numpy dates 1980.
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in files)


def test_rows_that_cannot_be_held_are_left_out_and_told(tmp_path):
    done = export_rows(some_rows(), tmp_path / "out", "sindi", queries=some_rows(count=5))
    assert done.rows.count == 39 and 2 not in done.rows.ids and done.queries.count == 4
    assert done.notes[0] == "rows: 1 of 40 hold no value (the first is number 2); sindi holds none such: left out."
    assert done.notes[1].startswith("queries: 1 of 5")
    with pytest.raises(InputError, match="all 3 hold no value"):
        export_rows(sparse_rows(np.zeros((3, 1), int), np.zeros((3, 1), np.float32), 4, [1, 2, 3]), tmp_path / "no", "sindi")


def test_the_split_is_told(tmp_path):
    done = export_rows(some_rows(), tmp_path / "out", "seismic")
    assert done.signs == "split" and "2i for its positive part" in done.notes[-1] and done.to_dict()["width"] == 60
    assert export_rows(some_rows(signed=False), tmp_path / "other", "seismic").signs == "signed"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"engine": "lucene"}, "expected one of"),
        ({"engine": "bmp"}, "whole numbers"),
        ({"engine": "milvus", "signs": "signed"}, "milvus holds no negative values"),
        ({"signs": "clamp"}, "signs: got 'clamp'"),
        ({"queries": some_rows(width=31)}, "queries: got 31 columns; expected 30"),
        ({"engine": fake_engine(most_nonzeros=3)}, "expected at most 3, as fake"),
        ({"engine": fake_engine(most_nonzeros=4), "queries": some_rows(nonzeros=5)}, "queries: number 0 has 5 nonzeros"),
        ({"engine": fake_engine(most_width=59), "signs": "split"}, "got 60 columns; expected at most 59"),
    ],
)
def test_the_doors_leave_nothing(tmp_path, changes, words):
    arguments = {"engine": "scipy", **changes}
    with pytest.raises(InputError) as error:
        export_rows(some_rows(), tmp_path / "out", arguments.pop("engine"), **arguments)
    assert words in str(error.value) and os.listdir(tmp_path) == []


def test_an_existing_path_is_refused_before_anything_is_read(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="is no export"):
        export(None, tmp_path / "out", "scipy", force=True)
    export(table_of(), tmp_path / "new", "scipy")
    with pytest.raises(InputError, match="--force"):
        export(None, tmp_path / "new", "scipy")


def test_force_replaces_an_export_of_another_engine_as_a_whole(tmp_path):
    export(table_of(), tmp_path / "out", "scipy")
    export(table_of(), tmp_path / "out", "qdrant", force=True)
    assert sorted(os.listdir(tmp_path / "out")) == ["collection.json", "export.json", "rows.jsonl"] and os.listdir(tmp_path) == ["out"]


def test_a_writer_that_fails_leaves_nothing(tmp_path):
    rows = some_rows(ids=np.array([b"\xff", *(str(row).encode() for row in range(1, 40))]))
    for name in ("qdrant", "pgvector", "parquet", "milvus", "elasticsearch"):
        with pytest.raises(InputError, match="not UTF-8"):
            export_rows(rows, tmp_path / "out", name)
    assert os.listdir(tmp_path) == []


def test_a_full_disk(tmp_path, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(ArtifactError, match="No space left"):
        export_rows(some_rows(), tmp_path / "out", "scipy")
    assert os.listdir(tmp_path) == []


def test_lists_of_projected_queries_are_those_of_a_search(tmp_path):
    rng = np.random.default_rng(4)
    items = rng.standard_normal((300, 16)).astype(np.float32) @ rng.standard_normal((16, 16)).astype(np.float32)
    table = compress(as_vectors(items), from_spec({"codec": "sparse", "nonzeros": 4, "dictionary": 64}))
    users = as_vectors(rng.standard_normal((20, 16)).astype(np.float32))
    done = export(table, tmp_path / "out", "scipy", queries=users)
    assert done.rows.most == 4 and done.rows.has_negative
    found = Searcher(table).search(users, 10).rows
    assert agreement(found, done.rows, done.queries).tolist() == [1.0] * 20
    coded = export(table, tmp_path / "codes", "scipy", queries=users, query_form="codes")
    assert coded.queries.most == 4 and agreement(found, coded.rows, coded.queries).mean() < 1
