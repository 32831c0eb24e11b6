"""docs/format.md is true: its reader reads, and it names every key, dtype and file."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.store import load, save
from rankfold.store.npy import NUMBERS
from rankfold.vectors import as_vectors

PAGE = (Path(__file__).parent.parent.parent / "docs" / "format.md").read_text()
READER = re.findall(r"```python\n(.*?)```", PAGE, re.S)[-1]


@pytest.mark.parametrize(
    "spec",
    [{"codec": "int8"}, {"codec": "pq", "groups": 5}, {"codec": "pq", "groups": 4, "rotation": "learned"}],
    ids=["int8", "pq", "pq-learned"],
)
def test_the_reader_without_rankfold_reads_the_same_rows(spec, tmp_path):
    x = np.random.default_rng(3).normal(size=(300, 14)).astype(np.float32)
    table = compress(as_vectors(x[:280]), from_spec(spec), norms="raw").add(as_vectors(x[280:], np.arange(280, 300)))
    save(table, tmp_path)
    imported = {line.split()[1].split(".")[0] for line in READER.splitlines() if re.match(r"(import|from) ", line)}
    assert "numpy" in imported and imported <= {"numpy", *sys.stdlib_module_names}
    space = {}
    exec(compile(READER, "format.md", "exec"), space)
    ids, rows = space["read"](tmp_path)
    assert np.array_equal(ids, table.ids)
    np.testing.assert_allclose(rows, load(tmp_path).decode(), rtol=0, atol=1e-6 * np.abs(x).max())


def test_the_page_names_every_key_and_dtype(artifact):
    content = json.loads((artifact / "manifest.json").read_text())
    keys = {*content, *content["made"], *content["segments"][0], *content["files"]["ids.npy"]}
    assert [key for key in keys if f"`{key}`" not in PAGE] == []
    assert [dtype for dtype in NUMBERS if dtype not in PAGE] == []


def test_the_page_lists_every_kind_of_file(artifact):
    for entry in artifact.iterdir():
        assert re.sub(r"\.(state|codes)\..*", r".\1.<name>.npy", entry.name) in PAGE
    assert "current" in PAGE
