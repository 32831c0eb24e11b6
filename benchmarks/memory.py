"""Peak memory of reading, sampling and compressing vectors that are larger than it: a file of 4 GB under 1 GB.

Writes a float32 .npy of the size asked for to a temporary folder, runs each stage in a process of its own, prints the peak resident memory of each,
and writes benchmarks/results/memory.json. Ends with status 1 when a stage needs more than the limit.
"""

import argparse
import importlib.util
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results"
SAMPLE_ROWS = 65_536
LIMIT_MB = 1_000
CODEC = {"codec": "pq", "groups": 16}
STAGES = {
    "start": "importing only",
    "read": "read_vectors: every value checked",
    "blocks": "read_vectors, then all blocks",
    "sample": f"read_vectors, then sample({SAMPLE_ROWS})",
    "compress": "read_vectors, then compress(..., pq groups=16, out=...)",
}


def write_vectors(path: Path, rows: int, dim: int) -> None:
    """A .npy of random rows around 1,000 centres, written in blocks of 16 MB."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(1_000, dim)).astype(np.float32)
    step = 16_000_000 // (4 * dim)
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (rows, dim)})
        for start in range(0, rows, step):
            count = min(step, rows - start)
            x = rng.standard_normal((count, dim), np.float32)
            x *= 0.5
            x += centres[rng.integers(0, 1_000, count)]
            x.tofile(file)


def peak_mb() -> float:
    """Peak resident memory of this process so far, in MB; from /proc where there is one, as getrusage also counts the parent before exec."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1]) * 1024 / 1e6
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6


def run_stage(stage: str, path: Path) -> dict[str, float]:
    """One stage in this process: its peak memory and its time."""
    from rankfold.vectors import read_vectors

    began = time.perf_counter()
    if stage != "start":
        vectors = read_vectors(path)
        if stage == "blocks":
            for _, _block in vectors.blocks():
                pass
        elif stage == "sample":
            vectors.sample(SAMPLE_ROWS, np.random.default_rng(0))
        elif stage == "compress":
            from rankfold.codecs import from_spec
            from rankfold.compression import compress

            compress(vectors, from_spec(CODEC), out=path.parent / "artifact")
    return {"peak_mb": round(peak_mb(), 1), "seconds": round(time.perf_counter() - began, 2)}


def measure(rows: int, dim: int, folder: str | None) -> dict:
    """All stages over a fresh file, which is deleted afterwards."""
    stages = list(STAGES) if importlib.util.find_spec("rankfold.compression") else [stage for stage in STAGES if stage != "compress"]
    with tempfile.TemporaryDirectory(dir=folder, prefix="rankfold-memory-") as temporary:
        path = Path(temporary) / "vectors.npy"
        write_vectors(path, rows, dim)
        found = {}
        for stage in stages:
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
            command = [sys.executable, __file__, "--stage", stage, "--path", str(path)]
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"stage {stage} failed:\n{done.stderr}")
            found[stage] = json.loads(done.stdout.splitlines()[-1])
            print(f"{STAGES[stage]:58s} {found[stage]['peak_mb']:8.1f} MB {found[stage]['seconds']:8.1f} s", flush=True)
        size_mb = round(path.stat().st_size / 1e6, 1)
    return {
        "file_mb": size_mb,
        "rows": rows,
        "dim": dim,
        "limit_mb": LIMIT_MB,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "stages": found,
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=2_800_000)
    options.add_argument("--dim", type=int, default=384)
    options.add_argument("--folder", help="where the temporary file goes; needs the size of the file and of the artifact")
    options.add_argument("--results", type=Path, default=RESULTS / "memory.json")
    options.add_argument("--stage", choices=list(STAGES), help=argparse.SUPPRESS)
    options.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.stage:
        print(json.dumps(run_stage(asked.stage, asked.path)))
        return
    print(f"{asked.rows} rows x {asked.dim} float32, {asked.rows * asked.dim * 4 / 1e9:.2f} GB")
    result = measure(asked.rows, asked.dim, asked.folder)
    asked.results.parent.mkdir(exist_ok=True, parents=True)
    asked.results.write_text(json.dumps(result, indent=2) + "\n")
    most = max(stage["peak_mb"] for stage in result["stages"].values())
    print(f"most: {most:.0f} MB for a file of {result['file_mb']:.0f} MB; limit {LIMIT_MB} MB")
    if most > LIMIT_MB:
        sys.exit(1)


if __name__ == "__main__":
    main()
