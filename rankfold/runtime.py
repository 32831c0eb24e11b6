"""How many workers, which kernel level: the only reader of environment variables."""

import os

from .errors import InputError

KERNELS_VARIABLE = "RANKFOLD_KERNELS"
WORKERS_VARIABLE = "RANKFOLD_WORKERS"


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


def _available_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)
