"""Training of sparse codes beside the published recipe written plainly in torch: 4,096 atoms, 32 values a row, rows a second and cosine of rows held out.

    python benchmarks/sparse_training.py [--sets lifted text] [--rows 100000] [--steps 120] [--threads 2]
    python benchmarks/sparse_training.py --sets text --only --variants
    python benchmarks/sparse_training.py --device cuda --rows 100000 --steps 500 [--only ours]

plain: CompresSAE (arXiv 2505.11388) as one would write it: nn.Linear, topk, scatter into dense codes, F.linear, autograd, Adam, float32, at the best of three
rates; "plain, autocast" is the same under torch.autocast to bfloat16, a few steps for its speed alone. published: that recipe by rankfold's own steps.
ours: rankfold's recipe. All see the same rows in batches of the same size, and are judged on the same rows held out. Seconds are of training alone, checks
included for rankfold and not for plain; "to plain's end" is when a side's cosine first reaches what plain ends at.

--variants trains rankfold's recipe again with each part of it undone.

Sets: text, 384 dimensions, sentence vectors; lifted, 768 dimensions, the same through a fixed random map tanh(x A), made because no set of that width is at
hand; made, 768 dimensions, random sums of 64 of 8,192 directions, for machines without data. On a GPU a batch holds 100,000 rows, the poster's case.
Writes benchmarks/results/sparse_training.json (with --out, another file), where sets not run now stay as this machine measured them.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import datasets
import numpy as np
import torch
from rich.console import Console
from rich.table import Table as Sheet

from rankfold.arrays import F32, unit_rows
from rankfold.training.checks import Check, decode
from rankfold.training.recipe import Recipe, published
from rankfold.training.trainer import split, train
from rankfold.vectors import as_vectors

ATOMS, NONZEROS, WIDE = 4_096, 32, 4
PLAIN_RATE = 3e-3
AUTOCAST_STEPS = 12
VARIANTS: dict[str, dict[str, float]] = {
    "ours": {},
    "random start": {"tied": False},
    "rate 1e-3": {"rate": 1e-3},
    "last weights": {"average": 0.0},
    "falling rate, last weights": {"average": 0.0, "decay": True},
    "k falls from 4 k": {"first": 4},
    "no loss at 4 k": {"wide_weight": 0.0},
    "loss at 4 k on all rows": {"wide_share": 1.0},
    "dead latents left": {"revive": 0},
    "prefixes too": {"nested": True},
}


@dataclass(frozen=True, slots=True)
class Point:
    """One training. curve: (seconds, cosine)."""

    set: str
    side: str
    dim: int
    rows: int
    batch: int
    steps: int
    device: str
    rows_per_second: float
    seconds: float
    cosine: float
    curve: list[tuple[float, float]]


def lifted(dim: int = 768) -> F32:
    x = datasets.text()
    turn = np.random.default_rng(0).standard_normal((x.shape[1], dim), dtype=np.float32)
    return unit_rows(np.tanh(x @ turn))


def made(rows: int, dim: int = 768) -> F32:
    rng = np.random.default_rng(0)
    directions = unit_rows(rng.standard_normal((8_192, dim), dtype=np.float32))
    out = np.empty((rows, dim), np.float32)
    for start in range(0, rows, 4_096):
        part = out[start : start + 4_096]
        codes = np.zeros((len(part), len(directions)), np.float32)
        np.put_along_axis(codes, rng.integers(0, len(directions), (len(part), 64)), rng.standard_normal((len(part), 64), dtype=np.float32), axis=1)
        part[:] = codes @ directions + 0.02 * rng.standard_normal(part.shape, dtype=np.float32)
    return unit_rows(out)


SETS: dict[str, Callable[[int], F32]] = {"lifted": lambda rows: lifted(), "text": lambda rows: datasets.text(), "made": made}


class Plain(torch.nn.Module):
    """The published model as written."""

    def __init__(self, dim: int):
        super().__init__()
        self.encoder = torch.nn.Linear(dim, ATOMS)
        self.atoms = torch.nn.Parameter(torch.nn.functional.normalize(torch.randn(ATOMS, dim)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores = self.encoder(x)
        index = scores.abs().topk(WIDE * NONZEROS, dim=1).indices
        loss = torch.zeros((), device=x.device)
        for count, weight in ((NONZEROS, 1.0), (WIDE * NONZEROS, 1 / 8)):
            codes = torch.zeros_like(scores).scatter(1, index[:, :count], scores.gather(1, index[:, :count]))
            decoded = torch.nn.functional.linear(codes, self.atoms.T)
            loss = loss + weight * (1 - torch.nn.functional.cosine_similarity(decoded.float(), x).mean())
        return loss


def plain(name: str, x: F32, asked: argparse.Namespace, *, steps: int, autocast: bool) -> Point:
    device = torch.device(asked.device)
    taught, held = split(np.arange(len(x)), ATOMS, 0)
    torch.manual_seed(0)
    rows, judged = (torch.from_numpy(x[numbers]).to(device) for numbers in (taught, held))
    model = Plain(x.shape[1]).to(device)
    adam = torch.optim.Adam(model.parameters(), lr=PLAIN_RATE)
    order = torch.empty(0, dtype=torch.int64)
    spent, curve = 0.0, []
    for step in range(steps):
        while len(order) < asked.batch:
            order = torch.cat([order, torch.randperm(len(rows))])
        chosen, order = order[: asked.batch].to(device), order[asked.batch :]
        begun = now(device)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=autocast):
            loss = model(rows[chosen])
        adam.zero_grad()
        loss.backward()
        adam.step()
        with torch.no_grad():
            model.atoms /= model.atoms.norm(dim=1, keepdim=True)
        spent += now(device) - begun
        if (step + 1) % asked.check_every == 0 or step + 1 == steps:
            arrays = {"encoder": model.encoder.weight.detach(), "bias": model.encoder.bias.detach(), "atoms": model.atoms.detach()}
            curve.append((spent, float(torch.nn.functional.cosine_similarity(decode(arrays, judged, NONZEROS), judged).mean())))
    return point(name, "plain, autocast" if autocast else "plain", x, asked, steps, spent, curve)


def rankfold(name: str, side: str, x: F32, asked: argparse.Namespace, recipe: Recipe) -> Point:
    device = torch.device(asked.device)
    curve: list[tuple[float, float]] = []
    begun = [0.0]

    def begin(stage: str, done: int, total: int) -> None:
        if stage == "train" and done == 0:
            begun[0] = now(device)

    def told(one: Check) -> None:
        curve.append((now(device) - begun[0], one.cosine))

    train(
        as_vectors(x),
        dictionary=ATOMS,
        nonzeros=NONZEROS,
        recipe=recipe,
        device=asked.device,
        precision=asked.precision,
        check_every=asked.check_every,
        progress=begin,
        told=told,
    )
    return point(name, side, x, asked, recipe.steps, curve[-1][0], curve)


def now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def point(name: str, side: str, x: F32, asked: argparse.Namespace, steps: int, spent: float, curve: list[tuple[float, float]]) -> Point:
    found = Point(name, side, x.shape[1], len(x), asked.batch, steps, asked.device, steps * asked.batch / spent, spent, curve[-1][1], curve)
    sys.stderr.write(f"{name}, {side}: {found.rows_per_second:,.0f} rows/s, cosine {found.cosine:.4f} after {spent:.1f} s\n")
    return found


def points_of(name: str, asked: argparse.Namespace) -> list[Point]:
    x = SETS[name](asked.rows)
    x = np.ascontiguousarray(x[np.sort(np.random.default_rng(1).permutation(len(x))[: asked.rows])])
    sides: dict[str, Callable[[], Point]] = {
        "plain": lambda: plain(name, x, asked, steps=asked.steps, autocast=False),
        "autocast": lambda: plain(name, x, asked, steps=min(AUTOCAST_STEPS, asked.steps), autocast=True),
        "published": lambda: rankfold(name, "published", x, asked, published(steps=asked.steps, batch=asked.batch, rate=PLAIN_RATE)),
        "ours": lambda: rankfold(name, "ours", x, asked, Recipe(steps=asked.steps, batch=asked.batch)),
    }
    points = [sides[side]() for side in asked.only]
    for side, changes in VARIANTS.items() if asked.variants else ():
        points.append(rankfold(name, side, x, asked, replace(Recipe(steps=asked.steps, batch=asked.batch), **changes)))
    return points


def reached(one: Point, cosine: float) -> float | None:
    """Seconds until a training's cosine was as good."""
    return next((seconds for seconds, found in one.curve if found >= cosine), None)


