"""`rankfold report`."""

import json

import pytest


@pytest.fixture
def result(tmp_path, section):
    content = {"title": "Packages", "made_with": {"seed": 0}, "sections": [section], "reproduce": ["rankfold demo"]}
    path = tmp_path / "v1.report.json"
    path.write_text(json.dumps(content))
    return path


def test_it_writes_one_page(rankfold, result, tmp_path):
    done = rankfold("report", result, "-o", tmp_path / "page.html")
    assert done.exit_code == 0
    page = (tmp_path / "page.html").read_text()
    assert "residual 16" in page
    assert "<script" not in page
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.html", "v1.report.json"]


def test_json_names_the_page(rankfold, result, tmp_path):
    document = json.loads(rankfold("report", result, "-o", tmp_path / "page.html", "--json").stdout)
    assert document["report"] == str(tmp_path / "page.html")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"title": 1}', "{" * 5_000])
def test_what_is_no_result_is_refused(rankfold, tmp_path, content):
    (tmp_path / "bad.json").write_text(content)
    done = rankfold("report", tmp_path / "bad.json", "-o", tmp_path / "page.html")
    assert done.exit_code == 3
    assert done.stderr.startswith("error: ")
    assert not (tmp_path / "page.html").exists()


def test_a_folder_that_cannot_be_written_ends_in_5(rankfold, result, tmp_path):
    (tmp_path / "file").write_text("")
    done = rankfold("report", result, "-o", tmp_path / "file" / "page.html")
    assert done.exit_code == 5
