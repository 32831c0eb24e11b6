"""Options that several commands share, spelled once."""

import shlex
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any

import typer


def _note_json(ctx: Any, wanted: bool) -> bool:
    """Remembered on the root, so that an error knows its form too."""
    ctx.find_root().obj = {"json": wanted}
    return wanted


def typed_again(ctx: Any, *, command: str | None = None, only: Collection[str] | None = None) -> str:
    """The command of this context as it can be typed again: everything that is not a default, without --json.

    command: another command instead; only: parameters that it takes over, by name.
    """
    parts = ["rankfold", command or str(ctx.info_name)]
    for one in ctx.command.params:
        value = ctx.params.get(one.name)
        if value is None or value == one.default or one.name == "as_json" or (only is not None and one.name not in only):
            continue
        if one.param_type_name == "argument":
            parts.append(str(value))
        else:
            name = max(one.opts, key=len)
            parts += [name] if value is True else [name, str(value)]
    return shlex.join(parts)


AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout and nothing else.", callback=_note_json, is_eager=True)]
Items = Annotated[Path, typer.Argument(metavar="FILE", help="Vectors: .npy, .npz, .parquet or .fvecs.", show_default=False)]
Artifact = Annotated[Path, typer.Argument(metavar="ARTIFACT", help="What `rankfold compress -o` wrote.", show_default=False)]
Users = Annotated[Path | None, typer.Option("--users", metavar="FILE", help="User vectors, in the same space as the items.")]
Events = Annotated[
    Path | None, typer.Option("--interactions", metavar="FILE", help="Events: Parquet or CSV with columns user, item and maybe time, weight, split.")
]
IdFile = Annotated[Path | None, typer.Option("--ids", metavar="FILE", help="Item ids, one a row: .npy, or text with one id a line.")]
IdColumn = Annotated[str | None, typer.Option("--id-column", metavar="NAME", help="Parquet column that holds the ids.")]
VectorColumn = Annotated[str | None, typer.Option("--vector-column", metavar="NAME", help="Parquet column (or .npz array) that holds the vectors.")]
Titles = Annotated[
    Path | None, typer.Option("--titles", metavar="FILE", help="Titles of the items, to say what latents stand for: CSV, TSV or Parquet with ids and titles.")
]
TitleColumn = Annotated[str, typer.Option("--title-column", metavar="NAME", help="Column of --titles that holds the titles.")]
Space = Annotated[
    str | None, typer.Option("--space", metavar="NAME", help="Name of the embedding space, such as the training run; other spaces are refused later.")
]
ZeroRows = Annotated[str, typer.Option("--zero-rows", metavar="error|keep", help="What to do about rows that are all zeros.")]
Seed = Annotated[int, typer.Option("--seed", help="Same seed, same bytes.", min=0)]
Unknown = Annotated[str, typer.Option("--unknown", metavar="error|drop", help="What to do about events whose user or item is not in the vectors.")]
UserGroups = Annotated[
    Path | None, typer.Option("--user-groups", metavar="FILE", help="Groups of users: CSV or Parquet with ids and a column for each kind of group.")
]
ItemGroups = Annotated[
    Path | None, typer.Option("--item-groups", metavar="FILE", help="Groups of items, such as category or provider: CSV or Parquet with ids.")
]
