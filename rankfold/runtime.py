"""How many workers, which kernel level, how many BLAS threads, how much memory: the only reader and writer of environment variables."""

import os
from pathlib import Path

from .errors import InputError

KERNELS_VARIABLE = "RANKFOLD_KERNELS"
WORKERS_VARIABLE = "RANKFOLD_WORKERS"
BLAS_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
MEMORY_FILE, GROUP_FOLDER = Path("/proc/meminfo"), Path("/sys/fs/cgroup")


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


def available_memory() -> int | None:
    """Bytes that this process may still take, by the machine and by its control group; None where the system does not say."""
    found = []
    try:
        lines = dict(line.split(":", 1) for line in MEMORY_FILE.read_text().splitlines())
        found.append(int(lines["MemAvailable"].split()[0]) * 1024)
    except (OSError, KeyError, ValueError):
        return None
    try:
        most, used = ((GROUP_FOLDER / name).read_text().strip() for name in ("memory.max", "memory.current"))
        found += [] if most == "max" else [max(0, int(most) - int(used))]
    except (OSError, ValueError):
        pass  # no control group of the second version
    return min(found)


def _available_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)
