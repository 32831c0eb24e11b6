import sys

import pytest

from rankfold.errors import MissingExtra
from rankfold.training.extra import load_torch


def test_a_missing_torch_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r'pip install "rankfold\[train\]"'):
        load_torch()


def test_torch_is_returned_where_it_is():
    torch = pytest.importorskip("torch")
    assert load_torch() is torch
