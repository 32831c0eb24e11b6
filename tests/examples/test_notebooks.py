"""Every notebook of examples/ is stored without outputs, and its cells run from top to bottom as they stand."""

import json
from pathlib import Path

import pytest

from rankfold.report import card_of
from rankfold.store import verify

EXAMPLES = Path(__file__).parents[2] / "examples"


def read(name):
    return json.loads((EXAMPLES / name).read_text())


def code(notebook):
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda path: path.name)
def test_notebooks_hold_no_outputs_and_no_magic(path):
    notebook = read(path.name)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in notebook["cells"] if cell["cell_type"] == "code")
    for number, text in enumerate(code(notebook)):
        compile(text, f"{path.name} cell {number}", "exec")


def test_the_decision_runs_from_top_to_bottom(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict = {"__name__": "__main__"}
    for number, text in enumerate(code(read("decide.ipynb"))):
        exec(compile(text, f"decide.ipynb cell {number}", "exec"), names)
    said = capsys.readouterr().out
    assert names["decision"].best.name in said and "row_bytes: asked 16, got" in said and "would be seen with a chance of 90 %" in said
    assert "section: " in said and verify(tmp_path / "decided-packages") == []
    card = json.loads((tmp_path / "decided-packages.card.json").read_text())
    assert card == card_of(json.loads((tmp_path / "decided-packages.json").read_text())) and card["artifact"] == names["artifact"].name
    assert "How it was chosen" in (tmp_path / "decided-packages.html").read_text()
