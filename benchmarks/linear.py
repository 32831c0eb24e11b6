"""Linear recommenders made small: sparse factors trained inside the model beside pruned EASE, dense ELSA, and its vectors coded afterwards.

    python benchmarks/linear.py [--sets anime debian_deps] [--seeds 0 1 2] [--users 4000]

Models learn from split 0; the ridge of EASE is chosen on split 1 and serves the sparse starts too; all are judged on split 2, split 0 and 1 masked, on the same
sampled users. "chosen" is of the trained forms (factors, or weights that go one way after so many steps) the one that is best on split 1, in bytes. Bytes
are those of a row; pruned EASE stands there with values not rounded, in the bytes that places and 4 bits a value would take, and packed in the same
bytes as ours. Fit times are processor seconds of one thread. What does not depend on the
seed, and 8 and 32 nonzeros, comes with the first seed alone. Prints a table and writes benchmarks/results/linear.json, where other sets and seeds than those
run now stay as they were.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402

import datasets  # noqa: E402
import numpy as np  # noqa: E402

from rankfold import kernels  # noqa: E402
from rankfold.arrays import row_norms, unit_rows  # noqa: E402
from rankfold.codecs import from_spec  # noqa: E402
from rankfold.compression import compress  # noqa: E402
from rankfold.evaluate import Task, compare, evaluate  # noqa: E402
from rankfold.evaluate.report import Report  # noqa: E402
from rankfold.fitting.bitpack import packed_bytes  # noqa: E402
from rankfold.linear import (  # noqa: E402
    Factors,
    SparseFactors,
    SparseWeights,
    fit_ease,
    fit_elsa,
    fit_sparse_ease,
    fit_sparse_elsa,
    pack_factors,
    prune_weights,
    unpack_factors,
)
from rankfold.linear.packing import index_bits  # noqa: E402
from rankfold.search.ranking import Ranking  # noqa: E402
from rankfold.search.rows import Rows  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

PATH = datasets.RESULTS / "linear.json"
RIDGES = {"anime": (100.0, 200.0, 400.0), "debian_deps": (10.0, 20.0, 40.0)}
NONZEROS = (8, 16, 32)
PRUNED = (8, 16, 32, 64)
STEPS = (30, 60)
FACTORS = 512
METRICS = ("ndcg@10", "ndcg@100")
PASS_USERS = 256
VALID_USERS = 2_000
Score = Callable[[np.ndarray], np.ndarray]


class Scored:
    """Ranks by the scores of a function of user numbers; the queries of its tasks are those numbers."""

    def __init__(self, items: int, score: Score):
        self.count, self._score = items, score

    def search(self, queries, k, *, exclude=None, allow=None):
        rows, scores = np.full((len(queries), k), -1, np.int64), np.full((len(queries), k), -np.inf, np.float32)
        for start in range(0, len(queries), PASS_USERS):
            stop = min(start + PASS_USERS, len(queries))
            out = np.ascontiguousarray(self._score(queries[start:stop, 0].astype(np.int64)), np.float32)
            if exclude is not None:
                part = exclude.slice(start, stop)
                out[part.queries(), part.values] = -np.inf
            kernels.select(out, 0, scores[start:stop], rows[start:stop])
        return Ranking(rows, scores)


class World:
    """One data set: what users took in training, and the tasks."""

    def __init__(self, name: str, users: int):
        data = datasets.factors(name, "elsa256")
        self.name, self.items, self.shipped = name, len(data.items), data.items
        total = len(data.users)
        lists = [Rows.from_pairs(data.user[data.split == part], data.item[data.split == part], total) for part in range(3)]
        known = Rows.from_pairs(data.user[data.split < 2], data.item[data.split < 2], total)
        numbers = np.arange(total, dtype=np.float32)[:, None]
        popularity = np.bincount(lists[0].values, minlength=self.items)
        self.taken = lists[0]
        self.valid = Task(numbers, lists[1], lists[0], {}, popularity).sample(VALID_USERS, seed=1)
        self.test = Task(numbers, lists[2], known, {}, popularity).sample(users, seed=2)

    def judge(self, score: Score, task: Task | None = None) -> Report:
        return evaluate(Scored(self.items, score), task or self.test, metrics=METRICS)

    def by_weights(self, weights: np.ndarray) -> Score:
        def score(users):
            took = np.zeros((len(users), self.items), np.float32)
            part = self.taken.take(users)
            took[part.queries(), part.values] = 1
            return took @ weights

        return score

    def by_factors(self, factors, rows: np.ndarray | None = None) -> Score:
        """Scores of users whose vectors the factors make, with `rows` in place of the items' own."""
        columns = np.ascontiguousarray((factors.rows() if rows is None else rows).T)
        return lambda users: factors.users(self.taken.take(users)) @ columns

    def by_rows(self, rows: SparseFactors) -> Score:
        """Scores of users whose items speak for others by these weights."""
        return lambda users: SparseWeights(rows).scores(self.taken.take(users))


