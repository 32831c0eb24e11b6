"""Memory of processes that search one artifact, with the scan layout packed by each or mapped by all; and how soon a table of 100 million rows opens.

    python benchmarks/sharing.py [--rows 4000000] [--open-rows 100000000] [--part sharing|opening]

"sharing": rows of 64 bytes, codes drawn at random. One process, then two at once, load the artifact and answer a query; each then reads its proportional share
of memory (PSS: pages that it has alone, and its part of those it shares) from /proc/self/smaps_rollup. Nothing else maps these files meanwhile.
"opening": rows of 17 bytes (normed, pq of 16 groups), codes of one block again and again, whole numbers as ids; needs 2.5 GB of disk. A fresh process times
`load` and `open_searcher`. Writes benchmarks/results/sharing.json. Needs no data.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse  # noqa: E402
import json  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402

from rankfold.codecs import from_spec  # noqa: E402
from rankfold.compression import compress  # noqa: E402
from rankfold.packing import pack  # noqa: E402
from rankfold.store import ArtifactWriter  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

RESULT = Path(__file__).parent / "results" / "sharing.json"
BLOCK = 1 << 20
SHARED_SPEC = {"codec": "pq", "groups": 64}
OPENED_SPEC = {"codec": "normed", "inner": {"codec": "pq", "groups": 16}}

SEARCH = """
import sys
import numpy as np
from rankfold import Searcher, load
from rankfold.packing import open_searcher
searcher = open_searcher(sys.argv[1], workers=1) if sys.argv[2] == "mapped" else Searcher(load(sys.argv[1]), workers=1)
searcher.search(np.random.default_rng(0).standard_normal((1, searcher.table.dim)).astype(np.float32), 100)
print("ready", flush=True)
sys.stdin.readline()
print(*(line.split()[1] for line in open("/proc/self/smaps_rollup") if line.startswith(("Pss:", "Rss:"))), flush=True)
sys.stdin.readline()
"""

OPEN = """
import sys, time
import numpy as np
from rankfold import Searcher, load
start = time.perf_counter(); table = load(sys.argv[1]); loaded = time.perf_counter()
searcher = Searcher(table); opened = time.perf_counter()
print(loaded - start, opened - loaded, table.count)
"""


def artifact(folder: Path, spec: dict, rows: int, dim: int) -> Path:
    """An artifact of so many rows whose codes are drawn at random for one block and repeated; books and scales are fitted to random rows."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4_096, dim)).astype(np.float32)
    small = compress(as_vectors(x), from_spec(spec), norms="raw").segments[0]
    block = {name: np.resize(rng.permutation(column.reshape(-1)), (BLOCK, *column.shape[1:])) for name, column in small.codes.columns.items()}
    with ArtifactWriter(folder, dim=dim, ids=np.arange(rows, dtype=np.int64)) as writer:
        writer.segment(small.codec, small.state, rows=rows)
        for start in range(0, rows, BLOCK):
            writer.append({name: column[: rows - start] for name, column in block.items()})
        return writer.publish()


def memory(path: Path, how: str, processes: int) -> list[tuple[float, float]]:
    """(PSS, resident) bytes of each of so many processes that search at the same time."""
    running = [
        subprocess.Popen([sys.executable, "-c", SEARCH, str(path), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(processes)
    ]
    for one in running:
        if one.stdout.readline().strip() != "ready":
            sys.exit("benchmarks: a process ended before it had answered.")
    found = []
    for one in running:
        one.stdin.write("\n")
        one.stdin.flush()
        resident, proportional = (1024 * int(size) for size in one.stdout.readline().split())
        found.append((proportional, resident))
    for one in running:
        one.communicate("\n")
    return found


def sharing(rows: int) -> dict:
    """PSS of one process and of each of two, packed by each and mapped."""
    with tempfile.TemporaryDirectory() as folder:
        path = artifact(Path(folder), SHARED_SPEC, rows, 384)
        found: dict[str, dict] = {"packed by each": {"one": memory(path, "own", 1), "two": memory(path, "own", 2)}}
        start = time.perf_counter()
        pack(path)
        found["mapped"] = {"one": memory(path, "mapped", 1), "two": memory(path, "mapped", 2), "pack_s": time.perf_counter() - start}
    for how, sizes in found.items():
        alone, each = sizes["one"][0][0], float(np.mean([size for size, _ in sizes["two"]]))
        sizes |= {"alone_bytes": alone, "each_of_two_bytes": each, "ratio": each / alone}
        print(f"{how:>16}: one process {alone / 1e6:8.1f} MB, each of two {each / 1e6:8.1f} MB, ratio {each / alone:.3f}")
    before = found["packed by each"]["alone_bytes"]
    print(f"each of two mapped against one that packs for itself: {found['mapped']['each_of_two_bytes'] / before:.3f}")
    return {"rows": rows, "row_bytes": 64, **found}


def opening(rows: int) -> dict:
    """Seconds to open a table of so many rows of 17 bytes in a fresh process, files in the system's cache."""
    with tempfile.TemporaryDirectory() as folder:
        path = artifact(Path(folder), OPENED_SPEC, rows, 384)
        spans = []
        for _ in range(5):
            told = subprocess.run([sys.executable, "-c", OPEN, str(path)], capture_output=True, text=True, check=True).stdout.split()
            spans.append((float(told[0]), float(told[1])))
    load_s, searcher_s = (float(np.median([span[place] for span in spans])) for place in (0, 1))
    print(f"{rows:,} rows x 17 B: load {1000 * load_s:.0f} ms, searcher {1000 * searcher_s:.0f} ms")
    return {"rows": rows, "row_bytes": 17, "load_s": load_s, "searcher_s": searcher_s, "runs": spans}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--open-rows", type=int, default=100_000_000)
    parser.add_argument("--part", choices=("sharing", "opening"))
    asked = parser.parse_args()
    document = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    if asked.part in (None, "sharing"):
        document["sharing"] = sharing(asked.rows)
    if asked.part in (None, "opening"):
        document["opening"] = opening(asked.open_rows)
    RESULT.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
