"""Attributes come out of Parquet, CSV and .npz in the order of the table's rows."""

import numpy as np
import pyarrow
import pyarrow.parquet as parquet
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.search import read_attributes, where
from rankfold.vectors import as_vectors

CATEGORY = ["a", "b", "a", "c"]


def table_of(ids):
    return compress(as_vectors(np.eye(4, dtype=np.float32), ids), from_spec({"codec": "half"}))


def written(folder, kind, ids, **more):
    """Rows in another order than the table's, with one that the table lacks."""
    order = [2, 0, 3, 1]
    columns = {"item_id": [*(ids[row] for row in order), 99 if isinstance(ids[0], int) else "zz"]}
    columns |= {
        "category": [*(CATEGORY[row] for row in order), "q"],
        "adult": [*(row == 1 for row in order), True],
        "price": [*(row + 0.5 for row in order), 9.0],
    }
    columns |= more
    path = folder / f"items.{kind}"
    if kind == "parquet":
        parquet.write_table(pyarrow.table(columns), path)
    elif kind == "npz":
        np.savez(path, **{name: np.array(values) for name, values in columns.items()})
    else:
        mark = "\t" if kind == "tsv" else ","
        lines = [mark.join(columns), *(mark.join(str(int(one) if isinstance(one, bool) else one) for one in line) for line in zip(*columns.values()))]
        path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("kind", ["parquet", "npz", "csv", "tsv"])
@pytest.mark.parametrize("ids", [[10, 11, 12, 13], ["i", "jjj", "k", "l"]])
def test_values_follow_the_rows_of_the_table(tmp_path, kind, ids):
    table = table_of(ids)
    attributes = read_attributes(written(tmp_path, kind, ids), table)
    assert sorted(attributes.columns) == ["adult", "category", "price"]
    assert attributes.mask(where("category", "=", "a", "c")).tolist() == [True, False, True, True]
    assert attributes.mask(where("adult", "!=", "1")).tolist() == [True, False, True, True]
    assert attributes.mask(where("price", "<", 2)).tolist() == [True, True, False, False]
    assert list(read_attributes(written(tmp_path, kind, ids), table, names=["price"], id_column="item_id").columns) == ["price"]


def test_removed_rows_need_no_values(tmp_path):
    path = written(tmp_path, "csv", [10, 11, 12, 13])
    path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith("11")))
    with pytest.raises(InputError, match="lacks 1 of 4 rows of the table .such as id '11'"):
        read_attributes(path, table_of([10, 11, 12, 13]))
    attributes = read_attributes(path, table_of([10, 11, 12, 13]).remove(np.array([11])))
    assert attributes.mask(where("category", "=", "a", "c"))[[0, 2, 3]].all()


def test_files_that_do_not_fit_are_refused(tmp_path):
    table = table_of([10, 11, 12, 13])
    with pytest.raises(InputError, match="no column colour; it has item_id"):
        read_attributes(written(tmp_path, "csv", [10, 11, 12, 13]), table, names=["colour"])
    with pytest.raises(InputError, match="no column sku; it has item_id"):
        read_attributes(written(tmp_path, "npz", [10, 11, 12, 13]), table, id_column="sku")
    with pytest.raises(InputError, match="has the id '10' more than once"):
        read_attributes(written(tmp_path, "csv", [10, 10, 12, 13]), table)
    with pytest.raises(InputError, match="ids of text"):
        read_attributes(written(tmp_path, "parquet", ["a", "b", "c", "d"]), table)
    with pytest.raises(InputError, match="lacks 4 of 4"):
        read_attributes(written(tmp_path, "csv", [1, 2, 3, 4]), table)
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("id,a\n10,1\n11\n")
    with pytest.raises(InputError, match="row 1 has 1 values; expected 2"):
        read_attributes(ragged, table)
    for text, message in (("id,a\n", "has no rows"), ("id\n10\n", "no column beside its ids"), ("", "it has none")):
        (empty := tmp_path / "empty.csv").write_text(text)
        with pytest.raises(InputError, match=message):
            read_attributes(empty, table)
    with pytest.raises(InputError, match="null"):
        read_attributes(written(tmp_path, "parquet", [10, 11, 12, 13], price=[1.0, None, 2.0, 3.0, 4.0]), table)
    with pytest.raises(InputError, match="a value for each id"):
        read_attributes(written(tmp_path, "npz", [10, 11, 12, 13], price=[1.0]), table)
