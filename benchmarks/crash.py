"""What survives: kills while compressing and archiving, damaged bytes, and full disks.

    python benchmarks/crash.py [kills|command_kills|archive_kills|mutations|disks ...]

Prints a table and writes benchmarks/results/crash.json. Needs no data: vectors are drawn from a seed.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from rankfold.arrays import unit_rows
from rankfold.codecs import get, names
from rankfold.compression import compress
from rankfold.errors import ArtifactError, RankfoldError
from rankfold.store import archive, load, open_archive, read_manifest, save, verify
from rankfold.table import Table
from rankfold.vectors import as_vectors

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results" / "crash.json"
CHILD_ROWS, CHILD_DIM = 60_000, 32
COMMAND_ROWS = 2_000


def gaussian(seed: int, rows: int, dim: int):
    return as_vectors(np.random.default_rng(seed).normal(size=(rows, dim)).astype(np.float32))


def child(out: str, seed: int) -> None:
    """Compress vectors of a seed into `out`: the process that gets killed."""
    vectors = gaussian(seed, CHILD_ROWS, CHILD_DIM)
    half = get("half")()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    compress(vectors, half, norms="raw", sample=100, out=Path(out), note=str(seed))
    sys.stdout.write("done\n")
    sys.stdout.flush()


def start(out: Path, seed: int) -> subprocess.Popen:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, __file__, "--child", str(out), str(seed)], stdout=subprocess.PIPE, env=environment)
    process.stdout.readline()
    return process


def finish(process: subprocess.Popen) -> int:
    process.stdout.close()
    return process.wait()


def timed(out: Path, seed: int) -> float:
    """Seconds of one whole compression."""
    process = start(out, seed)
    begun = time.perf_counter()
    done = process.stdout.readline()
    seconds = time.perf_counter() - begun
    if finish(process) or done != b"done\n":
        raise RuntimeError("a compression that nobody killed has failed")
    return seconds


def kills(count: int, folder: Path, seed: int = 0) -> dict[str, int]:
    """Kill `count` compressions over an existing artifact at random moments; say what was there afterwards."""
    out, chance = folder / "v1", random.Random(seed)
    whole_s = sorted(timed(out, 0) for _ in range(3))[1]
    found = {"kills": count, "old": 0, "new": 0, "torn": 0, "visible_junk": 0, "hidden_leftovers_seen": 0}
    held = 0
    for seed_now in range(1, count + 1):
        process = start(out, seed_now)
        time.sleep(chance.uniform(0, whole_s * 1.2))
        process.kill()
        finish(process)
        held = judge(out, held, seed_now, found)
    timed(out, count + 1)
    left = [name for name in os.listdir(out) if name.startswith(".")]
    return found | {"left_after_the_next_write": len(left)}


def judge(out: Path, old: int, new: int, found: dict[str, int]) -> int:
    """Count what a kill left behind; returns the seed of the artifact that is there now."""
    try:
        table = load(out, check="digests")
        held = int(read_manifest(out).made["note"])
        expected = gaussian(held, CHILD_ROWS, CHILD_DIM).read()
        torn = held not in (old, new) or float(np.abs(table.decode() - expected).max()) > 0.01
    except ArtifactError:
        held, torn = old, True
    found["torn" if torn else "new" if held == new else "old"] += 1
    entries = os.listdir(out)
    visible = [name for name in entries if not name.startswith(".")]
    found["visible_junk"] += sum(name != "current" and verify(out / name) != [] for name in visible)
    found["hidden_leftovers_seen"] += len(entries) - len(visible)
    for name in visible:
        if name not in ("current", (out / "current").read_text().strip()):
            shutil.rmtree(out / name)
    return held


def command(folder: Path, seed: int) -> subprocess.Popen:
    """`rankfold compress -o` of the vectors of a seed, into folder/v1."""
    items = folder / f"items-{seed % 2}.npy"
    np.save(items, gaussian(seed, COMMAND_ROWS, CHILD_DIM).read())
    words = ["compress", str(items), "--codec", str(folder / "half.json"), "-o", str(folder / "v1")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-m", "rankfold", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)


def command_kills(count: int, folder: Path, seed: int = 0) -> dict[str, int]:
    """Kill `count` runs of the whole command at random moments: the artifact must be the old or the new one, the figures beside it whole."""
    (folder / "half.json").write_text('{"codec": "half"}')
    chance = random.Random(seed)
    begun = time.perf_counter()
    if command(folder, 0).wait():
        raise RuntimeError("a command that nobody killed has failed")
    whole_s = time.perf_counter() - begun
    found = {"kills": count, "old": 0, "new": 0, "torn": 0, "broken_reports": 0}
    held = 0
    for seed_now in range(1, count + 1):
        process = command(folder, seed_now)
        # Most of the run is start-up and measuring, during which nothing is written; the last part is where it matters.
        time.sleep(whole_s * (chance.uniform(0.5, 1.1) if seed_now % 4 else chance.uniform(0, 0.5)))
        process.kill()
        process.wait()
        try:
            decoded = load(folder / "v1", check="digests").decode()
            same = [one for one in (held, seed_now) if np.abs(decoded - gaussian(one, COMMAND_ROWS, CHILD_DIM).read()).max() < 0.01]
        except ArtifactError:
            same = []
        found["torn" if not same else "new" if same[0] == seed_now else "old"] += 1
        held = same[0] if same else held
        try:
            json.loads((folder / "v1.report.json").read_text())
        except ValueError:
            found["broken_reports"] += 1
    return found


def archiver(store: str, file: str) -> None:
    """Archive a store: the process that gets killed."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    archive(store, file)


