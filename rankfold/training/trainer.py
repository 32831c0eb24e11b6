"""Train: from vectors to atoms and an encoder, step by step, with checks, checkpoints and a stop where numbers are none."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import F32, as_matrix, as_weight, blocks, unit_rows
from ..errors import InputError
from ..fitting.sparsecoding import expect_memory
from ..progress import Progress, silent
from ..search.rows import Rows
from ..sources import gather
from ..vectors import Vectors
from .checkpoint import check_place, damaged, load_checkpoint, save_checkpoint
from .checks import VALIDATION_ROWS, Check, Validation, check
from .device import MICRO_ROWS, POOL_BYTES, find_device, find_precision, using_threads
from .extra import load_torch
from .gradients import Revival, Scratch, Slopes, slopes
from .listwise import Listwise
from .model import Model, check_size, start_at_random, start_from_rows
from .recipe import Recipe
from .searching import Round, learn_for_search
from .stream import Batch, Stream, rows_with_direction

CHECKS = 10
HELD_PART = 20
DIGEST_ROWS = 1_024


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """atoms: (h, d) float32, rows of length one. encoder: (h, d) and bias: (h,) float32; the scores of a row x of length one are encoder @ x + bias.

    curve: the checks, in their order. zero_rows: rows of zeros, left out. rows: rows trained on. rounds: what those for search came to, the start among them;
    empty without rounds.
    """

    atoms: F32
    encoder: F32
    bias: F32
    curve: tuple[Check, ...]
    rows: int
    zero_rows: int
    rounds: tuple[Round, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What a training is of, settled: everything that its steps read."""

    recipe: Recipe
    nonzeros: int
    stream: Stream
    validation: Validation
    listwise: Listwise | None
    weight: Any
    micro: int
    precision: Any