def timed(work: Callable[[], object]) -> tuple[object, float]:
    begun = time.process_time()
    done = work()
    return done, time.process_time() - begun


def ease_rows(world: World) -> Iterator[tuple[str, int, float, Report]]:
    """EASE at the ridge that is best on held-out items, whole and pruned; the ridge comes back as the generator's value."""
    found = {}
    for ridge in RIDGES[world.name]:
        weights, seconds = timed(lambda ridge=ridge: fit_ease(world.taken, world.items, ridge=ridge))
        found[ridge] = (world.judge(world.by_weights(weights), world.valid).means()["ndcg@100"].mean, weights, seconds)
    ridge = max(found, key=lambda one: found[one][0])
    _, weights, seconds = found[ridge]
    yield f"EASE, ridge {ridge:g}", 4 * world.items, seconds, world.judge(world.by_weights(weights))
    for count in PRUNED:
        index, value = prune_weights(weights, count)
        kept = np.zeros_like(weights)
        np.put_along_axis(kept, index.astype(np.intp), value, axis=1)
        size = packed_bytes(count, index_bits(world.items)) + packed_bytes(count, 4)
        yield f"EASE pruned to {count}", size, seconds, world.judge(world.by_weights(kept))
        packed = pack_factors(SparseFactors(index, unit_rows(value), row_norms(value), world.items))
        yield f"EASE pruned to {count}, ordered", packed.rows.shape[1], seconds, world.judge(world.by_rows(unpack_factors(packed)))
    return ridge


def dense_rows(world: World, seed: int) -> Iterator[tuple[str, int, float, Report]]:
    """Dense ELSA as published and with lengths; the published one's vectors, and those that come with the data, coded afterwards."""
    for lengths in (False, True):
        factors, seconds = timed(lambda lengths=lengths: fit_elsa(world.taken, world.items, factors=FACTORS, lengths=lengths, seed=seed))
        name = f"ELSA {FACTORS}, lengths" if lengths else f"ELSA {FACTORS}"
        yield name, 4 * (FACTORS + lengths), seconds, world.judge(world.by_factors(factors))
        if not lengths:
            yield from coded_rows(world, name, factors, seed)
    if seed == 0:
        shipped = Factors(world.shipped, np.ones(world.items, np.float32))
        yield "ELSA 256 of the data", 4 * 256, 0.0, world.judge(world.by_factors(shipped))
        yield from coded_rows(world, "ELSA 256 of the data", shipped, seed)


def coded_rows(world: World, name: str, factors: Factors, seed: int) -> Iterator[tuple[str, int, float, Report]]:
    """The vectors of dense factors coded by `sparse` at 16 nonzeros; users stay dense."""
    spec = {"codec": "sparse", "nonzeros": 16, "dictionary": 1024}
    table, seconds = timed(lambda: compress(as_vectors(factors.rows(), zero_rows="keep"), from_spec(spec), seed=seed))
    size = table.segments[0].codec.row_bytes(table.dim)
    yield f"{name}, then sparse 16", size, seconds, world.judge(world.by_factors(factors, table.decode()))


