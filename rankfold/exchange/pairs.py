"""Top lists of all users as one Parquet file: searched in blocks of users, each block kept as a finished part, so that a run that was stopped goes on there."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..arrays import F32, blocks
from ..errors import ArtifactError, InputError
from ..progress import Progress, silent
from ..search import Ranking, Rows
from ..store.folder import hold, sync_directory, write_file
from ..vectors import Vectors
from .numbertext import id_texts
from .parquetlists import check_installed

BLOCK_USERS = 4_096
PLAN = "plan.json"
# Rows that a fingerprint looks at: other data of the same shape and ids is noticed, and no file is read whole.
PROBED = 64


class Ranks(Protocol):
    """A searcher over rows that have ids."""

    @property
    def count(self) -> int: ...

    def search(self, queries: F32, k: int, *, exclude: Rows | None = None, allow: Any = None) -> Ranking: ...

    def ids(self, ranking: Ranking) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Pairs:
    """What was written: the file, users, pairs, and users whose lists an earlier run had found."""

    path: Path
    users: int
    pairs: int
    resumed: int


def write_pairs(
    searcher: Ranks,
    users: Vectors,
    k: int,
    out: Path | str,
    *,
    exclude: Rows | None = None,
    allow: np.ndarray | None = None,
    block_users: int = BLOCK_USERS,
    progress: Progress = silent,
) -> Pairs:
    """The k best rows of every user as a Parquet file of columns user, item (the ids), rank (int32, from 1) and score (float32), in the order of the users.

    searcher: a `Searcher` or whatever ranks as it does. exclude, allow: as in `Searcher.search`, for all users. Memory: the searcher's, and one block's lists.
    Finished blocks lie in a hidden folder beside `out` until the whole file gets its name by a rename; the same call after an interruption goes on behind them.
    Raises InputError for a path that is there, blocks of another call (delete the folder that is named), and whatever a search refuses; ArtifactError when
    the disk refuses; MissingExtra without pyarrow.
    """
    check_installed()
    out = Path(out)
    if out.exists() or not out.parent.is_dir():
        raise InputError(f"out: got {out}; expected a new path in a folder that is there.")
    if block_users < 1 or (exclude is not None and exclude.count != users.count):
        raise InputError(f"block_users, exclude: got {block_users} and lists for {exclude.count if exclude else users.count} of {users.count} users.")
    parts = out.with_name(f".{out.name}.parts")
    spans = list(blocks(users.count, block_users))
    first = _searched(searcher, users, 0, min(users.count, PROBED), k, exclude, allow)
    plan = {"fingerprint": _fingerprint(searcher, users, exclude, allow, first), "users": users.count, "k": k, "block_users": block_users}
    try:
        handle = _begin(parts, plan)
        try:
            done = [number for number in range(len(spans)) if _part(parts, number).exists()]
            for number, (start, stop) in enumerate(spans):
                progress("searching", start, users.count)
                if number not in done:
                    _write_part(_part(parts, number), searcher, users, (start, stop), _searched(searcher, users, start, stop, k, exclude, allow))
            progress("searching", users.count, users.count)
            pairs = _join(parts, len(spans), out)
        finally:
            if handle is not None:
                os.close(handle)
        shutil.rmtree(parts, ignore_errors=True)
    except OSError as error:
        raise ArtifactError(f"{out}: cannot be written ({error.strerror or error}). Free space and call again: finished blocks are kept.") from error
    return Pairs(out, users.count, pairs, sum(spans[number][1] - spans[number][0] for number in done))


def _searched(searcher: Ranks, users: Vectors, start: int, stop: int, k: int, exclude: Rows | None, allow: np.ndarray | None) -> Ranking:
    lists = None if exclude is None else exclude.slice(start, stop)
    return searcher.search(users.matrix.read(start, stop), k, exclude=lists, allow=allow)


def _begin(parts: Path, plan: dict) -> int | None:
    """The folder of finished blocks, held by this process, with the plan of this call. Raises InputError for another plan or another process."""
    parts.mkdir(exist_ok=True)
    handle = hold(parts, wait=False)
    if handle is None and hasattr(os, "O_DIRECTORY"):
        raise InputError(f"out: {parts} is in use by another process; expected to be the only one that writes it.")
    for left in parts.glob("*.writing"):
        left.unlink()
    file, text = parts / PLAN, json.dumps(plan, sort_keys=True).encode()
    if not file.exists():
        write_file(parts / "plan.writing", text)
        (parts / "plan.writing").replace(file)
    elif file.read_bytes() != text:
        if handle is not None:
            os.close(handle)
        raise InputError(f"out: {parts} holds blocks of another table, other users or other settings; delete it to begin anew, or choose another path.")
    return handle


def _part(parts: Path, number: int) -> Path:
    return parts / f"{number:06d}.parquet"


def _fingerprint(searcher: Ranks, users: Vectors, exclude: Rows | None, allow: np.ndarray | None, first: Ranking) -> str:
    """A digest of all ids, filters and the lists of the first users: what tells another table or other users from these."""
    every = Ranking(np.arange(searcher.count)[None, :], np.zeros((1, searcher.count), np.float32))
    found = hashlib.sha256()
    filters = [*((exclude.starts, exclude.values) if exclude else ()), *(() if allow is None else (allow,))]
    for array in (users.ids, searcher.ids(every), first.rows, first.scores, *filters):
        found.update(f"{array.dtype}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def _arrow_schema(users: Vectors, items: np.ndarray) -> Any:
    import pyarrow as arrow

    kinds = [arrow.int64() if ids.dtype.kind == "i" else arrow.string() for ids in (users.ids, items)]
    return arrow.schema([("user", kinds[0]), ("item", kinds[1]), ("rank", arrow.int32()), ("score", arrow.float32())])


def _write_part(path: Path, searcher: Ranks, users: Vectors, span: tuple[int, int], ranking: Ranking) -> None:
    """One block's lists, whole or not there."""
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    found = ranking.rows >= 0
    items, names = searcher.ids(ranking), users.ids[span[0] : span[1]]
    number, rank = np.nonzero(found)
    ids = [each if each.dtype.kind == "i" else id_texts(each) for each in (names[number], items[found])]
    schema = _arrow_schema(users, items)
    columns = [*ids, (rank + 1).astype(np.int32), ranking.scores[found]]
    beside = path.with_suffix(".writing")
    parquet.write_table(arrow.Table.from_arrays([arrow.array(column, field.type) for column, field in zip(columns, schema)], schema=schema), beside)
    beside.replace(path)


def _join(parts: Path, count: int, out: Path) -> int:
    """All parts as one file under its name; how many pairs it has."""
    import pyarrow.parquet as parquet

    pairs, beside = 0, parts / "whole.writing"
    files: Iterator[Any] = (parquet.ParquetFile(_part(parts, number)) for number in range(count))
    writer = None
    try:
        for file in files:
            with file:
                writer = writer or parquet.ParquetWriter(beside, file.schema_arrow)
                writer.write_table(file.read())
                pairs += file.metadata.num_rows
    finally:
        if writer is not None:
            writer.close()
    with open(beside, "rb") as whole:
        os.fsync(whole.fileno())
    if out.exists():
        raise InputError(f"out: {out} has come to be while blocks were searched; expected a new path.")
    beside.replace(out)
    sync_directory(out.parent)
    return pairs
