"""The coarse levels of a table as a table of its own: what a two-level search scans first."""

from dataclasses import replace

from ..codec import describe, glance
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
