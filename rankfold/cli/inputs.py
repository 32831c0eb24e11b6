"""Reading what a command was given: items with their ids, users, events, specs, artifacts."""

import json
from pathlib import Path

import numpy as np

from ..codec import Codec
from ..codecs import from_spec
from ..errors import InputError
from ..evaluate import Leaks, by_column, find_leaks
from ..interactions import Interactions, read_interactions
from ..search import Rows
from ..table import check_space
from ..vectors import Vectors, read_vectors

MAX_SPEC_BYTES = 1 << 20


def read_items(
    path: Path,
    *,
    ids: Path | None = None,
    id_column: str | None = None,
    vector_column: str | None = None,
    space: str | None = None,
    zero_rows: str = "error",
) -> Vectors:
    """The items of a file; ids from a .npy file or from a text file with one id a line. Raises InputError."""
    given = None if ids is None else ids if ids.suffix == ".npy" else read_names(ids, "ids")
    return read_vectors(path, ids=given, id_column=id_column, vector_column=vector_column, space=space, zero_rows=zero_rows)


def read_users(path: Path | None, items: Vectors) -> Vectors | None:
    """User vectors of the same dimension and space as the items, or None. Users whose vector is all zeros are kept: they rank nothing."""
    if path is None:
        return None
    users = read_vectors(path, zero_rows="keep")
    if users.dim != items.dim:
        raise InputError(f"users: {path} has {users.dim} dimensions; expected {items.dim}, as the items. Are these vectors of the same model?")
    check_space(users.space, items.space, "users")
    return users


def read_events(path: Path | None, users: Vectors | None, items: Vectors, *, unknown: str = "error") -> Interactions | None:
    """Events by row numbers of `users` and `items`, or None. Without users, the file's users must be whole numbers. unknown: "error" or "drop".

    Raises InputError where the split column puts one event, at one time, into training and into the test.
    """
    if path is None:
        return None
    events = read_interactions(path, user_ids=None if users is None else users.ids, item_ids=items.ids, unknown=unknown)
    leaks = leaks_of(events)
    if leaks is not None and events.time is not None:
        leaks.refuse(ahead=False)
    return events


def leaks_of(events: Interactions) -> Leaks | None:
    """What the split column of the events leaks into training, or None where it does not make a split."""
    if events.split is None or not (events.split == 0).any() or not (events.split == 2).any():
        return None
    return find_leaks(events, by_column(events.split))


def listed_rows(path: Path | None, queries: Vectors, item_ids: np.ndarray) -> Rows | None:
    """Rows by query, such as what it must not get: a file of events whose users are the ids of the queries; other users and items in it do not matter."""
    if path is None:
        return None
    events = read_interactions(path, user_ids=queries.ids, item_ids=item_ids, unknown="drop")
    return Rows.from_pairs(events.user, events.item, queries.count)


def read_spec(path: Path) -> Codec:
    """The codec of a JSON spec file. Raises InputError for what is not JSON, SpecError for what is no codec."""
    return from_spec(read_json(path, "codec", MAX_SPEC_BYTES))


def read_json(path: Path, name: str, most_bytes: int) -> object:
    """A JSON file. Raises InputError when it is too large or not JSON; numbers that JSON does not have are refused."""
    with open(path, "rb") as file:
        raw = file.read(most_bytes + 1)
    if len(raw) > most_bytes:
        raise InputError(f"{name}: {path} has more than {most_bytes} bytes; expected a small JSON file.")
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: {path} is not JSON ({str(error)[:200]}).") from error


def _refuse_constant(text: str) -> object:
    raise ValueError(f"it holds {text}")


def read_names(path: Path, name: str) -> list[str]:
    """A text file with one id or name a line. Raises InputError when it is not UTF-8; `name` says what for."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        expected = "one id a line, or a .npy file" if name == "ids" else "one name a line"
        raise InputError(f"{name}: {path} is not UTF-8 text ({error.reason}); expected {expected}.") from error