def train(
    vectors: Vectors,
    *,
    dictionary: int = 4096,
    nonzeros: int = 32,
    recipe: Recipe | None = None,
    weight: F32 | None = None,
    queries: F32 | None = None,
    seen: Rows | None = None,
    device: str = "auto",
    precision: str = "auto",
    check_every: int | None = None,
    checkpoint: Path | str | None = None,
    threads: int | None = None,
    searched: bool = False,
    seed: int = 0,
    progress: Progress = silent,
    told: Callable[[Check], None] = lambda one: None,
) -> Trained:
    """Train a dictionary of so many atoms and its encoder for rows of `nonzeros` values; see `Recipe` and `slopes`.

    Rows count by their direction; rows of zeros are left out. A twentieth of the rows, at most 2,048, only check. weight: (n,) what each row counts; those
    of none take no part. queries: (m, d), with which the list-wise loss is added. seen: rows that each query has already, left out of its lists.
    device: auto, cpu or cuda. precision: of the products: auto, float32, bfloat16. check_every: steps between checks, a tenth of all by default; `told` is
    called with each. checkpoint: a file written at each check; where it is there, training goes on from it and ends with the same bytes as if it had never
    stopped. threads: how many torch may use while it trains, as it is set by default. searched: after the steps the recipe's rounds move the
    atoms for search, unless rows held out lose (see `learn_for_search`). Same seed, same bytes on the same machine and number of threads.
    Memory: a pool of rows (1 GiB on a processor, 8 GiB on a GPU), 4,096 rows by the atoms four times (a GPU: 32,768), and the arrays nine times.
    Raises InputError (rows, dimensions, dictionary, nonzeros, a loss that is no number: the last checkpoint stays), ArtifactError (checkpoint), MissingExtra.
    """
    recipe = recipe or Recipe()
    every = max(1, recipe.steps // CHECKS) if check_every is None else check_every
    file = None if checkpoint is None else Path(checkpoint)
    _check(every, dictionary, nonzeros, vectors.dim, file, rounds := recipe.rounds if searched else 0)
    where = find_device(device)
    how = find_precision(precision, where)
    weights = None if weight is None else as_weight(weight, vectors.count)
    asked = _asked(queries, seen, vectors.dim) if recipe.ranking else None
    directed = rows_with_direction(vectors, progress)
    rows = directed if weights is None else directed[weights[directed] > 0]
    check_size(dictionary, nonzeros, rows.size)
    taught, held = split(rows, dictionary, seed)
    settings = {"recipe": _stepped(recipe), "dictionary": dictionary, "nonzeros": nonzeros, "seed": seed, "precision": str(how)}
    about = _about(vectors, taught, (weights, asked), settings)
    model = Model(_start(vectors, taught, weights, dictionary, recipe, seed), recipe, where)
    course = Course(
        recipe,
        nonzeros,
        Stream(vectors, taught, seed=seed, pool_bytes=POOL_BYTES[where.type], device=where, precision=how),
        Validation(vectors, held[:VALIDATION_ROWS], None if asked is None else asked[0], seed=seed, device=where),
        None if asked is None else Listwise(*asked, vectors.count, weight=recipe.ranking, temperature=recipe.temperature, seed=seed, device=where),
        None if weights is None else load_torch().from_numpy(weights / weights[taught].mean()).to(where),
        min(MICRO_ROWS[where.type], recipe.batch),
        how,
    )
    with using_threads(threads):
        curve = _run(model, course, every, file, about, progress, told)
        arrays = {name: array.cpu().numpy() for name, array in model.kept().items()}
        arrays["atoms"], searches = _for_search(arrays["atoms"], course, rounds, taught.size, progress)
    return Trained(**arrays, curve=tuple(curve), rows=taught.size, zero_rows=vectors.count - directed.size, rounds=searches)


def _for_search(atoms: F32, course: Course, rounds: int, rows: int, progress: Progress) -> tuple[F32, tuple[Round, ...]]:
    """The stream goes on where the steps left it: its pool is filled."""
    if not rounds:
        return atoms, ()
    first, count = course.recipe.steps * course.recipe.batch, course.nonzeros
    return learn_for_search(
        atoms, course.stream, course.validation, rows=rows, first=first, nonzeros=count, rounds=rounds, weight=course.weight, progress=progress
    )


def _check(every: int, dictionary: int, nonzeros: int, dim: int, checkpoint: Path | None, rounds: int) -> None:
    if isinstance(every, bool) or every < 1:
        raise InputError(f"check_every: got {every!r}; expected a whole number of steps of at least 1.")
    if isinstance(nonzeros, bool) or isinstance(dictionary, bool) or not 1 <= nonzeros <= dim:
        raise InputError(f"nonzeros: got {nonzeros!r}; expected 1 to {dim}, the dimensions. With so many values a row needs no dictionary.")
    if checkpoint is not None:
        check_place(checkpoint)
    if rounds:
        expect_memory(dictionary, 2)


def split(rows: np.ndarray, dictionary: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(rows that teach, rows that check), both rising: all rows do both where too few would be left."""
    held = np.sort(np.random.default_rng((seed, 4)).choice(rows, min(VALIDATION_ROWS, rows.size // HELD_PART), replace=False))
    return (np.setdiff1d(rows, held), held) if held.size > 1 and rows.size - held.size >= dictionary else (rows, rows)


def _run(
    model: Model, course: Course, every: int, checkpoint: Path | None, about: dict[str, Any], progress: Progress, told: Callable[[Check], None]
) -> list[Check]:
    steps, losses = course.recipe.steps, 0.0
    curve = [] if checkpoint is None else _resumed(model, checkpoint, about)
    scratch = Scratch(course.micro, len(model.idle), course.precision, model.device)
    progress("train", model.steps, steps)
    while model.steps < steps:
        found = _slopes(model, course, scratch)
        loss = float(found.loss)
        if not np.isfinite(loss):
            raise _stopped(model.steps + 1, steps, f"the loss is {loss}", checkpoint, curve)
        losses += loss
        model.step(found, course.recipe.batch)
        progress("train", model.steps, steps)
        if model.steps % every == 0 or model.steps == steps:
            if not model.finite():
                raise _stopped(model.steps, steps, f"the loss is {loss}, but weights are no longer finite", checkpoint, curve)
            since = model.steps - (curve[-1].step if curve else 0)
            curve.append(check(model, course.validation, course.nonzeros, losses / since))
            losses = 0.0
            if checkpoint is not None:
                save_checkpoint(checkpoint, model.saved(), about, [one.to_dict() for one in curve])
            told(curve[-1])
    return curve


def _slopes(model: Model, course: Course, scratch: Scratch) -> Slopes:
    """The mean slopes of the model's next batch, in parts that fit the scratch."""
    recipe = course.recipe
    arrays, dead = model.lowered(course.precision), model.dead()
    revival = Revival(dead, recipe.revive, recipe.revive_weight) if recipe.revive and recipe.revive_weight and dead.numel() else None
    total: Slopes | None = None
    for start, stop in blocks(recipe.batch, course.micro):
        batch = course.stream.read(model.steps * recipe.batch + start, stop - start)
        terms = recipe.terms(model.steps, course.nonzeros, len(model.idle), stop - start)
        found = slopes(arrays, batch.rows, terms, scratch, weight=_weight(course, batch), ranking=_ranking(course, batch, model.steps), revival=revival)
        part = found.scaled((stop - start) / recipe.batch)
        total = part if total is None else total.plus(part)
    return total  # type: ignore[return-value]


def _weight(course: Course, batch: Batch) -> Any:
    return None if course.weight is None else course.weight[load_torch().from_numpy(batch.numbers).to(course.weight.device)]


def _ranking(course: Course, batch: Batch, step: int) -> Any:
    return None if course.listwise is None else course.listwise.of(batch, step)


def _asked(queries: F32 | None, seen: Rows | None, dim: int) -> tuple[F32, Rows | None] | None:
    """The queries that have a direction, and what they have seen."""
    if queries is None:
        if seen is not None:
            raise InputError("seen: got lists without queries; expected queries, one for each list.")
        return None
    matrix = as_matrix(queries, "queries", dim=dim)
    if seen is not None and len(seen.starts) != len(matrix) + 1:
        raise InputError(f"seen: got {len(seen.starts) - 1} lists; expected {len(matrix)}, one for each query.")
    alive = np.flatnonzero(matrix.any(axis=1))
    if not alive.size:
        raise InputError(f"queries: got {len(matrix)} rows, all zeros; expected at least one with a direction, or None.")
    return np.ascontiguousarray(matrix[alive]), None if seen is None else seen.take(alive)


def _start(vectors: Vectors, rows: np.ndarray, weights: F32 | None, dictionary: int, recipe: Recipe, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng((seed, 5))
    if not recipe.tied:
        return start_at_random(vectors.dim, dictionary, rng)
    # The smallest of exponential times over weights is a draw without repeats (Efraimidis and Spirakis, 2006). More than are needed: some may be twins.
    times = rng.exponential(size=rows.size) / (1 if weights is None else weights[rows])
    chosen = rows[np.argsort(times, kind="stable")[: 2 * dictionary]]
    back = np.argsort(np.argsort(chosen))
    return start_from_rows(unit_rows(gather(vectors.matrix, np.sort(chosen)))[back], dictionary, rng)


def _stepped(recipe: Recipe) -> dict[str, Any]:
    """What the steps depend on: one checkpoint serves any number of rounds after them."""
    return {name: value for name, value in recipe.to_dict().items() if name != "rounds"}


def _about(vectors: Vectors, rows: np.ndarray, given: tuple[Any, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """What must be the same for a checkpoint to be gone on from, ready for JSON; of the rows, a digest of up to 1,024."""
    digest = hashlib.sha256(rows.tobytes())
    chosen = rows[np.linspace(0, rows.size - 1, min(DIGEST_ROWS, rows.size)).astype(np.int64)]
    digest.update(gather(vectors.matrix, np.unique(chosen)).tobytes())
    weights, asked = given
    for array in (weights, *(() if asked is None else (asked[0], *(() if asked[1] is None else (asked[1].starts, asked[1].values))))):
        digest.update(b"|" if array is None else array.tobytes())
    told = settings | {"rows": vectors.count, "dim": vectors.dim, "data": digest.hexdigest()}
    return json.loads(json.dumps(told))


def _resumed(model: Model, checkpoint: Path, about: dict[str, Any]) -> list[Check]:
    """Sets the model back to where the checkpoint was written and returns the checks up to there; none where there is no file."""
    expected = model.saved()
    shapes = {name: array for name, array in expected.items() if name in model.arrays}
    moments = {f"{kind}.{name}": array for kind in ("first", "second") for name, array in shapes.items()}
    found = load_checkpoint(checkpoint, expected | moments, about)
    if found is None:
        return []
    model.restore(found[0])
    try:
        curve = [Check(**one) for one in found[1]]  # type: ignore[arg-type]
    except TypeError as error:
        raise damaged(checkpoint, "its curve holds no checks") from error
    if not curve or curve[-1].step != model.steps:
        raise damaged(checkpoint, f"its curve does not end at step {model.steps}")
    return curve


def _stopped(step: int, steps: int, why: str, checkpoint: Path | None, curve: list[Check]) -> InputError:
    kept = f"{checkpoint} holds step {curve[-1].step}" if checkpoint is not None and curve else "there is no checkpoint"
    return InputError(f"rate: training stopped at step {step} of {steps}: {why}; expected a number. Lower the rate; {kept}.")
