"""Facts about this machine and process: what a bug report and a timing need beside them."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from .. import kernels, runtime
from .main import VERSION

FEATURES = ("sse4_2", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512vbmi", "avx512_vnni", "asimd", "asimddp", "sve")
OPTIONAL = ("pyarrow", "torch", "fastapi")


def peak_memory_bytes() -> int | None:
    """The most resident memory that this process has had; None where the system does not say."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def facts() -> dict:
    """Versions, processor, kernel level in use and others there, workers."""
    return {
        "rankfold": VERSION,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": _blas(),
        "packages": {name: _version(name) for name in ("typer", "rich", *OPTIONAL)},
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": processor(),
        "cpu_features": [name for name in FEATURES if name in _cpu_flags()],
        "cores": os.cpu_count(),
        "workers": runtime.workers(),
        "kernel_level": kernels.level(),
        "kernel_levels": kernels.levels(),
        "compiled_kernels": kernels.levels() != ["reference"],
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _blas() -> str:
    found = np.show_config(mode="dicts") or {}
    blas = found.get("Build Dependencies", {}).get("blas", {})
    return f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()


def _cpu_lines() -> list[tuple[str, str]]:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
    return [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]


def _cpu_flags() -> set[str]:
    return next((set(value.split()) for name, value in _cpu_lines() if name in ("flags", "Features")), set())


def processor() -> str:
    """The name of the processor."""
    return next((value for name, value in _cpu_lines() if name == "model name"), platform.processor() or "unknown")
