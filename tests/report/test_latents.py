"""What latents stand for, in a report."""

import copy

import numpy as np
import pytest

from rankfold.codecs import get
from rankfold.codecs.half import Half
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.report import check
from rankfold.report.latents import latent_content
from rankfold.report.page import MAX_BYTES, render
from rankfold.vectors import as_vectors


@pytest.fixture
def table(monkeypatch):
    """200 rows of 20 axes, read as sums of all of them."""
    x = np.random.default_rng(0).standard_normal((200, 20)).astype(np.float32)
    x[:, 3] *= 5

    def latents(self, state, codes):
        rows = self.decode(state, codes)
        return np.broadcast_to(np.arange(20, dtype=np.int32), rows.shape), rows

    monkeypatch.setattr(Half, "latents", latents, raising=False)
    monkeypatch.setattr(Half, "atoms", lambda self, state: np.eye(20, dtype=np.float32), raising=False)
    return compress(as_vectors(x, np.array([f"item-{row}" for row in range(200)])), get("half")())


def test_the_heaviest_latents_come_first_with_their_items(table, sample):
    found = latent_content(table, popularity=np.arange(200.0))
    assert len(found["lines"]) == 12 and found["lines"][0]["latent"] == 3
    decoded = table.decode()
    assert found["lines"][0]["highest"] == [f"item-{row} ({decoded[row, 3]:+.3g})" for row in np.argsort(-decoded[:, 3])[:4]]
    assert found["lines"][0]["lowest"][0].startswith(f"item-{decoded[:, 3].argmin()} (-") and found["lines"][0]["by_bucket"] == {
        "head": 1.0,
        "mid": 1.0,
        "tail": 1.0,
    }
    assert "200 items" in found["about"] and found["facts"]["latents"].startswith("20, of which 20 are used")
    before = len(render(sample))
    sample["sections"][0]["latents"] = found
    page = render(sample)
    assert "What the latents stand for" in page and f"item-{decoded[:, 3].argmax()}" in page and len(page) - before < 20_000


def test_long_and_hostile_titles_stay_text(table, sample):
    found = latent_content(table, ["<script>" + "x" * 5_000] * 200)
    assert all(len(text) <= 90 for line in found["lines"] for text in line["highest"])
    sample["sections"][0]["latents"] = found
    page = render(sample)
    assert "<script" not in page and len(page) < MAX_BYTES


def test_a_table_without_latents_says_nothing():
    assert latent_content(compress(as_vectors(np.eye(4, dtype=np.float32)), get("half")())) is None


def test_sections_without_latents_stay_as_they_are(sample):
    assert "What the latents stand for" not in render(sample)


def test_shares_are_shares(table, sample):
    found = latent_content(table)
    for change in ({"share": 1.5}, {"positive": -0.1}, {"by_bucket": {"head": 2.0}}, {"size": float("nan")}, {"latent": "3"}):
        wrong = copy.deepcopy(found)
        wrong["lines"][1] |= change
        with pytest.raises(InputError, match=r"latents\.lines\[1\]"):
            check(sample | {"sections": [sample["sections"][0] | {"latents": wrong}]})


def test_a_dictionary_that_nothing_uses(table, monkeypatch, sample):
    monkeypatch.setattr(Half, "latents", lambda self, state, codes: (np.zeros((codes.count, 2), np.int32), np.zeros((codes.count, 2), np.float32)))
    found = latent_content(table)
    assert found["lines"] == []
    sample["sections"][0]["latents"] = found
    render(sample)