def sparse_rows(world: World, ridge: float, seed: int, first: bool) -> Iterator[tuple[str, int, float, Report]]:
    """Factors and one-way weights trained sparse, packed, and which of them is chosen; at first also as floats and by levels."""
    for count in NONZEROS if first else (16,):
        factors, long = timed(lambda count=count: fit_sparse_elsa(world.taken, world.items, nonzeros=count, ridge=ridge, seed=seed))
        forms = {"factors": (factors, long, world.by_factors)}
        for steps in STEPS:
            fit = lambda count=count, steps=steps: fit_sparse_ease(world.taken, world.items, nonzeros=count, ridge=ridge, steps=steps, seed=seed)  # noqa: E731
            weights, short = timed(fit)
            forms[f"one way, {steps} steps"] = (weights.rows, short, world.by_rows)
        found = {}
        for form, (rows, seconds, score) in forms.items():
            name = f"trained sparse {count}, {form}"
            if first:
                yield f"{name}, floats", packed_bytes(count, index_bits(world.items)) + 4 * count + 4, seconds, world.judge(score(rows))
                coarse = pack_factors(rows, form="packed", value_bits=4)
                yield f"{name}, packed 4 bits", coarse.rows.shape[1], seconds, world.judge(score(unpack_factors(coarse)))
            packed = pack_factors(rows)
            served = score(unpack_factors(packed))
            held_out = world.judge(served, world.valid).means()["ndcg@100"].mean
            found[form] = (held_out, packed.rows.shape[1], seconds, world.judge(served))
            yield f"{name}, ordered", *found[form][1:]
        best = max(found, key=lambda form: found[form][0])
        yield f"trained sparse {count}, chosen: {best}", *found[best][1:]


def line_of(name: str, size: int, seconds: float, report: Report, against: dict[str, Report]) -> dict[str, object]:
    """One line of the table; losses are paired, over users, against each of the uncompressed models and pruned EASE."""
    means = report.means()
    line: dict[str, object] = {"model": name, "row_bytes": size, "fit_s": round(seconds, 1)}
    line |= {metric: means[metric].to_dict() for metric in METRICS}
    line["buckets"] = {part: bucket.means()["ndcg@100"].to_dict() for part, bucket in report.buckets.items()}
    line["loss"] = {other: compare(base, report)["ndcg@100"].to_dict() for other, base in against.items()}
    return line


def run_seed(world: World, seed: int, ridge: float | None, against: dict[str, Report]) -> tuple[list[dict], float]:
    """The lines of one seed; EASE has no seed and comes with the first, as dense ELSA does. `against` gains what others are compared with."""
    lines: list[dict] = []

    def add(found: Iterator) -> object:
        while True:
            try:
                name, size, seconds, report = next(found)
            except StopIteration as stop:
                return stop.value
            if name.startswith("EASE, ridge") or name in (f"ELSA {FACTORS}", f"ELSA {FACTORS}, lengths", "EASE pruned to 16", "EASE pruned to 16, ordered"):
                against["EASE" if name.startswith("EASE, ridge") else name] = report
            line = line_of(name, size, seconds, report, against)
            lines.append(line | {"seed": seed})
            losses = "  ".join(f"{-loss['drop']:+.1%} of {other}" for other, loss in line["loss"].items() if loss["drop"] is not None)
            sys.stdout.write(f"{world.name:<12} {seed}  {name:<36} {size:>6} B {seconds:>7.1f} s  ndcg@100 {line['ndcg@100']['mean']:.4f}  {losses}\n")
            sys.stdout.flush()

    first = ridge is None
    if first:
        ridge = add(ease_rows(world))
        add(dense_rows(world, seed))
    add(sparse_rows(world, ridge, seed, first))
    return lines, ridge


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", default=list(RIDGES), choices=list(RIDGES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--users", type=int, default=4_000)
    chosen = parser.parse_args()
    for name in chosen.sets:
        world, ridge, against = World(name, chosen.users), None, {}
        for seed in chosen.seeds:
            lines, ridge = run_seed(world, seed, ridge, against)
            held = json.loads(PATH.read_text()) if PATH.exists() else {}
            kept = [line for line in held.get(name, {}).get("lines", []) if line["seed"] != seed]
            held[name] = {"users": world.test.count, "items": world.items, "ridge": ridge, "lines": kept + lines}
            PATH.write_text(json.dumps(held, indent=1) + "\n")


if __name__ == "__main__":
    main()
