"""What an archive saves: coded bytes beside the empirical entropy, the fixed size, and zlib, lzma and zstd on the same files.

    python benchmarks/cold.py [text132k] [amazon_book]          both by default

Codecs are fitted on a random half of the rows; all rows are coded. Peers compress the same code files (whole rows of at most PEER_BYTES), one call a
file, so without access to single rows, as they lie and with the bytes sorted by place; the better one counts. Entropy is that of every byte place by
itself. Speeds are megabytes of the artifact's arrays a second of processor time, reading, digests and writing included. Prints tables and writes
benchmarks/results/cold.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import json  # noqa: E402
import lzma  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
import zlib  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

import datasets  # noqa: E402
import numpy as np  # noqa: E402
import pyarrow  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table as Sheet  # noqa: E402

from rankfold.codec import describe  # noqa: E402
from rankfold.codecs import from_spec  # noqa: E402
from rankfold.codes import Codes  # noqa: E402
from rankfold.compression import fit  # noqa: E402
from rankfold.fitting.exposure import exposure  # noqa: E402
from rankfold.store import archive, open_archive, restore, save, verify  # noqa: E402
from rankfold.store.archivefile import STORED  # noqa: E402
from rankfold.table import Segment, Table, encode_rows  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

BAR = 0.03
SPECS = [
    {"codec": "sign"},
    {"codec": "scalar", "bits": 3},
    {"codec": "scalar", "bits": 4},
    {"codec": "trellis", "bytes": 16},
    {"codec": "pq", "groups": 32},
    {"codec": "residual", "levels": 16},
]
PEERS = {
    "zlib 9": lambda raw: len(zlib.compress(raw, 9)),
    "lzma 6": lambda raw: len(lzma.compress(raw, preset=6)),
    "zstd 19": lambda raw: len(pyarrow.Codec("zstd", compression_level=19).compress(raw)),
}
PEER_BYTES = 4 << 20
ROUNDS = 3
READS = 50


def coded(x: np.ndarray, spec: dict, weight: np.ndarray | None = None) -> Table:
    """A table of all rows, its codec fitted on a random half of them."""
    half = np.sort(np.random.default_rng(0).permutation(len(x))[: len(x) // 2])
    vectors = as_vectors(x, zero_rows="keep")
    fitted = fit(as_vectors(x[half], zero_rows="keep"), from_spec(spec), sample=32_768, seed=0, weight=None if weight is None else weight[half])
    codes = Codes(encode_rows(fitted.codec, fitted.state, x))
    return Table(x.shape[1], False, vectors.ids, (Segment(fitted.codec, fitted.state, codes, 0),))


def peer_shares(table: Table) -> dict[str, float]:
    """The share of bytes that each peer saves on the code columns, in the better of two orders of their bytes."""
    columns = [np.ascontiguousarray(column).view(np.uint8).reshape(len(column), -1) for column in table.segments[0].codes.columns.values()]
    count = min(table.count, PEER_BYTES // sum(rows.shape[1] for rows in columns))
    found = dict.fromkeys(PEERS, 0)
    for rows in columns:
        orders = [rows[:count].tobytes(), np.ascontiguousarray(rows[:count].T).tobytes()][: rows.shape[1]]
        for name, compress in PEERS.items():
            found[name] += min(compress(order) for order in orders)
    return {name: 1 - taken / (count * sum(rows.shape[1] for rows in columns)) for name, taken in found.items()}


def timed(work: Callable[[int], object]) -> float:
    """Processor seconds of the best of ROUNDS calls."""
    spent = []
    for number in range(ROUNDS):
        begun = time.process_time()
        work(number)
        spent.append(time.process_time() - begun)
    return min(spent)


def measure(name: str, table: Table, folder: Path) -> dict[str, object]:
    """One line of the table."""
    path = save(table, folder / "store")
    file = folder / "items.rfa"
    archive_s = timed(lambda number: archive(path, file))
    restore_s = timed(lambda number: restore(file, folder / f"again-{number}"))
    if verify(folder / "again-0") or (folder / "again-0" / path.name).name != path.name:
        raise RuntimeError("an archive did not give its artifact back")
    done = archive(path, file)
    codes = [column for column in done.columns if ".codes." in column.name]
    fixed, entropy, taken = (sum(getattr(column, field) for column in codes) for field in ("bytes", "entropy_bytes", "coded_bytes"))
    chance = np.random.default_rng(1)
    with open_archive(file) as opened:
        stored = sum(part.way == STORED for name_of, part in opened.plan.items() if ".codes." in name_of)
        opened.rows(0, 1)
        begun = time.perf_counter()
        for first in chance.integers(0, table.count - 100, READS):
            opened.rows(int(first), int(first) + 100)
        read_ms = 1000 * (time.perf_counter() - begun) / READS
    return {
        "data": name,
        "codec": describe(table.segments[0].codec),
        "rows": table.count,
        "row_bytes": fixed / table.count,
        "mean_code_bytes": taken / table.count,
        "fixed_bytes": fixed,
        "entropy_bytes": entropy,
        "coded_bytes": taken,
        "above_entropy": taken / entropy - 1,
        "saved": 1 - taken / fixed,
        "columns_left_as_they_are": stored,
        "peers_saved": peer_shares(table),
        "all_bytes": done.bytes,
        "archive_bytes": done.archive_bytes,
        "all_saved": 1 - done.archive_bytes / done.bytes,
        "archive_mb_s": done.bytes / archive_s / 1e6,
        "restore_mb_s": done.bytes / restore_s / 1e6,
        "read_100_rows_ms": read_ms,
    }


def deciles(data: datasets.Factors) -> list[dict[str, float]]:
    """Precision and code length of items by how often they are shown: a codec fitted with these weights gives error to the rarely shown, in bytes alike."""
    weight = exposure(data.users, data.items, seed=0)
    table = coded(data.items, {"codec": "residual", "levels": 16}, weight)
    errors = np.square(table.decode() - data.items).sum(axis=1) / np.maximum(np.square(data.items).sum(axis=1), 1e-20)
    lengths = np.zeros(table.count)
    for column in table.segments[0].codes.columns.values():
        for place in np.ascontiguousarray(column).view(np.uint8).reshape(table.count, -1).T:
            lengths -= np.log2(np.bincount(place, minlength=256)[place] / table.count) / 8
    order = np.argsort(-weight, kind="stable")
    fixed = float(table.segments[0].codes.row_bytes)
    return [
        {"decile": number + 1, "relative_error": float(errors[part].mean()), "ideal_code_bytes": float(lengths[part].mean()), "fixed_bytes": fixed}
        for number, part in enumerate(np.array_split(order, 10))
    ]


def say(line: str) -> None:
    """One line of progress, on stderr."""
    print(f"[{time.strftime('%H:%M:%S')}] {line}", file=sys.stderr, flush=True)


def show(rows: list[dict], tenths: list[dict]) -> None:
    """Both tables."""
    titles = ("data", "codec", "B/row", "entropy", "archive", "above entropy", "saved", *(f"{peer} saved" for peer in PEERS))
    sheet = Sheet(*titles, "all saved", "MB/s in, out", "100 rows", title="Codes in an archive (all saved: with ids, state and manifest)")
    for row in rows:
        per_row = [f"{row[field] / row['rows']:.2f}" for field in ("entropy_bytes", "coded_bytes")]
        peers = [f"{share:+.1%}" for share in row["peers_saved"].values()]
        speeds = (f"{row['archive_mb_s']:.0f}, {row['restore_mb_s']:.0f}", f"{row['read_100_rows_ms']:.2f} ms")
        shares = (f"{row['above_entropy']:+.2%}", f"{row['saved']:+.1%}", *peers, f"{row['all_saved']:+.1%}")
        sheet.add_row(row["data"], row["codec"], f"{row['row_bytes']:.0f}", *per_row, *shares, *speeds)
    Console(width=200).print(sheet)
    if tenths:
        sheet = Sheet("items by exposure", "relative error", "ideal code bytes", "fixed bytes", title="amazon_book, residual 16 fitted with exposure weights")
        for row in tenths:
            sheet.add_row(f"tenth {row['decile']}", f"{row['relative_error']:.3f}", f"{row['ideal_code_bytes']:.2f}", f"{row['fixed_bytes']:.0f}")
        Console(width=120).print(sheet)


def keep(rows: list[dict], **more: object) -> dict:
    """Put rows into the results, in place of those of the same data and codec."""
    path = datasets.RESULTS / "cold.json"
    kept = json.loads(path.read_text()) if path.exists() else {"codes": [], "by_exposure": []}
    fresh = {(row["data"], row["codec"]) for row in rows}
    kept["codes"] = [row for row in kept["codes"] if (row["data"], row["codec"]) not in fresh] + rows
    kept["codes"].sort(key=lambda row: (row["data"], row["row_bytes"]))
    kept |= more
    worst, least = max(row["above_entropy"] for row in kept["codes"]), min(row["saved"] for row in kept["codes"])
    kept["bars"] = {
        "codes above their entropy, worst": {"asked": BAR, "measured": worst, "holds": worst <= BAR},
        "mean code length below the fixed one, least saved": {"asked": 0.0, "measured": least, "holds": least > 0},
    }
    path.write_text(json.dumps(kept, indent=1) + "\n")
    return kept


def main(asked: list[str]) -> int:
    for name in asked or ["text132k", "amazon_book"]:
        data = None if name == "text132k" else datasets.factors(name)
        x = datasets.text() if data is None else data.items
        for spec in SPECS:
            with tempfile.TemporaryDirectory() as folder:
                row = measure(name, coded(x, spec), Path(folder))
            kept = keep([row])
            say(f"{name}: {row['codec']}: {row['above_entropy']:+.2%} above entropy, {row['saved']:+.1%} saved")
        if data is not None:
            kept = keep([], by_exposure=deciles(data))
    show(kept["codes"], kept["by_exposure"])
    return int(not all(bar["holds"] for bar in kept["bars"].values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
