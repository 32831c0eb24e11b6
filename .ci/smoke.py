"""What an installed wheel must do with numpy alone and no compiler: compress, save, load, search, verify, by library and by command."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import rankfold
from rankfold import kernels

rng = np.random.default_rng(0)
items = rng.standard_normal((2_000, 32)).astype(np.float32)
with tempfile.TemporaryDirectory() as folder:
    np.save(Path(folder) / "items.npy", items)
    vectors = rankfold.read_vectors(Path(folder) / "items.npy")
    table = rankfold.compress(vectors, rankfold.from_spec({"codec": "scalar", "bits": 8}), out=Path(folder) / "v1")
    found = rankfold.Searcher(rankfold.load(Path(folder) / "v1")).search(items[:50], 10)
    exact = np.argsort(-(items[:50] @ items.T), axis=1)[:, :10]
    overlap = np.mean([np.intersect1d(a, b).size / 10 for a, b in zip(found.rows, exact, strict=True)])
    if overlap < 0.9:
        sys.exit(f"overlap {overlap:.3f}; expected at least 0.9")
    if rankfold.verify(Path(folder) / "v1"):
        sys.exit("verify found damage in a fresh artifact")
    if "pyarrow" in sys.modules or "torch" in sys.modules:
        sys.exit("an optional package was imported")
    command = [sys.executable, "-m", "rankfold", "verify", str(Path(folder) / "v1"), "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
print(f"smoke: kernels {kernels.level()}, overlap@10 {overlap:.3f}")
