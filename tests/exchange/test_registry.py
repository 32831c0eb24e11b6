"""Engines by name, and what the docs say of them."""

from pathlib import Path

import pytest

from rankfold.errors import InputError
from rankfold.exchange.registry import ENGINES, REFUSED, engine_named

DOCS = Path(__file__).parents[2] / "docs" / "export.md"


def test_engines_are_found_by_their_names():
    assert all(engine_named(name).name == name for name in ENGINES)
    with pytest.raises(InputError, match="got 'lucene'; expected one of scipy, parquet"):
        engine_named("lucene")


@pytest.mark.parametrize("name", REFUSED)
def test_engines_that_cannot_hold_the_codes_are_refused_with_the_reason(name):
    with pytest.raises(InputError, match="Expected one of") as error:
        engine_named(name)
    assert REFUSED[name] in str(error.value)


def test_no_engine_of_positive_values_takes_signed_rows():
    assert {name for name, one in ENGINES.items() if not one.contract.signed_rows} == {"seismic", "milvus", "elasticsearch", "opensearch"}


def test_the_docs_tell_the_contracts():
    lines = {
        line.split("|")[1].strip(" `"): [cell.strip() for cell in line.split("|")[2:-1]] for line in DOCS.read_text().splitlines() if line.startswith("| `")
    }
    for name, one in ENGINES.items():
        contract = one.contract
        told = [
            "yes" if contract.signed_rows else "split",
            "yes" if contract.signed_queries else "positive terms only",
            contract.value,
            "any" if contract.most_nonzeros is None else f"{contract.most_nonzeros:,}",
            {"any": "any", "int64": "whole numbers", "uint64": "whole numbers from 0"}[contract.ids],
        ]
        assert lines[name][: len(told)] == told, name
