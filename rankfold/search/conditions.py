"""Where: what an attribute filter asks, built from Python values or read from text such as `category=a,b`."""

import re
from dataclasses import dataclass

from ..errors import InputError

COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
Value = int | float | str
_TEXT = re.compile(r"\s*([^=!<>]+?)\s*(!=|<=|>=|=|<|>)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on the attributes of a row; joined by `&`, `|` and `~`. Made by `where` and `parse_where`.

    op: a comparison of attribute `name` with `values`, or "and", "or", "not" over `parts`.
    """

    op: str
    name: str = ""
    values: tuple[Value, ...] = ()
    parts: tuple["Where", ...] = ()

    def __and__(self, other: "Where") -> "Where":
        return Where("and", parts=(self, _condition(other)))

    def __or__(self, other: "Where") -> "Where":
        return Where("or", parts=(self, _condition(other)))

    def __invert__(self) -> "Where":
        return Where("not", parts=(self,))

    def __bool__(self) -> bool:
        raise InputError("where: a condition is neither true nor false by itself; join conditions by &, | and ~, not by and, or and not.")


def where(name: str, op: str, *values: Value) -> Where:
    """The rows whose attribute `name` is = any of the values, != all of them, or <, <=, >, >= the one value. A row of several values needs one that fits.

    Values are numbers or text; true and false are 1 and 0. Raises InputError for other operators, no value, or several for a comparison of size.
    """
    if op not in COMPARISONS:
        raise InputError(f"where: got the operator {op!r}; expected one of {' '.join(COMPARISONS)}.")
    if not values or (len(values) > 1 and op not in ("=", "!=")):
        raise InputError(f"where: got {len(values)} values for {name} {op}; expected {'at least one' if op in ('=', '!=') else 'one'}.")
    wrong = [value for value in values if not isinstance(value, int | float | str) and not hasattr(value, "item")]
    if wrong:
        raise InputError(f"where: got {type(wrong[0]).__name__} for {name}; expected numbers or text.")
    plain = [value.item() if hasattr(value, "item") else value for value in values]
    return Where(op, name, tuple(int(value) if isinstance(value, bool) else value for value in plain))


def parse_where(text: str) -> Where:
    """One comparison as text: a name, an operator, values with commas between them: `category=a,b`, `adult!=1`, `year>=1990`. Raises InputError."""
    found = _TEXT.fullmatch(text)
    values = [value.strip() for value in found[3].split(",")] if found else []
    if found is None or "" in values:
        raise InputError(f"where: got {text!r}; expected a name, one of {' '.join(COMPARISONS)}, and values with commas between them, such as category=a,b.")
    return where(found[1], found[2], *values)


def _condition(other: object) -> Where:
    if not isinstance(other, Where):
        raise InputError(f"where: got {type(other).__name__} beside a condition; expected another condition, such as where('category', '=', 'a').")
    return other
