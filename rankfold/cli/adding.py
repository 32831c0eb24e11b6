"""Adding a table of figures to a report.json that another command wrote."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..report.content import check
from .inputs import read_json
from .output import finite, write_json

MAX_REPORT_BYTES = 16 << 20


def read_report(path: Path) -> Any:
    """The report of a file. Raises InputError for what is none, or holds more than one data set: a table would not know where to go."""
    content = read_json(path, "into", MAX_REPORT_BYTES)
    check(content)
    sections = content["sections"]  # type: ignore[index,call-overload]
    if len(sections) != 1:
        raise InputError(f"into: {path} has {len(sections)} data sets; expected one. Take the file of one `rankfold evaluate --out`.")
    return content


def add_measures(path: Path, content: Any, measures: Sequence[Mapping[str, Any]], command: str) -> None:
    """Write the report of `read_report` again with these tables in its section; those of the same title are replaced. Raises ArtifactError."""
    section = content["sections"][0]
    titles = {one["title"] for one in measures}
    kept = [one for one in section.get("measures", []) if one["title"] not in titles]
    section["measures"] = finite([*kept, *measures])
    content["reproduce"] = [*(line for line in content["reproduce"] if line != command), command]
    check(content)
    write_json(path, content)
