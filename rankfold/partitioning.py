"""Partitioning: the rows of a table brought into lists around fitted centroids, in memory or from artifact to artifact."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .arrays import F32, as_weight, blocks, row_norms
from .errors import InputError
from .fitting.cells import fit_cells, fit_grouped_cells
from .partition import Partition, gathered
from .progress import Progress, silent
from .store import ArtifactWriter, load
from .store.folder import check_root
from .table import Table

ROWS_A_LIST = 64  # looked at in the fit, at most
FEWEST_ROWS = 4  # a list, in the table
SAMPLE_VALUES = 1 << 28
GROUPED_LISTS = 65_536
DECODE_ROWS = 16_384
WRITE_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class Lists:
    """How to partition a table.

    count: lists; None: about four times the square root of the rows, a power of two. copies: 2 puts every row into its two nearest lists, which find more with
    as many probes and take the memory of a second row number and a second packed row. arrange: bring the rows of the table into the order of their lists, so
    that no row numbers need be kept (tables of one segment); row numbers change, ids stay with their rows. groups: of lists, which are looked for first; None:
    where lists are more than 65,536, the square root of their number.
    """

    count: int | None = None
    copies: int = 1
    arrange: bool = True
    groups: int | None = None

    def of(self, rows: int) -> tuple[int, int]:
        """Numbers of lists and of groups (0: none) for a table of so many rows. Raises InputError."""
        lists = 1 << max(0, round(np.log2(4 * rows**0.5))) if self.count is None else self.count
        lists = min(lists, max(1, rows // FEWEST_ROWS)) if self.count is None else lists
        if isinstance(lists, bool) or not isinstance(lists, int | np.integer) or not 1 <= lists <= rows:
            raise InputError(f"count: got {self.count!r} lists for {rows} rows; expected 1 to {rows}.")
        groups = (round(lists**0.5) if lists > GROUPED_LISTS else 0) if self.groups is None else self.groups
        if isinstance(groups, bool) or not isinstance(groups, int | np.integer) or not 0 <= groups <= lists:
            raise InputError(f"groups: got {self.groups!r} for {lists} lists; expected 0 to {lists}.")
        if self.copies not in (1, 2) or isinstance(self.copies, bool) or self.copies > lists:
            raise InputError(f"copies: got {self.copies!r} for {lists} lists; expected 1, or 2 where there are two lists.")
        return int(lists), int(groups)


def partitioned(
    table: Table,
    lists: Lists | None = None,
    *,
    weight: F32 | None = None,
    seed: int = 0,
    out: Path | str | None = None,
    note: str = "",
    details: Mapping[str, object] | None = None,
    progress: Progress = silent,
) -> Table:
    """The table with its rows in lists, for `PartitionSearcher`; by the decoded rows, in place of any lists that it had.

    lists: how many and how; see `Lists`. weight: (n,) what each row counts in the fit; see `exposure`. seed: same seed, same lists.
    out: write the artifact to this path, block by block, and return the table mapped from it; codes that are mapped are never in memory as a whole.
    note, details: kept in its manifest. Memory: 64 rows a list twice over (at most 2^28 values), 16 bytes a row, and a few blocks. Removed rows stay removed.
    Raises InputError, and ArtifactError when the artifact cannot be written.
    """
    how = Lists() if lists is None else lists
    count, groups = how.of(table.count)
    weights = as_weight(weight, table.count)
    if out is not None:
        check_root(Path(out))
    progress("fit lists", 0, 1)
    rng = np.random.default_rng(seed)
    most = max(count, min(ROWS_A_LIST * count, SAMPLE_VALUES // table.dim))
    rows = np.arange(table.count) if most >= table.count else np.sort(rng.choice(table.count, most, replace=False))
    x, w = table.decode(rows), weights[rows]
    if not w.any():
        w = np.ones_like(w)
    centroids, starts = fit_grouped_cells(x, w, count, groups, rng) if groups else (fit_cells(x, w, count, rng), None)
    del x
    progress("fit lists", 1, 1)
    like = Partition(centroids, np.zeros(count, np.float32), *(np.zeros(count + 1, np.int64),) * 2, np.empty(0, np.int32), how.copies, starts)
    labels, lengths = np.empty((table.count, how.copies), np.int32), np.empty(table.count, np.float32)
    progress("assign", 0, table.count)
    for segment in table.segments:
        for start, stop in blocks(segment.count, DECODE_ROWS):
            x = segment.decode(slice(start, stop))
            here = slice(segment.first + start, segment.first + stop)
            labels[here], lengths[here] = like.assign(x), row_norms(x)
            progress("assign", here.stop, table.count)
    partition, order = gathered(centroids, labels, lengths, arrange=how.arrange and len(table.segments) == 1, group_starts=starts)
    told = {**(details or {}), "partition": {"seed": seed, "weighted": weight is not None}}
    return _in_order(table, partition, order, None if out is None else Path(out), note, told, progress)


def _in_order(table: Table, partition: Partition, order: np.ndarray, out: Path | None, note: str, details: Mapping[str, object], progress: Progress) -> Table:
    """The table whose row i is row order[i] of `table`."""
    still = not partition.arranged
    ids = table.ids if still else table.ids[order]
    alive = table.alive if still or table.alive is None else table.alive[order]
    if out is None:
        segments = table.segments if still else tuple(replace(one, codes=one.codes.rows(order)) for one in table.segments)
        return replace(table, ids=ids, alive=alive, segments=segments, partition=partition)
    with ArtifactWriter(out, dim=table.dim, ids=ids, unit=table.unit, space=table.space, alive=alive) as writer:
        for number, segment in enumerate(table.segments):
            sharing = next((place for place, other in enumerate(table.segments[:number]) if other.state is segment.state), None)
            writer.segment(segment.codec, segment.state, rows=segment.count, share=sharing)
            for start, stop in blocks(segment.count, WRITE_ROWS):
                which = slice(start, stop) if still else order[start:stop]
                writer.append(segment.codes.rows(which).columns)
                progress("write", segment.first + stop, table.count)
        if table.calibration is not None:
            writer.calibrate(table.calibration)
        writer.partition(partition)
        return load(writer.publish(note=note, details=details))
