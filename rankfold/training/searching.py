"""The dictionary for the codes that search really chooses: after the steps, rounds of orthogonal matching pursuit and least squares go on with the atoms.

Steps of training follow the largest scores of an encoder; search takes other atoms, and values by least squares. Each round codes rows by that search and moves
all atoms to where they serve these codes best (Engan, Aase and Hakon Husoy, 1999; see `fitting/dictionary.py`). Rows held out decide whether that is kept.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

from ..arrays import F32, unit_rows
from ..fitting.dictionary import batch_rows, improved_atoms
from ..progress import Progress
from .checks import Validation
from .extra import load_torch
from .stream import Stream

ROUND_ROWS = 64  # rows an atom that a round codes at most: sums forget those before them


@dataclass(frozen=True, slots=True)
class Round:
    """number: how many rounds are done, 0 before the first. cosine, agreement: of rows held out and their codes by search, as in `Check`.

    kept: whether the atoms of this round are those that were kept; of one of all rounds it is True.
    """

    number: int
    cosine: float
    agreement: float
    kept: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def learn_for_search(
    atoms: F32,
    stream: Stream,
    validation: Validation,
    *,
    rows: int,
    first: int,
    nonzeros: int,
    rounds: int,
    weight: Any = None,
    progress: Progress,
) -> tuple[F32, tuple[Round, ...]]:
    """Atoms (h, d) float32 of length one after the best of `rounds` rounds, and what each round came to, the start among them.

    Each round reads all `rows` of the stream once, from place `first` on, but at most 64 an atom. weight: tensor (n,) by row number, or None. The atoms of the
    highest cosine are kept among those that find no less of the exact lists than the start; where no round does better, these are the atoms given.
    """
    batch = batch_rows(len(atoms), rows)
    turns = max(1, round(min(rows, ROUND_ROWS * len(atoms)) / batch))
    kept, best = atoms, Round(0, *validation.measure_search(atoms, nonzeros))
    found = [best]
    steps = rounds * turns
    progress("search", 0, steps)
    for step, moved in enumerate(improved_atoms(atoms, _batches(stream, first, batch, weight), steps, nonzeros, rows, trusted=True), 1):
        progress("search", step, steps)
        if step % turns == 0:
            found.append(Round(step // turns, *validation.measure_search(moved, nonzeros)))
            if found[-1].cosine > best.cosine and found[-1].agreement >= found[0].agreement:
                kept, best = moved, found[-1]
    return kept, tuple(Round(one.number, one.cosine, one.agreement, one is best) for one in found)


def _batches(stream: Stream, first: int, size: int, weight: Any) -> Iterator[tuple[F32, F32]]:
    """Rows (size, d) of length one and what they count, (size,), both float32, batch by batch as they stand in the stream."""
    torch = load_torch()
    for number in count():
        batch = stream.read(first + number * size, size)
        share = torch.ones(size) if weight is None else weight[torch.from_numpy(batch.numbers).to(weight.device)]
        # Rows in the precision of the products are no longer quite of length one.
        yield unit_rows(batch.rows.float().cpu().numpy()), share.float().cpu().numpy()