def show(points: list[Point]) -> None:
    sheet = Sheet(*("set", "side", "batch", "steps", "rows/s", "x plain", "seconds", "cosine", "to plain's end"))
    for one in points:
        base = next((other for other in points if other.set == one.set and other.side == "plain"), None)
        ratio = "" if base is None else f"{one.rows_per_second / base.rows_per_second:.1f}"
        until = None if base is None else reached(one, base.cosine)
        cells = (one.set, one.side, f"{one.batch:,}", str(one.steps), f"{one.rows_per_second:,.0f}", ratio, f"{one.seconds:.1f}", f"{one.cosine:.4f}")
        sheet.add_row(*cells, "" if until is None else f"{until:.1f} s")
    Console(width=150).print(sheet)


def machine(device: str) -> dict[str, object]:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    gpu = torch.cuda.get_device_name() if device == "cuda" else None
    return {"cpu": model, "threads": torch.get_num_threads(), "gpu": gpu, "torch": torch.__version__}


def others(path: Path, here: dict[str, object], sets: list[str]) -> list[dict]:
    """Points of other sets that this machine measured before."""
    known = json.loads(path.read_text()) if path.exists() else {}
    return [point for point in known.get("points", []) if point["set"] not in sets] if known.get("machine") == here else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", choices=SETS, help="default: lifted and text; made on a GPU")
    parser.add_argument("--only", nargs="*", choices=("plain", "autocast", "published", "ours"), default=["plain", "autocast", "published", "ours"])
    parser.add_argument("--variants", action="store_true", help="rankfold's recipe with each part undone, too")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--batch", type=int, help="default: 4,096; 100,000 on a GPU")
    parser.add_argument("--check-every", type=int, help="default: a twelfth of the steps")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=datasets.RESULTS / "sparse_training.json")
    asked = parser.parse_args()
    asked.sets = asked.sets or (["made"] if asked.device == "cuda" else ["lifted", "text"])
    asked.batch = asked.batch or (100_000 if asked.device == "cuda" else 4_096)
    asked.check_every = asked.check_every or max(1, asked.steps // 12)
    torch.set_num_threads(asked.threads)
    points = [one for name in asked.sets for one in points_of(name, asked)]
    asked.out.parent.mkdir(exist_ok=True)
    here = machine(asked.device)
    asked.out.write_text(json.dumps({"machine": here, "points": [*others(asked.out, here, asked.sets), *map(asdict, points)]}, indent=1) + "\n")
    show(points)


if __name__ == "__main__":
    main()
