"""Rows as JSON maps."""

import json

from rankfold.exchange.termmaps import rows_from_maps, term_maps
from tests.exchange.samples import same, some_rows


def test_maps(monkeypatch):
    monkeypatch.setattr("rankfold.exchange.termmaps.BATCH", 7)
    rows = some_rows()
    found = list(term_maps(rows))
    assert len(found) == 40 and found[2].terms == "{}"
    assert same(rows_from_maps([(one.id, json.loads(one.terms)) for one in found], rows.width), rows)
