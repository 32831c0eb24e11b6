"""Titles of rows."""

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.explain import read_titles
from rankfold.explain.titles import clean


@pytest.fixture
def table(tables, sea):
    return tables.of(sea, np.array(["calm", "dusk", "fleet", "noon", "wave"]))


def written(tmp_path, text, name="titles.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_titles_in_the_order_of_the_rows(table, tmp_path):
    path = written(tmp_path, 'artist,id,title\nx,wave,"A wave, breaking"\ny,calm,Calm\nz,unknown,Nothing\n\nw,noon,\n')
    assert read_titles(path, table) == ["Calm", "", "", "", "A wave, breaking"]
    assert read_titles(path, table, title_column="artist") == ["y", "", "", "w", "x"]
    assert read_titles(written(tmp_path, "id\ttitle\ndusk\tDusk\n", "t.tsv"), table)[1] == "Dusk"


def test_ids_that_are_numbers(tables, sea, tmp_path):
    table = tables.of(sea, np.arange(5))
    assert read_titles(written(tmp_path, "item,title\n4,Four\n0,Nought\n99,x\n"), table, id_column="item") == ["Nought", "", "", "", "Four"]
    for wrong in ("x", "1.5", str(10**30), ""):
        with pytest.raises(InputError, match="row 1 has the id .*; expected whole numbers"):
            read_titles(written(tmp_path, f"item,title\n4,Four\n{wrong},y\n"), table)


def test_parquet(table, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    path = tmp_path / "titles.parquet"
    parquet.write_table(pyarrow.table({"id": ["calm", "wave"], "title": ["Calm" * 2000, None], "year": [1, 2], "price": [0.5, 1.5]}), path)
    assert read_titles(path, table) == ["Calm" * 2000, "", "", "", ""]
    assert read_titles(path, table, title_column="year")[4] == "2"
    with pytest.raises(InputError, match="'price' holds float; expected text"):
        read_titles(path, table, title_column="price")
    with pytest.raises(InputError, match="has no column name"):
        read_titles(path, table, title_column="name")
    parquet.write_table(pyarrow.table({"id": ["calm", None], "title": ["a", "b"]}), path)
    with pytest.raises(InputError, match="row 1 has the id 'None'"):
        read_titles(path, table)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,title\nx,y\n", "has no column id or ids or item_id; it has name, title"),
        ("id,name\ncalm,y\n", "has no column title; it has id, name"),
        ("id,title\ncalm\n", "row 0 has 1 values; expected 2"),
        ("id,title\n", "has no rows"),
        ("", "it has none"),
        ("id,title\nx,y\n", "none of the 1 ids .* is in the table; expected ids such as 'calm'"),
        ("id,title\ncalm,y\ncalm,z\n", "has the id 'calm' more than once"),
        ('id,title\ncalm,"y\n', "line 2"),
        (b"id,title\ncalm,\xff\n", "titles.csv"),
    ],
)
def test_files_that_cannot_be_read(table, tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        read_titles(written(tmp_path, text), table)


def test_another_kind_of_file(table, tmp_path):
    with pytest.raises(InputError):
        read_titles(written(tmp_path, "x", "titles.txt"), table)
    with pytest.raises(InputError):
        read_titles(tmp_path / "missing.csv", table)


def test_what_a_terminal_would_obey_is_not_shown():
    assert clean("a\x1b[2Jb\n c\u202ed\t\te\x00") == "a [2Jb c d e"
