"""How many workers, which kernel level, how many BLAS threads: the only reader and writer of environment variables."""

import os

from .errors import InputError

KERNELS_VARIABLE = "RANKFOLD_KERNELS"
WORKERS_VARIABLE = "RANKFOLD_WORKERS"
BLAS_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def workers(asked: int | None = None) -> int:
    """How many threads to use: `asked`, else RANKFOLD_WORKERS, else the cores this process may use.

    Raises InputError when either is not a whole number of at least 1.
    """
    if asked is None:
        text = os.environ.get(WORKERS_VARIABLE, "").strip()
        if not text:
            return _available_cores()
        if not text.isdecimal():
            raise InputError(f"{WORKERS_VARIABLE}: got {text!r}; expected a whole number of at least 1.")
        asked = int(text)
    if asked < 1:
        raise InputError(f"workers: got {asked}; expected a whole number of at least 1.")
    return asked


def kernel_level_asked() -> str | None:
    """The kernel level forced by RANKFOLD_KERNELS, in lower case, or None."""
    return os.environ.get(KERNELS_VARIABLE, "").strip().lower() or None


def single_blas_thread() -> None:
    """Tell BLAS libraries to use one thread, unless the user has said otherwise; only works before numpy is imported.

    rankfold's matrix products are many and small, and its own threads run beside them: on two cores, BLAS threads that wait for each other cost four times
    the work. One thread also makes the last bits of a fit the same on any number of cores. For commands alone: a library leaves its host's process as it is.
    """
    for variable in BLAS_VARIABLES:
        os.environ.setdefault(variable, "1")


def _available_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)
