"""Ablation: what each term of the loss is worth, by leaving it out, taking it alone, and adding those that are off."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..arrays import F32
from ..progress import Progress, silent
from ..search import Rows
from ..table import Table
from ..vectors import Vectors
from .course import RATE
from .distil import SAMPLE, STEPS, check_numbers, check_same_rows, lesson_of, taught
from .judging import Distilled
from .pupils import Coded
from .terms import Terms


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """One set of terms and what it taught. name: what is different, such as "without rows"."""

    name: str
    terms: Terms
    result: Distilled

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {"name": self.name, "terms": self.terms.weights(), **self.result.to_dict()}


def ablation(
    table: Table,
    vectors: Vectors,
    users: F32 | Vectors | None = None,
    *,
    seen: Rows | None = None,
    relevant: Rows | None = None,
    terms: Terms | None = None,
    steps: int = STEPS,
    rate: float = RATE,
    sample: int = SAMPLE,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[Variant, ...]:
    """Teach once with `terms` and once with every variant of them: same queries, same batches, same judges. Arguments and errors as in `distil`."""
    check_numbers(steps, rate, sample)
    check_same_rows(table, vectors)
    pupil = Coded(table)
    lesson = lesson_of(vectors, users, unit=table.unit, seen=seen, relevant=relevant, allow=table.alive, sample=sample, seed=seed, progress=progress)
    tried = variants(terms or Terms())
    found = []
    for number, (name, chosen) in enumerate(tried):
        progress("variants", number, len(tried))
        found.append(Variant(name, chosen, taught(pupil, table, lesson, chosen, steps=steps, rate=rate, seed=seed)))
    progress("variants", len(tried), len(tried))
    return tuple(found)


def variants(terms: Terms) -> Sequence[tuple[str, Terms]]:
    """(name, terms): all as given; without each one that is on and alone with it, where several are on; with each one that is off."""
    on = [name for name, weight in terms.weights().items() if weight]
    off = [name for name, weight in terms.weights().items() if not weight]
    found = [("as given", terms)]
    if len(on) > 1:
        found += [(f"without {name}", replace(terms, **{name: 0.0})) for name in on]
        if len(on) > 2:
            found += [(f"{name} alone", replace(terms, **{other: 0.0 for other in on if other != name})) for name in on]
    return [*found, *((f"with {name}", replace(terms, **{name: 1.0})) for name in off)]
