"""A small artifact and its files, made once."""

import copy
import json
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from rankfold.cli.app import app
from rankfold.codecs import get
from rankfold.compression import compress
from rankfold.store import save
from rankfold.vectors import as_vectors

ROWS, DIM, USERS = 600, 16, 80
POINT = {
    "codec": "residual 16",
    "family": "residual",
    "row_bytes": 17.0,
    "total_row_bytes": 41.23,
    "bytes": {"codes": 16_000, "scales": 1_000, "ids": 8_000, "codebooks": 16_230},
    "quality": {"before": 0.2, "after": 0.1992, "drop": 0.004, "low": -0.001, "high": 0.009},
    "fidelity": {"metric": "overlap@10", "mean": 0.912, "low": 0.9, "high": 0.92},
    "buckets": {name: {"kept": kept, "low": 0.9, "high": 1.1, "n": 10} for name, kept in (("head", 1.001), ("mid", 0.99), ("tail", 0.95))},
    "scan_ms": 0.1234,
}
SECTION = {
    "name": "packages",
    "about": "Debian packages.",
    "rows": 1_000,
    "dim": 128,
    "metric": "ndcg@10",
    "baseline": {"float32": {"mean": 0.2, "low": 0.19, "high": 0.21}, "popularity": {"mean": 0.1, "low": 0.09, "high": 0.11}},
    "points": [POINT, {**POINT, "codec": "half", "row_bytes": 256.0}],
    "choice": {"codec": "residual 16", "why": "loses least at this size"},
    "neighbours": [{"item": "vim", "before": ["vim-tiny", "emacs"], "after": ["vim-tiny", "nano"]}],
    "findings": [{"level": "note", "text": "small table"}, {"level": "warning", "text": "weak teacher"}],
}


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Items and users drawn around 12 centres, events of each user from its nearest items, and a saved table of the items."""
    folder = tmp_path_factory.mktemp("files")
    rng = np.random.default_rng(7)
    centres = rng.standard_normal((12, DIM)).astype(np.float32)
    items = centres[rng.integers(0, 12, ROWS)] + 0.6 * rng.standard_normal((ROWS, DIM)).astype(np.float32)
    items *= rng.uniform(0.5, 2.0, (ROWS, 1)).astype(np.float32)
    users = centres[rng.integers(0, 12, USERS)] + 0.3 * rng.standard_normal((USERS, DIM)).astype(np.float32)
    np.save(folder / "items.npy", items)
    np.save(folder / "users.npy", users)
    best = np.argsort(-(users @ items.T), axis=1)[:, :60]
    lines = ["user,item,split"]
    for user in range(USERS):
        for place, item in enumerate(rng.permutation(best[user])[:20]):
            lines.append(f"{user},{item},{'train' if place < 12 else 'valid' if place < 15 else 'test'}")
    (folder / "clicks.csv").write_text("\n".join(lines) + "\n")
    (folder / "spec.json").write_text(json.dumps({"codec": "half"}))
    table = compress(as_vectors(items, space="model-1"), get("half")())
    save(table, folder / "store")
    return SimpleNamespace(folder=folder, items=items, users=users, table=table, path=lambda name: str(folder / name))


@pytest.fixture
def rankfold(monkeypatch):
    """Runs the command line in this process: rankfold("search", ...) -> result with exit_code, stdout, stderr."""

    def call(*arguments: str):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return call


@pytest.fixture
def section():
    """One section of a report, as report/content.py says."""
    return copy.deepcopy(SECTION)
