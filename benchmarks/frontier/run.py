"""The frontier: every code that installs at equal bytes on every set. Computes what is not in the cache, then writes the table, the JSON and the plots.

    python -m benchmarks.frontier.run [--only ours|peers|tables] [--sets a,b] [--sizes 16,32] [--seeds 1,2,3] [--methods A,B]
        [--redo METHOD] [--keep] [--times] [--codelength]

Every method is fitted on the same random half of the rows (by seed) and measured over all rows. Results lie in benchmarks/results/frontier/, one small file
each; ours are measured again when the code behind them changes.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse  # noqa: E402
import multiprocessing  # noqa: E402
import platform  # noqa: E402
import resource  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from dataclasses import dataclass, replace  # noqa: E402

import numpy as np  # noqa: E402

from benchmarks import datasets  # noqa: E402

from . import cache, codelength, forms, ours, reporting, times  # noqa: E402
from .cache import Key  # noqa: E402
from .coded import CHEAP, MIDDLING, PEERS, SLOW, Coded, Job, Method  # noqa: E402
from .envelope import OURS, Result, allowed, best, results  # noqa: E402
from .measure import measure  # noqa: E402
from .sets import NAMES, TEXTS, FrontierSet, Judged, bars_of, is_cosine, is_limited, load, sizes_of  # noqa: E402

FOLDER = datasets.RESULTS / "frontier"
SEEDS = (1, 2, 3)
# Text (True): points behind the best peer; factors: share of its NDCG. NEAR to be run with other seeds, FAR to be run at other sizes.
NEAR = {True: 0.04, False: 0.05}
FAR = {True: 0.12, False: 0.20}
TIMED_SCANS = 5
# The order of sets: those with the plainest bars first, then those that are soon done.
ORDER = ("amazon_book", "text132k", "anime", "debian_deps", "anime_elsa", "debian_deps_elsa", "debian50k", "goodbooks")


@dataclass(frozen=True, slots=True)
class Work:
    """One result to compute: `spec` says ours, `method` says whose."""

    key: Key
    settings: dict
    cost: int
    method: Method | None = None
    spec: dict | None = None

    @property
    def digest(self) -> str:
        """Changes with the protocol, the settings, and the code of ours."""
        if self.spec is not None:
            return ours.digest_of(self.settings)
        return cache.digest([cache.PROTOCOL, self.settings, self.method.version])


def peer_work(name: str, size: int, seed: int) -> Iterator[Work]:
    """Every peer in every form at one size of a set."""
    small = is_limited(name)
    dim = dims_of(name)
    for method in PEERS.values():
        # Where codebooks count, those that take long to fit are far too large; elsewhere small ones have no point.
        unsuited = method.small_books != small and (method.small_books or method.cost != CHEAP)
        if unsuited or (method.sets and name not in method.sets) or (method.sizes and (size not in method.sizes or seed != SEEDS[0])):
            continue
        for form in forms.forms_of(method, cosine=is_cosine(name)):
            settings = method.plan(dim, forms.inner_bytes(form, size))
            if settings is not None:
                yield Work(Key(name, method.name, form, size, seed), settings, method.cost, method=method)


def our_work(name: str, size: int, seed: int) -> Iterator[Work]:
    """Our codecs at one size of a set, the simplest ones at the bar sizes with one seed; factors with exposure weights, once without."""
    bar = size in bars_of(name)
    dim, cosine = dims_of(name), is_cosine(name)
    specs = ours.specs(dim, size, cosine) | ({} if name in TEXTS else ours.judged_specs(dim, size, cosine, is_limited(name)))
    for label, spec in specs.items():
        strong = label in ours.STRONG
        first = seed == SEEDS[0]
        both = bar and strong and first and label not in ("viewed", "tiers", "even tiers")
        for weighted in (False,) if name in TEXTS else (True, False) if both else (True,):
            form = "exposure weights" if weighted else "plain"
            if strong or (bar and first):
                yield Work(Key(name, f"rankfold {label}", form, size, seed), {"spec": spec, "weighted": weighted}, CHEAP, spec=spec)


def dims_of(name: str) -> int:
    """Dimensions of a set's rows."""
    return 384 if name in TEXTS else 256 if name.endswith("elsa") else 128


