"""What a method of the frontier is: a plan of its settings at so many bytes a row, and a function that fits on some rows and codes others."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rankfold.arrays import F32

CHEAP, MIDDLING, SLOW = 0, 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """Fit on `train` (t, d), code `rows` (n, d), spend at most `nbytes` a row. cosine: rows have length 1 and only their direction counts.

    weight: (t,) what each training row counts, or None; exposure: (n,) the same of all rows; queries: (m, d) the users behind them; half: (t,) which rows
    are trained on. Only our codecs look at these.
    """

    train: F32
    rows: F32
    nbytes: int
    seed: int
    cosine: bool
    weight: F32 | None = None
    exposure: F32 | None = None
    queries: F32 | None = None
    half: np.ndarray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """All rows of a job, coded.

    decoded: (n, d) rows as they are stored, for methods that decode; found: (queries, k) -> row numbers (q, k), best first, for those that only search.
    row_bytes: bytes of one row's code and scales. state_bytes: codebooks, matrices and tables; those of peers are counted as float16 whatever they keep.
    scan: searches the best 100 of one query (1, d) on one thread, for the times.
    """

    row_bytes: float
    state_bytes: int
    decoded: F32 | None = None
    found: Callable[[F32, int], np.ndarray] | None = None
    scan: Callable[[F32], object] | None = None
    fit_s: float = 0.0
    encode_s: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Method:
    """One way to code rows.

    plan: (dim, nbytes) -> settings, or None where no setting spends about that many bytes. code: does it. decodes: whether there are decoded rows, so that a
    norm byte can stand beside the code of a direction. raw: whether lengths are coded at all without that byte. small_books: codebooks of a few kilobytes,
    made for small catalogues. cost: when its turn comes. sets: only on these, when given. sizes: only at these bytes a row, which need not be sizes of the set,
    with one seed. limit_s: processor seconds of one result before it is given up; 0 where the method keeps a limit of its own.
    """

    name: str
    version: int
    plan: Callable[[int, int], dict | None]
    code: Callable[[Job, dict], Coded]
    decodes: bool = True
    raw: bool = True
    small_books: bool = False
    cost: int = CHEAP
    sets: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    limit_s: int = 600


PEERS: dict[str, Method] = {}


def peer(
    name: str,
    plan: Callable[[int, int], dict | None],
    *,
    version: int = 1,
    decodes: bool = True,
    raw: bool = True,
    small_books: bool = False,
    cost: int = CHEAP,
    sets: tuple[str, ...] = (),
    sizes: tuple[int, ...] = (),
    limit_s: int = 600,
) -> Callable[[Callable[[Job, dict], Coded]], Callable[[Job, dict], Coded]]:
    """Declare a function as the peer `name`; the other arguments as in Method."""

    def declare(code: Callable[[Job, dict], Coded]) -> Callable[[Job, dict], Coded]:
        PEERS[name] = Method(name, version, plan, code, decodes, raw, small_books, cost, sets, sizes, limit_s)
        return code

    return declare
