"""Write a golden artifact on purpose: `python -m tests.golden write half`. What is there already is never written over: delete it by hand first."""

import argparse
import hashlib
import sys
from pathlib import Path

import numpy as np

from rankfold import kernels
from rankfold.arrays import F32
from rankfold.codec import Codec, fit_codec
from rankfold.codecs import from_spec
from rankfold.codes import Codes
from rankfold.store import save
from rankfold.table import Segment, Table, encode_rows

HERE = Path(__file__).parent
DIM, ROWS, SAMPLE = 16, 12, 700

# Small settings that show what a codec stores; a codec that is not listed is written in its default setting.
SPECS = {
    "largest": {"keep": 5},
    "layered": {"coarse": {"codec": "residual", "levels": 2}, "fine": {"codec": "scalar", "bits": 1}},
    "normed": {"inner": {"codec": "scalar", "bits": 2}},
    "pq": {"groups": 4, "rotation": "learned"},
    "pruned": {"keep": 10},
    "pursuit": {"nonzeros": 3, "dictionary": 50},
    "reduced": {"dims": 10, "centre": True, "inner": {"codec": "int8"}},
    "residual": {"levels": 2},
    "scalar": {"bits": 3},
    "sparse": {"nonzeros": 4, "dictionary": 50},
    "trellis": {"bytes": 4},
    "unit": {"inner": {"codec": "residual", "levels": 2}},
    "viewed": {"inner": {"codec": "scalar", "bits": 2}},
}


def product_fingerprint() -> str:
    """A digest of some matrix products and powers: machines with equal ones round alike, and decode the same bits."""
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(ROWS, DIM)).astype(np.float32), rng.normal(size=(DIM, DIM)).astype(np.float32)
    parts = [left @ right, left @ right.T, left[:, :10] @ right[:10], left[:5] @ right, np.exp(left)]
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()[:16]


def sample() -> F32:
    """Rows of unequal lengths and unequal directions, float32 (SAMPLE, DIM)."""
    rng = np.random.default_rng(20)
    return (rng.normal(size=(SAMPLE, DIM)) * np.linspace(2, 0.2, DIM) * rng.uniform(0.5, 2, (SAMPLE, 1))).astype(np.float32)


def write(codec: Codec, folder: Path) -> None:
    """Fit on the sample, encode its first rows, and store input, artifact and decoded rows in a new folder."""
    x = sample()
    with kernels.use("reference"):
        state = fit_codec(codec, x, np.ones(SAMPLE, np.float32), np.random.default_rng(0), queries=x[: SAMPLE // 2])
        codes = Codes(encode_rows(codec, state, x[:ROWS]))
        table = Table(DIM, False, np.arange(ROWS), (Segment(codec, state, codes, 0),))
        folder.mkdir()
        save(table, folder, note="golden", details={"products": product_fingerprint()})
        np.save(folder / "input.npy", x[:ROWS])
        np.save(folder / "decoded.npy", table.decode())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    parser.add_argument("action", choices=["write"])
    parser.add_argument("codec", nargs="+")
    for name in parser.parse_args().codec:
        codec = from_spec({"codec": name, **SPECS.get(name, {})})
        folder = HERE / f"{name}-v{codec.version}"
        if folder.exists():
            sys.stderr.write(f"{folder.name} is there already. Stored bytes that change their meaning need a new codec version, not a new golden artifact.\n")
            return 1
        write(codec, folder)
        sys.stdout.write(f"{folder.name}: {sum(file.stat().st_size for file in folder.rglob('*') if file.is_file())} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