def archive_kills(count: int, folder: Path, seed: int = 0) -> dict[str, int]:
    """Kill `count` runs of `archive` over an existing file at random moments: the file must be the old archive or the new one, and whole."""
    chance, file = random.Random(seed), folder / "items.rfa"
    stores = [save(compress(gaussian(one, CHILD_ROWS, CHILD_DIM), get("half")(), norms="raw", sample=100), folder / f"v{one}") for one in range(2)]

    def begin(store: Path) -> subprocess.Popen:
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen([sys.executable, __file__, "--archiver", str(store), str(file)], stdout=subprocess.PIPE, env=environment)
        process.stdout.readline()
        return process

    spent = []
    for _ in range(3):
        process, begun = begin(stores[0]), time.perf_counter()
        if finish(process):
            raise RuntimeError("an archiving that nobody killed has failed")
        spent.append(time.perf_counter() - begun)
    whole_s = sorted(spent)[1]
    found = {"kills": count, "old": 0, "new": 0, "torn": 0, "hidden_leftovers_seen": 0}
    held = stores[0].name
    for number in range(1, count + 1):
        new = stores[number % 2]
        process = begin(new)
        time.sleep(chance.uniform(0, whole_s * 1.2))
        process.kill()
        finish(process)
        try:
            with open_archive(file) as opened:
                torn, name = opened.findings() != [] or opened.name not in (held, new.name), opened.name
        except ArtifactError:
            torn, name = True, held
        found["torn" if torn else "new" if name == new.name and name != held else "old"] += 1
        held = name
        found["hidden_leftovers_seen"] += sum(entry.startswith(".") for entry in os.listdir(folder))
    archive(stores[0], file)
    return found | {"left_after_the_next_write": sum(entry.startswith(".") for entry in os.listdir(folder))}


def damage(path: Path, chance: random.Random) -> str:
    """Change one file, or the set of files; returns what was done."""
    raw = path.read_bytes()
    place = chance.randrange(len(raw))
    what = chance.choices(["bit", "byte", "cut", "grow", "insert", "drop", "delete", "extra", "zero"], [40, 20, 8, 6, 8, 8, 4, 3, 3])[0]
    if what == "bit":
        path.write_bytes(raw[:place] + bytes([raw[place] ^ (1 << chance.randrange(8))]) + raw[place + 1 :])
    elif what == "byte":
        path.write_bytes(raw[:place] + bytes([(raw[place] + chance.randrange(1, 256)) % 256]) + raw[place + 1 :])
    elif what == "cut":
        path.write_bytes(raw[:place])
    elif what == "grow":
        path.write_bytes(raw + chance.randbytes(chance.randrange(1, 200)))
    elif what == "insert":
        path.write_bytes(raw[:place] + chance.randbytes(1) + raw[place:])
    elif what == "drop":
        path.write_bytes(raw[:place] + raw[place + 1 :])
    elif what == "delete" or path.name == "current" and what == "extra":  # a folder may hold other files, an artifact may not
        path.unlink()
    elif what == "extra":
        (path.parent / "extra.npy").write_bytes(raw)
    else:
        path.write_bytes(raw[:place] + b"\xff" * max(1, min(64, len(raw) - place)) + raw[place + 64 :] + b"\0")
    return what


def victims(folder: Path) -> list[Path]:
    """A small artifact of every codec, with removed rows and a second segment."""
    found = []
    for name in names():
        kind = get(name)
        with contextlib.suppress(RankfoldError):
            codec = next(iter(kind.ladder(16)), None) or kind()
            table = compress(as_vectors(unit_rows(gaussian(1, 300, 16).read())), codec, norms="raw")
            more = as_vectors(unit_rows(gaussian(2, 20, 16).read()), np.arange(300, 320))
            save(table.add(more).remove([7]), folder / name, note="x" * 50)
            found.append(folder / name)
    return found