def in_order(names: list[str], sizes: list[int] | None, seeds: list[int], only: str) -> Iterator[Work]:
    """Bar sizes and cheap methods first, the other seeds and slow methods last."""
    found: list[tuple[tuple, Work]] = []
    for name in names:
        for size in sorted({*sizes_of(name), *extra_sizes(name)}):
            bar = size in bars_of(name)
            if sizes is not None and size not in sizes:
                continue
            for seed in seeds if bar else seeds[:1]:
                first = seed == seeds[0]
                ours_too = only != "peers" and size in sizes_of(name)
                for work in [*(our_work(name, size, seed) if ours_too else ()), *(peer_work(name, size, seed) if only != "ours" else ())]:
                    found.append(((stage(work, bar, first), seed, work.cost, ORDER.index(name), size), work))
    yield from (work for _, work in sorted(found, key=lambda pair: pair[0]))


def stage(work: Work, bar: bool, first: bool) -> int:
    """When a result's turn comes: bar sizes, other seeds, other sizes and sets without bars, slow methods."""
    if work.cost == SLOW:
        return 5
    if work.key.set in ("debian50k", "goodbooks"):
        return 3 if bar and first else 4
    if bar:
        return work.cost if first else 2
    return 3 if work.cost == CHEAP else 4


def extra_sizes(name: str) -> set[int]:
    """Sizes outside the set's own that some peer is published with."""
    return {size for method in PEERS.values() if name in method.sets for size in method.sizes}


def compute(work: Work) -> None:
    """Fit, code, measure, write one result."""
    frontier_set = load(work.key.set)
    half = frontier_set.half(work.key.seed)
    weighted = work.spec is not None and work.settings["weighted"]
    job = Job(frontier_set.items[half], frontier_set.items, work.key.nbytes, work.key.seed, frontier_set.cosine, half=half)
    if weighted and isinstance(frontier_set.question, Judged):
        asked = frontier_set.question
        job = replace(job, weight=asked.weight[half], exposure=asked.weight, queries=asked.queries)
    if work.spec is not None:
        coded = ours.coded(job, work.spec, weighted=weighted)
        if frontier_set.cosine:
            coded = forms.renormalised(coded)
    else:
        coded = forms.run(work.method, job, work.key.form, work.settings)
    measured = measure(frontier_set, coded)
    entry = header(work, frontier_set) | {
        "row_bytes": coded.row_bytes,
        "state_bytes": coded.state_bytes,
        "fit_s": round(coded.fit_s, 2),
        "encode_s": round(coded.encode_s, 2),
        "scan_ms": scan_ms(coded, frontier_set),
        "note": coded.note,
        "figures": measured.figures,
        "values": cache.packed(measured.values),
    }
    cache.write(work.key.path(FOLDER), entry)
    write_exact(frontier_set)


def header(work: Work, frontier_set: FrontierSet) -> dict:
    """What says which result an entry is."""
    key = work.key
    who = OURS if work.spec is not None else "peer"
    names = {"set": key.set, "who": who, "method": key.method, "form": key.form, "nbytes": key.nbytes, "seed": key.seed, "count": len(frontier_set.items)}
    return names | {"settings": work.settings, "digest": work.digest, "machine": platform.node()}


def write_exact(frontier_set: FrontierSet) -> None:
    """NDCG@10 of the uncompressed vectors, a judged user each: what losses are losses of."""
    path = FOLDER / frontier_set.name / "exact.json"
    if isinstance(frontier_set.question, Judged) and not path.exists():
        before = frontier_set.question.baseline
        figures = {name: mean.to_dict() for name, mean in before.means().items()}
        cache.write(path, {"set": frontier_set.name, "exact": cache.packed(before.values["ndcg@10"]), "figures": figures})


def scan_ms(coded: Coded, frontier_set: FrontierSet) -> float | None:
    """Least processor milliseconds of a top-100 search of one query on one thread, after the first; None for methods without a scan here."""
    if coded.scan is None:
        return None
    taken = []
    for row in range(TIMED_SCANS + 1):
        start = time.process_time()
        coded.scan(np.ascontiguousarray(frontier_set.items[row : row + 1]))
        taken.append(1000 * (time.process_time() - start))
    return round(min(taken[1:]), 4)


def contends(work: Work) -> bool:
    """Whether a peer is worth running: with other seeds, if it came near the best one with the first; at other sizes, if not far behind at every bar size."""
    key, bars = work.key, bars_of(work.key.set)
    if work.spec is not None or key.nbytes in work.method.sizes or (key.nbytes in bars and key.seed == SEEDS[0]):
        return True
    first = results(entry for entry in cache.entries(FOLDER, (key.set,)) if entry.get("seed") == SEEDS[0])
    margin = NEAR if key.nbytes in bars else FAR
    tried = [behind(first, key, size) for size in ([key.nbytes] if key.nbytes in bars else bars)]
    return any(gap is not None and gap <= margin[key.set in TEXTS] for gap in tried) or (key.nbytes not in bars and tried == [None] * len(tried))


