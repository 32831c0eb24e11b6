"""What an engine can hold, and what is refused or changed because of it."""

from dataclasses import dataclass

from ..errors import InputError
from .rows import SparseRows
from .signs import FORMS

SIGNS = ("auto", *FORMS)


@dataclass(frozen=True, slots=True)
class Contract:
    """What an engine does with sparse vectors, from its documentation and from measurements.

    signed_rows, signed_queries: whether negative values come out right in stored rows and in queries.
    value: how a value is stored; index_base: the number of the first column in what is written.
    most_nonzeros: values a row or query may have; most_width: columns; None: no limit below 2**30.
    empty_rows: whether a row without values can be held. ids: "any", "int64" or "uint64" (of others the row number is used, and the id goes beside it).
    about: one sentence on what else to know.
    """

    signed_rows: bool
    signed_queries: bool
    value: str = "float32"
    index_base: int = 0
    most_nonzeros: int | None = None
    most_width: int | None = None
    empty_rows: bool = True
    ids: str = "any"
    about: str = ""


def choose_form(name: str, contract: Contract, rows: SparseRows, signs: str) -> str:
    """The form in which rows go to the engine `name`: "signed", or "split" where the engine holds no negative values and there are some.

    Raises InputError for signs that are none of SIGNS, and for "signed" where the engine would refuse the rows or rank them wrongly.
    """
    if signs not in SIGNS:
        raise InputError(f"signs: got {signs!r}; expected one of {', '.join(SIGNS)}.")
    must_split = rows.has_negative and not contract.signed_rows
    if signs == "signed" and must_split:
        raise InputError(f"signs: got 'signed', but {name} holds no negative values and these rows have some; expected 'split' (or 'auto', which splits).")
    return "split" if signs == "split" or must_split else "signed"


def check_rows(name: str, contract: Contract, rows: SparseRows, what: str) -> None:
    """Raise InputError when a row has more values, or there are more columns, than the engine `name` takes. what: "rows" or "queries", for the message."""
    if contract.most_nonzeros is not None and rows.most > contract.most_nonzeros:
        row = int(rows.lengths.argmax())
        advice = "Keep fewer with query_terms (command line: --query-terms)." if what == "queries" else "Compress with fewer nonzeros."
        raise InputError(f"{what}: number {row} has {rows.most} nonzeros; expected at most {contract.most_nonzeros}, as {name} takes them. {advice}")
    if contract.most_width is not None and rows.width > contract.most_width:
        raise InputError(f"{what}: got {rows.width} columns; expected at most {contract.most_width}, as {name} takes them. Compress with fewer latents.")
