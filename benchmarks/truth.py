"""Simulated truth: do rankfold's intervals and verdicts err as often as they say?

    python benchmarks/truth.py [--draws 1000] [--made-only] [--parts coverage ...]

A population of users is known whole, so the true loss is known; samples of it are judged as rankfold judges real users. Populations: per-user NDCG@10 of real
sets before and after real codecs (many users with no hit, few with much), and made ones. Checked: coverage of the 95 % interval (Fieller's, beside the
percentile bootstrap), non-inferiority at a true loss of exactly the margin, false alarms of families of slices by Holm, of gaps and of exposure, power
against the promised power, sign flips, and the correction of the worst-off users. Prints tables and writes benchmarks/results/truth.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse  # noqa: E402
import json  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402

from rankfold.evaluate import Task, baseline, by_column, evaluate  # noqa: E402
from rankfold.evaluate.compare import losses  # noqa: E402
from rankfold.evaluate.fairness import exposure_shifts, gap_of  # noqa: E402
from rankfold.evaluate.noninferiority import ALPHA, noninferior  # noqa: E402
from rankfold.evaluate.paired import interval, p_more, pairs_of  # noqa: E402
from rankfold.evaluate.permutation import sign_flip  # noqa: E402
from rankfold.evaluate.power import power_of, queries_needed  # noqa: E402
from rankfold.evaluate.slices import judge_slices  # noqa: E402
from rankfold.evaluate.worstoff import worst_users  # noqa: E402
from rankfold.search import Ranking, Rows  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

RESULTS = Path(__file__).resolve().parent / "results" / "truth.json"
SIZES = (200, 1_000, 5_000)
REAL_SETS = ("amazon_book", "anime")
SPECS = ({"codec": "scalar", "bits": 4}, {"codec": "pq", "groups": 16})
USERS = 5_000
PARTS = ("coverage", "noninferiority", "holm", "gaps", "power", "sign_flip", "worst_off", "exposure")
Population = tuple[np.ndarray, np.ndarray]


def made_populations(users: int = 100_000, seed: int = 0) -> dict[str, Population]:
    """Name -> (before, after), (users,): hits at places that fall off geometrically; what compression does to them is of several kinds."""
    rng = np.random.default_rng(seed)

    def lists(hit: float) -> np.ndarray:
        return np.where(rng.random(users) < hit, 1 / np.log2(1 + np.minimum(rng.geometric(0.25, users), 10)), 0.0)

    found = {}
    before = lists(0.3)
    found["30 % hits, 1 in 5 lists drawn anew"] = (before, np.where(rng.random(users) < 0.2, lists(0.3), before))
    before = lists(0.5)
    found["50 % hits, 3 in 10 move"] = (before, before * np.where(rng.random(users) < 0.3, rng.choice([0.63, 0.5, 1.3], users), 1))
    before = lists(0.6) * rng.beta(2, 3, users)
    found["graded, 1 in 10 loses all"] = (before, np.where(rng.random(users) < 0.1, 0, before))
    before = lists(0.12)
    found["12 % hits, 1 in 4 lists drawn anew"] = (before, np.where(rng.random(users) < 0.25, lists(0.11), before))
    return found


def real_populations(users: int = USERS) -> dict[str, Population]:
    """Name -> (before, after) of the users of real sets under real codecs."""
    # Imported here: the made populations need no data beside the repository.
    import datasets

    from rankfold.codecs import from_spec
    from rankfold.compression import compress
    from rankfold.interactions import Interactions
    from rankfold.search import Searcher

    found = {}
    for name in REAL_SETS:
        data = datasets.factors(name)
        events = Interactions(data.user, data.item, split=data.split.astype(np.int8))
        task = Task.from_interactions(data.users, events, by_column(data.split), rows=len(data.items)).sample(users)
        vectors = as_vectors(data.items, zero_rows="keep")
        before = baseline(vectors, task, metrics=("ndcg@10",))
        for spec in SPECS:
            after = evaluate(Searcher(compress(vectors, from_spec(spec))), task, metrics=("ndcg@10",))
            found[f"{name}, {spec['codec']} {spec.get('bits', spec.get('groups'))}"] = (before.values["ndcg@10"], after.values["ndcg@10"])
    return found


def with_loss(population: Population, loss: float) -> Population:
    """The population with every value after scaled so that exactly `loss` is lost; how users differ stays."""
    before, after = population
    return before, after * ((1 - loss) * before.mean() / after.mean())


def samples(population: Population, n: int, draws: int, seed: int):
    """(before, after) of samples, in blocks (block, n)."""
    rng = np.random.default_rng([seed, n])
    block = max(1, 1_000_000 // n)
    for start in range(0, draws, block):
        chosen = rng.integers(0, population[0].size, (min(block, draws - start), n))
        yield population[0][chosen], population[1][chosen]


def coverage(population: Population, n: int, draws: int, seed: int = 1) -> dict[str, float]:
    """Shares of samples whose interval holds the true loss, ends below it, begins above it."""
    true = 1 - population[1].mean() / population[0].mean()
    below = above = 0
    for before, after in samples(population, n, draws, seed):
        low, high = interval(pairs_of(before, after))
        below, above = below + int((high < true - 1e-12).sum()), above + int((low > true + 1e-12).sum())
    return {"n": n, "true": float(true), "holds": 1 - (below + above) / draws, "too_low": below / draws, "too_high": above / draws}


def bootstrap_coverage(population: Population, n: int, draws: int, seed: int = 1) -> float:
    """The same by percentiles of 500 resamples."""
    true, held = 1 - population[1].mean() / population[0].mean(), 0
    for before, after in samples(population, n, draws, seed):
        for one in range(len(before)):
            loss = losses({"x": before[one]}, {"x": after[one]}, method="bootstrap", draws=500, seed=one)["x"]
            held += loss.low <= true <= loss.high
    return held / draws


def wrongly_passed(population: Population, n: int, draws: int, margin: float, seed: int = 2) -> dict[str, float]:
    """How often non-inferiority passes at a true loss of exactly the margin, and how often it finds more lost."""
    states = [
        noninferior(old, new, margin).state for before, after in samples(with_loss(population, margin), n, draws, seed) for old, new in zip(before, after)
    ]
    return {"n": n, "margin": margin, "passed": states.count("pass") / draws, "failed": states.count("fail") / draws}


def family_alarms(population: Population, n: int, draws: int, *, harm: float = 0.0, groups: int = 12, share: float | None = None, seed: int = 3) -> dict:
    """How often judge_slices names any of so many random groups of users where nothing is lost; and with `harm` in the first group, how often it names that.

    share: of the users in the first group; equal groups when None.
    """
    even, rng = with_loss(population, 0.0), np.random.default_rng(seed)
    alarms = found = gaps = 0
    for before, after in samples(even, n, draws, seed):
        for old, new in zip(before, after):
            group = rng.integers(0, groups, n) if share is None else np.where(rng.random(n) < share, 0, rng.integers(1, groups, n))
            new = np.where(group == 0, (1 - harm) * new, new)
            parts = [
                ("group", str(g), tuple(np.where(group == g, v, np.nan) for v in (old, new)), tuple(np.where(group != g, v, np.nan) for v in (old, new)))
                for g in range(groups)
            ]
            judged = {one.name: one for one in judge_slices(parts, 0.0, 0.05)}
            named = {name for name, one in judged.items() if one.verdict == "loses"}
            alarms += bool(named - {"0"} if harm else named)
            found += "0" in named
            gaps += any(one.worse for one in judged.values())
    return {"n": n, "groups": groups, "harm": harm, "false_alarms": alarms / draws, "found": found / draws if harm else None, "gap_named": gaps / draws}


def gap_coverage(population: Population, n: int, draws: int, seed: int = 4) -> dict[str, float]:
    """How often the interval of the gap between a fifth of the users, who lose 5 % more, and the others holds it."""
    even, rng, held = with_loss(population, 0.0), np.random.default_rng(seed), 0
    for before, after in samples(even, n, draws, seed):
        for old, new in zip(before, after):
            mine = rng.random(n) < 0.2
            new = np.where(mine, 0.95 * new, new)
            gap = gap_of(*(tuple(np.where(mask, v, np.nan) for v in (old, new)) for mask in (mine, ~mine)))
            held += gap.low <= 0.05 <= gap.high
    return {"n": n, "holds": held / draws}


def power_reached(population: Population, draws: int, *, loss: float = 0.01, power: float = 0.9, seed: int = 5) -> dict[str, float]:
    """The share of samples of the promised size that show a loss of `loss`; and with a size planned from 1,000 users only."""
    changed = with_loss(population, loss)
    spread = power_of(*changed, loss=loss).spread
    n = queries_needed(spread, loss, power=power)
    shown = 0
    for before, after in samples(changed, n, draws, seed):
        pairs = pairs_of(before, after)
        shown += sum(p_more(type(pairs)(pairs.n, *(part[one] for part in pairs[1:])), 0.0) <= ALPHA for one in range(len(before)))
    planned = [power_of(old, new, loss=loss).needed for before, after in samples(changed, 1_000, 50, seed) for old, new in zip(before, after)]
    return {"loss": loss, "users": n, "promised": power, "reached": shown / draws, "planned_from_1000": [int(np.quantile(planned, q)) for q in (0.1, 0.5, 0.9)]}


def sign_flip_alarms(population: Population, n: int, draws: int, seed: int = 6) -> float:
    """How often sign flips find a loss at 5 % where before and after are exchanged at random."""
    rng, alarms = np.random.default_rng(seed), 0
    for before, after in samples(population, n, draws, seed):
        swap = rng.random(before.shape) < 0.5
        for old, new in zip(np.where(swap, after, before), np.where(swap, before, after)):
            alarms += sign_flip(old, new, draws=499, seed=1).loss <= 0.05
    return alarms / draws


def lists_of(users: int, rng: np.random.Generator, *, harmed: float, items: int = 400) -> tuple:
    """A task of six wanted rows a user, lists before, and lists after: a little noise for all, and much for the share `harmed` of users."""
    appeal = rng.standard_normal((users, items))
    wanted = np.argsort(-(appeal + rng.gumbel(size=appeal.shape)), axis=1)[:, :6]
    worse = rng.random(users) < harmed
    noise = np.where(worse[:, None], 1.5, 0.15) * rng.standard_normal(appeal.shape)
    rows = [np.argsort(-score, axis=1)[:, :40] for score in (appeal, appeal + noise)]
    task = Task(np.ones((users, 1), np.float32), Rows.from_pairs(np.repeat(np.arange(users), 6), wanted.ravel(), users))
    return task, *(evaluate(Given(one, items), task, metrics=("ndcg@10", "recall@40")) for one in rows)


class Given:
    """A searcher that returns the lists it was given."""

    def __init__(self, rows: np.ndarray, count: int):
        self.rows, self.count = rows, count

    def search(self, queries, k, *, exclude=None, allow=None) -> Ranking:
        """The first k places of each list."""
        return Ranking(self.rows[:, :k], np.zeros((len(self.rows), k), np.float32))


def worst_off(draws: int, *, users: int = 1_000, harmed: float, seed: int = 7) -> dict[str, float]:
    """Mean apparent and corrected loss of the worst tenth beside the mean loss of all, over draws; and how often the corrected one is shown to be a loss."""
    rng, found = np.random.default_rng(seed), []
    for draw in range(draws):
        task, before, after = lists_of(users, rng, harmed=harmed)
        worst = worst_users(before, after, task, seed=draw)
        every = losses(before.values, after.values)["ndcg@10"].drop
        found.append((every, worst.apparent, worst.loss.drop, worst.loss.low > every))
    mean = np.mean(found, axis=0)
    return {"harmed": harmed, "all": mean[0], "apparent": mean[1], "corrected": mean[2], "shown_worse_than_all": mean[3]}


def exposure_alarms(draws: int, *, users: int = 1_000, groups: int = 10, seed: int = 8) -> float:
    """How often exposure_shifts names any group where both lists of each user are drawn alike."""
    rng, alarms = np.random.default_rng(seed), 0
    labels = rng.integers(0, groups, 400).astype(str)
    for _ in range(draws):
        appeal = rng.standard_normal(400)
        rows = [np.argsort(-(appeal + rng.standard_normal((users, 400))), axis=1)[:, :10] for _ in range(2)]
        shifts = exposure_shifts(*(Ranking(one, np.zeros(one.shape, np.float32)) for one in rows), labels)
        alarms += any(one.verdict != "steady" for one in shifts)
    return alarms / draws


def table(title: str, columns: list[str], lines: list[list[object]], show: Callable[[str], None] = print) -> None:
    """An aligned table with a title."""
    texts = [columns, *([f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in line] for line in lines)]
    widths = [max(len(line[place]) for line in texts) for place in range(len(columns))]
    show(f"\n{title}")
    for line in texts:
        show("  " + "  ".join(cell.ljust(width) if not place else cell.rjust(width) for place, (cell, width) in enumerate(zip(line, widths))))


def run(draws: int, populations: dict[str, Population], parts: set[str]) -> dict:
    """The parts asked for, as JSON-ready figures, printed as tables on the way."""
    every = populations.items()
    found: dict[str, object] = {"draws": draws}
    if "coverage" in parts:
        covered = found["coverage"] = {name: [coverage(one, n, draws) for n in SIZES] for name, one in every}
        booted = found["bootstrap_200"] = {name: bootstrap_coverage(one, SIZES[0], draws) for name, one in every}
        lines = [
            [name, f["n"], f["true"], f["holds"], f["too_low"], f["too_high"], booted[name] if f["n"] == SIZES[0] else ""]
            for name in covered
            for f in covered[name]
        ]
        table("Coverage of the 95 % interval", ["population", "users", "true loss", "holds", "ends below", "begins above", "bootstrap"], lines)
    if "noninferiority" in parts:
        passed = found["noninferiority"] = {name: [wrongly_passed(one, n, draws, margin) for n in SIZES for margin in (0.01, 0.05)] for name, one in every}
        lines = [[name, f["n"], f["margin"], f["passed"], f["failed"]] for name in passed for f in passed[name]]
        table("Non-inferiority at a true loss of exactly the margin", ["population", "users", "margin", "passed", "failed"], lines)
    if "holm" in parts:
        quiet = found["holm"] = {name: [family_alarms(one, n, draws) for n in SIZES[1:]] for name, one in every}
        lines = [[name, f["n"], f["groups"], f["false_alarms"], f["gap_named"]] for name in quiet for f in quiet[name]]
        table("Holm over slices where nothing is lost", ["population", "users", "slices", "any named", "any gap named"], lines)
        planted = found["planted"] = {name: planted_harm(populations[name], draws) for name in list(populations)[:2]}
        lines = [[name, f["n"], f["harm"], f["found"], f["false_alarms"], f["gap_named"]] for name, f in planted.items()]
        table("A harm of 2 % planted in one slice of 12, half of all users", ["population", "users", "harm", "found", "others named", "gap named"], lines)
    if "gaps" in parts:
        gaps = found["gaps"] = {name: gap_coverage(one, SIZES[2], draws) for name, one in every}
        table(
            "Gaps of 5 % between a fifth of the users and the others",
            ["population", "users", "holds"],
            [[name, f["n"], f["holds"]] for name, f in gaps.items()],
        )
    if "power" in parts:
        powers = found["power"] = {name: power_reached(one, draws) for name, one in every}
        lines = [[name, f["users"], f["reached"], "/".join(map(str, f["planned_from_1000"]))] for name, f in powers.items()]
        table("A loss of 1 %, power promised .9", ["population", "users", "reached", "planned from 1,000 (10/50/90 %)"], lines)
    return found | others(draws, populations, parts)


def others(draws: int, populations: dict[str, Population], parts: set[str]) -> dict:
    """Sign flips, the worst-off users, exposure."""
    found: dict[str, object] = {}
    if "sign_flip" in parts:
        flips = found["sign_flip"] = {name: sign_flip_alarms(one, SIZES[1], draws) for name, one in populations.items()}
        table("Sign flips of exchanged users at 5 %", ["population", "found a loss"], [list(one) for one in flips.items()])
    if "worst_off" in parts:
        worst = found["worst_off"] = [worst_off(max(20, draws // 10), harmed=share) for share in (0.0, 0.1)]
        lines = [[f["harmed"], f["all"], f["apparent"], f["corrected"], f["shown_worse_than_all"]] for f in worst]
        table("The worst tenth of users", ["users harmed", "loss of all", "apparent", "corrected", "shown worse than all"], lines)
    if "exposure" in parts:
        found["exposure"] = exposure_alarms(draws)
        print(f"\nExposure of 10 groups, nothing changed: any named in {found['exposure']:.4f} of draws")
    return found


def summary(figures: dict) -> list[str]:
    """The bars as a Markdown table, as docs/statistics.md shows it: what was promised, and the least and greatest share found over populations and sizes."""
    kept = {part: figures.get(part, {}) for part in ("coverage", "noninferiority", "holm", "planted", "gaps", "power", "bootstrap_200", "sign_flip")}

    def shares(part: str, key: str) -> list[float]:
        """One figure of every population and size."""
        return [one[key] for found in kept[part].values() for one in (found if isinstance(found, list) else [found])]

    lines = [
        ("95 % intervals that hold the true loss", "95 %", shares("coverage", "holds")),
        ("the same by the percentile bootstrap, 200 users", "95 %", list(kept["bootstrap_200"].values())),
        ("95 % intervals that hold the true gap of a group", "95 %", shares("gaps", "holds")),
        ("non-inferiority passed at a true loss of exactly the margin", "2.5 %, at most 5 %", shares("noninferiority", "passed")),
        ("any of 12 slices named where nobody loses", "at most 5 %", shares("holm", "false_alarms")),
        ("any gap of 12 slices named where there is none", "at most 5 %", shares("holm", "gap_named")),
        ("a harm of 2 % in one slice named, with the users that its power asks for", "95 %", shares("planted", "found")),
        ("a loss of 1 % found with the number of users stated", "90 %", shares("power", "reached")),
        ("sign flips below 5 % where nothing differs", "5 %", list(kept["sign_flip"].values())),
        ("any of 10 groups named whose exposure is unchanged", "at most 5 %", [figures["exposure"]] if "exposure" in figures else []),
    ]
    rows = [f"| {name} | {promised} | {100 * min(found):.1f} to {100 * max(found):.1f} % |" for name, promised, found in lines if found]
    return ["| what | promised | found, least to greatest |", "|---|---|---|", *rows]


def planted_harm(population: Population, draws: int, harm: float = 0.02) -> dict:
    """A harm in half of the users, so many that its test has a power of .95 at the error rate that 12 slices leave it."""
    spread = power_of(*with_loss(population, harm)).spread
    n = 2 * queries_needed(spread, harm, power=0.95, alpha=0.05 / 12)
    return family_alarms(population, n, max(20, draws // 4), harm=harm, share=0.5)


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1_000)
    parser.add_argument("--made-only", action="store_true", help="without the real sets")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="only these; the figures of the others are kept")
    options = parser.parse_args()
    kept = json.loads(RESULTS.read_text()) if set(options.parts) < set(PARTS) else {}
    if kept and kept["draws"] != options.draws:
        parser.error(f"--parts: the figures that are kept are of {kept['draws']} draws; give --draws {kept['draws']}, or run all parts")
    populations = made_populations() | ({} if options.made_only else real_populations())
    figures = kept | run(options.draws, populations, set(options.parts))
    print("\n" + "\n".join(summary(figures)))
    RESULTS.write_text(json.dumps(figures, indent=1, default=float) + "\n")
    print(f"\nwrote {RESULTS.name}")


if __name__ == "__main__":
    main()
