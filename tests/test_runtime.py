"""Workers and kernel level come from an argument, a variable, or the machine."""

import os
import subprocess
import sys

import pytest

from rankfold import runtime
from rankfold.errors import InputError
from rankfold.runtime import BLAS_VARIABLES, kernel_level_asked, single_blas_thread, workers


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


def test_one_blas_thread_unless_the_user_said_otherwise(monkeypatch):
    for variable in BLAS_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "6")
    single_blas_thread()
    assert os.environ["MKL_NUM_THREADS"] == "6" and os.environ["OPENBLAS_NUM_THREADS"] == "1"


def test_commands_ask_for_one_blas_thread_before_numpy_loads():
    code = "import sys, rankfold.cli.main as main; main.prepare(); import os; print(os.environ['OPENBLAS_NUM_THREADS'], 'numpy' in sys.modules)"
    bare = {name: value for name, value in os.environ.items() if name not in BLAS_VARIABLES}
    done = subprocess.run([sys.executable, "-c", code], env=bare, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False"]


def test_available_memory(tmp_path, monkeypatch):
    machine = tmp_path / "meminfo"
    monkeypatch.setattr(runtime, "MEMORY_FILE", machine)
    monkeypatch.setattr(runtime, "GROUP_FOLDER", tmp_path)
    assert runtime.available_memory() is None
    machine.write_text("MemTotal:  9000 kB\nMemAvailable:  3000 kB\n")
    assert runtime.available_memory() == 3000 * 1024
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("70000\n")
    assert runtime.available_memory() == 3000 * 1024
    (tmp_path / "memory.max").write_text("100000\n")
    assert runtime.available_memory() == 30000
    (tmp_path / "memory.max").write_text("50000\n")
    assert runtime.available_memory() == 0
    machine.write_text("nothing of the kind")
    assert runtime.available_memory() is None
