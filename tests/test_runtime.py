"""Workers and kernel level come from an argument, a variable, or the machine."""

import os

import pytest

from rankfold.errors import InputError
from rankfold.runtime import kernel_level_asked, workers


def test_workers(monkeypatch):
    monkeypatch.delenv("RANKFOLD_WORKERS", raising=False)
    assert workers(3) == 3
    assert 1 <= workers() <= (os.cpu_count() or 1)
    monkeypatch.setenv("RANKFOLD_WORKERS", "7")
    assert workers() == 7 and workers(2) == 2


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5"])
def test_bad_workers(monkeypatch, text):
    monkeypatch.setenv("RANKFOLD_WORKERS", text)
    with pytest.raises(InputError, match="whole number of at least 1"):
        workers()
    with pytest.raises(InputError, match="got 0"):
        workers(0)


def test_kernel_level(monkeypatch):
    monkeypatch.setenv("RANKFOLD_KERNELS", " Reference ")
    assert kernel_level_asked() == "reference"
    monkeypatch.setenv("RANKFOLD_KERNELS", "")
    assert kernel_level_asked() is None
