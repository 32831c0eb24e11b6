"""How a level is chosen, and that every level has the same kernels."""

import subprocess
import sys

import pytest

from rankfold import kernels
from rankfold.errors import KernelError
from rankfold.kernels import reference


def test_levels_end_in_the_twins_and_have_the_same_kernels():
    assert kernels.levels()[-1] == "reference"
    assert kernels.level() in kernels.levels()
    for name in set(kernels.__all__) - {"level", "levels", "use"}:
        assert callable(getattr(reference, name))


def test_use_is_undone_even_after_an_error():
    before = kernels.level()
    with pytest.raises(ZeroDivisionError), kernels.use("reference"):
        assert kernels.level() == "reference"
        1 / 0  # noqa: B018
    assert kernels.level() == before


def test_a_level_that_is_not_here_is_refused():
    with pytest.raises(KernelError, match="level: got 'v9'; this machine has .*reference"), kernels.use("v9"):
        pass


def run_with(level, code):
    environment = {"RANKFOLD_KERNELS": level, "PATH": "", "OMP_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)


@pytest.mark.parametrize("name", kernels.levels())
def test_the_environment_forces_a_level(name):
    done = run_with(name.upper(), "from rankfold import kernels; print(kernels.level())")
    assert done.stdout.strip() == name, done.stderr


def test_the_environment_cannot_force_what_is_not_here():
    code = "import numpy as np; from rankfold import kernels; kernels.interleave(np.zeros((1, 1), np.uint8))"
    done = run_with("avx1024", code)
    assert "KernelError: RANKFOLD_KERNELS: got 'avx1024'; this machine has" in done.stderr
