"""`rankfold archive`."""

import json


def test_the_table_says_what_each_column_takes(rankfold, files, tmp_path):
    result = rankfold("archive", files.path("store"), tmp_path / "items.rfa")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["column", "bytes", "entropy", "archived", "saved"]
    names = [line.split()[0] for line in lines[2:-2]]
    assert names == sorted(names) and "ids" in names and any(".codes." in name for name in names)
    assert lines[-2].startswith("  all, with manifest")
    assert "600 rows of artifact" in lines[-1]


def test_json(rankfold, files, tmp_path):
    result = rankfold("archive", files.path("store"), tmp_path / "items.rfa", "--json")
    document = json.loads(result.stdout)
    assert document["archive_bytes"] == (tmp_path / "items.rfa").stat().st_size
    assert document["bytes"] == sum(column["bytes"] for column in document["columns"])
    assert document["saved"] == 1 - document["archive_bytes"] / document["bytes"]
    assert document["rows"] == 600
    ids = next(column for column in document["columns"] if column["name"] == "ids")
    assert ids["bytes"] == 4800 and ids["archived_bytes"] < 300


def test_errors(rankfold, files, tmp_path):
    result = rankfold("archive", tmp_path / "none", tmp_path / "items.rfa")
    assert result.exit_code == 5 and "Traceback" not in result.stderr
    result = rankfold("archive", files.path("store"), tmp_path)
    assert result.exit_code == 3 and "expected the path of a file" in result.stderr
    assert list(tmp_path.iterdir()) == []
