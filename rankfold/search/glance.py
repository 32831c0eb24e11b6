"""The coarse levels of a table as a table of its own: what a two-level search scans first."""

from collections.abc import Sequence
from dataclasses import replace

from ..arrays import F32
from ..codec import describe, glance, glance_prepared
from ..codes import Arrays
from ..errors import InputError
from ..table import Segment, Table


def coarse_table(table: Table) -> Table:
    """The same rows by the coarse level of every segment; arrays are shared. Raises InputError where a segment's codec has no coarse level."""
    segments = []
    for segment in table.segments:
        part = glance(segment.codec, segment.state, segment.codes)
        if part is None:
            raise InputError(
                f"refine: {describe(segment.codec)} has no coarse level to scan first; expected a table whose codecs have two, such as layered. "
                "Search it without refine."
            )
        segments.append(Segment(*part, segment.first))
    return replace(table, segments=tuple(segments))


def coarse_prepared(table: Table, coarse: Table, prepared: Sequence[Arrays], queries: F32) -> list[Arrays]:
    """Queries (q, d) prepared for the coarse levels of a table: taken out of what is prepared for the whole table where that holds them."""
    parts = [glance_prepared(segment.codec, one) for segment, one in zip(table.segments, prepared, strict=True)]
    return [segment.codec.prepare(segment.state, queries) if part is None else part for segment, part in zip(coarse.segments, parts, strict=True)]