def mutations(count: int, folder: Path, seed: int = 0) -> dict[str, int | float]:
    """Damage small artifacts of all codecs `count` times; say what `verify` found and what `load` refused."""
    chance, roots = random.Random(seed), victims(folder)
    found: dict[str, int | float] = {"mutations": count, "codecs": len(roots), "found_by_verify": 0, "refused_by_load": 0, "missed": 0, "other_errors": 0}
    slowest = 0.0
    for _ in range(count):
        root = chance.choice(roots)
        artifact = root / (root / "current").read_text().strip()
        path = chance.choice([root / "current", *sorted(artifact.iterdir())])
        raw = path.read_bytes()
        damage(path, chance)
        begun = time.perf_counter()
        try:
            seen = verify(root) != []
            found["found_by_verify"] += seen
            refused = tried(root)
            found["refused_by_load"] += refused
            found["missed"] += not (seen or refused)
        except Exception as error:  # anything else than a finding or an ArtifactError is a fault, and is counted as one
            found["other_errors"] += 1
            sys.stderr.write(f"{path}: {error!r}\n")
        slowest = max(slowest, time.perf_counter() - begun)
        (path.parent / "extra.npy").unlink(missing_ok=True)
        path.write_bytes(raw)
    whole = sum(verify(root) == [] for root in roots)
    return found | {"slowest_ms": round(1000 * slowest, 1), "whole_again": whole}


def tried(root: Path) -> bool:
    """Whether a load that reads sizes only refuses the artifact; what it lets through is decoded, which may fail but not crash."""
    try:
        table: Table = load(root)
    except ArtifactError:
        return True
    with np.errstate(all="ignore"):
        table.decode()
    return False


def disks(folder: Path) -> dict[str, str]:
    """Compress onto a disk that is too small: by a limit on file size, and on a real small file system where one can be mounted."""
    found = {"file_size_limit": refused_with(folder / "limited", "ulimit -f 1000; ")}
    mount = folder / "small"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(mount)], capture_output=True, check=False).returncode:
        found["small_file_system"] = "not tried: it cannot be mounted here"
        return found
    try:
        found["small_file_system"] = refused_with(mount / "v1", "")
    finally:
        subprocess.run(["umount", str(mount)], check=True)
    return found


def refused_with(out: Path, before: str) -> str:
    """The last line of the error of a compression that cannot succeed, or what was wrong with how it failed."""
    command = f'{before}exec "{sys.executable}" "{__file__}" --child "{out}" 1'
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment, check=False)
    message = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ""
    if "ArtifactError" not in message or out.exists():
        return f"FAULT: exit {done.returncode}, left {out.exists()}, said {message!r}"
    return "reported, nothing left: " + message.split(": ", 1)[1].replace(str(out), "<out>")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="kills, command_kills, archive_kills, mutations, disks; default all")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--mutations", type=int, default=10_000)
    parser.add_argument("--child", nargs=2)
    parser.add_argument("--archiver", nargs=2)
    arguments = parser.parse_args()
    if arguments.archiver:
        archiver(*arguments.archiver)
        return 0
    if arguments.child:
        child(arguments.child[0], int(arguments.child[1]))
        return 0
    runs = {"kills": lambda at: kills(arguments.kills, at), "command_kills": lambda at: command_kills(arguments.kills, at)}
    runs |= {"archive_kills": lambda at: archive_kills(arguments.kills, at)}
    runs |= {"mutations": lambda at: mutations(arguments.mutations, at), "disks": disks}
    results = {}
    for part in arguments.parts or list(runs):
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            results[part] = runs[part](Path(folder)) | {"seconds": round(time.perf_counter() - begun, 1)}
        sys.stdout.write(f"{part}\n" + "".join(f"  {key:<26} {value}\n" for key, value in results[part].items()))
    RESULTS.parent.mkdir(exist_ok=True)
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(kept | results, indent=1) + "\n")
    faults = [results.get(part, {}).get("torn") for part in ("kills", "command_kills", "archive_kills")]
    faults += [
        results.get("command_kills", {}).get("broken_reports"),
        results.get("mutations", {}).get("missed"),
        results.get("mutations", {}).get("other_errors"),
    ]
    return int(any(faults) or "FAULT" in json.dumps(results))


if __name__ == "__main__":
    sys.exit(main())