def behind(found: list[Result], key: Key, size: int) -> float | None:
    """How far a peer is behind the best peer at a bar size: in agreement, or as a share of NDCG; None where it has no result there."""
    peers = [one for one in allowed(found, key.set, size, is_limited(key.set)) if one.who != OURS]
    leader = best(peers)
    mine = [one for one in found if (one.set, one.method, one.form, one.nbytes) == (key.set, key.method, key.form, size)]
    if leader is None or not mine:
        return None
    return (leader.quality - mine[0].quality) / (1 if key.set in TEXTS else leader.quality)


def within_limits(work: Work) -> None:
    """Compute in a process of its own that is ended after the method's processor time; what did not finish is recorded as such."""
    limit_s = work.method.limit_s

    def child() -> None:
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s + 5))
        compute(work)

    frontier_set = load(work.key.set)
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join()
    if process.exitcode != 0:
        why = f"more than {limit_s} s" if process.exitcode in (-signal.SIGXCPU, -signal.SIGKILL) else f"ended with {process.exitcode}"
        cache.write(work.key.path(FOLDER), header(work, frontier_set) | {"skipped": why})


def settle(work: Work, redo: str | None = None, keep: bool = False) -> bool:
    """Compute one result unless it is there already; with `keep`, one that earlier code made will do. Returns whether it did."""
    known = cache.read(work.key.path(FOLDER))
    there = known is not None and (known.get("digest") == work.digest or (keep and work.spec is not None and "values" in known))
    if there and redo != work.key.method:
        return False
    if not contends(work):
        return False
    start = time.process_time()
    if work.method is not None and work.cost >= MIDDLING and work.method.limit_s:
        within_limits(work)
    else:
        try:
            compute(work)
        except Exception as error:  # a method that fails is a line of the table, not the end of the run
            cache.write(work.key.path(FOLDER), header(work, load(work.key.set)) | {"skipped": f"{type(error).__name__}: {error}"})
    entry = cache.read(work.key.path(FOLDER)) or {}
    say(f"{work.key.set} {work.key.nbytes} B seed {work.key.seed} {work.key.method} ({work.key.form}): {told(entry)}, {time.process_time() - start:.0f} s")
    return True


def told(entry: dict) -> str:
    """An entry in a few words."""
    if "skipped" in entry:
        return f"skipped, {entry['skipped']}"
    figures = entry["figures"]
    if "agreement@100" in figures:
        return f"agreement@100 {figures['agreement@100']['mean']:.4f}"
    return f"NDCG@10 {figures['ndcg@10']['drop']:+.2%} lost, overlap@10 {figures['overlap@10']['mean']:.3f}"


def say(line: str) -> None:
    """One line of progress, on stderr."""
    print(f"[{time.strftime('%H:%M:%S')}] {line}", file=sys.stderr, flush=True)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.frontier.run", description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=("ours", "peers", "tables", "all"), default="all")
    for name, kind, default in (("sets", str, list(NAMES)), ("sizes", int, None), ("seeds", int, list(SEEDS))):
        parser.add_argument(f"--{name}", type=lambda text, kind=kind: [kind(part) for part in text.split(",")], default=default)
    parser.add_argument("--methods", type=lambda text: text.split(","), default=None, help="only these, as the tables name them")
    parser.add_argument("--keep", action="store_true", help="take results of ours that earlier code made; the tables mark them")
    parser.add_argument("--redo", metavar="METHOD", help="compute the results of this method again")
    parser.add_argument("--times", action="store_true", help="measure the scan times of all methods in this run")
    parser.add_argument("--codelength", action="store_true", help="measure duplicate codes and near-duplicates by code length")
    return parser.parse_args()


def main() -> None:
    asked = options()
    unknown = sorted(set(asked.sets) - set(NAMES))
    if unknown:
        sys.exit(f"--sets: got {', '.join(unknown)}; expected some of {', '.join(NAMES)}.")
    if asked.only in ("peers", "all") or asked.times:
        from . import peers  # noqa: F401, PLC0415 - the peers' packages are only needed here
    if asked.only != "tables":
        for work in in_order(asked.sets, asked.sizes, asked.seeds, asked.only):
            if asked.methods is None or work.key.method in asked.methods:
                settle(work, asked.redo, asked.keep)
    if asked.times:
        times.run()
    if asked.codelength:
        codelength.run()
    reporting.write(FOLDER, asked.sets)


if __name__ == "__main__":
    main()
