"""`rankfold share`: several tables with codebooks in common."""

from pathlib import Path
from typing import Annotated

import typer

from ...errors import InputError
from ...store import link_equal, save
from ...store.folder import check_root
from ...tune.sharing import share as share_codebooks
from .. import render
from ..inputs import read_items, read_spec
from ..options import AsJson, Seed, ZeroRows
from ..output import Output


def share(
    items: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Vectors of each table: .npy, .npz, .parquet or .fvecs.", show_default=False)],
    codec: Annotated[Path, typer.Option("--codec", metavar="SPEC.json", help='How all are coded: {"codec": "pq", "groups": 16}.', show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Gets a store folder for each table, named as its file.", show_default=False)],
    limit: Annotated[float, typer.Option("--limit", metavar="0.005", help="Most of its overlap@10 that a table may lose by sharing.", min=0, max=1)] = 0.005,
    unit: Annotated[bool, typer.Option("--unit", help="Normalise rows: rank by cosine.")] = False,
    zero_rows: ZeroRows = "error",
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Compress several tables with codebooks in common, where none loses much by it.

    Tables are merged step by step; a table's loss is how much less of the 10 nearest rows it finds than with codebooks of its own. Each table becomes an
    ordinary artifact; equal codebooks are one file on disk (hard links).
    """
    output = Output(as_json)
    names = [path.stem for path in items]
    if len(set(names)) < len(names):
        raise InputError(f"items: got {', '.join(names)}; expected file names that differ, as they name the tables.")
    roots = {name: out / name for name in names}
    for root in (out, *roots.values()):
        check_root(root)
    how = read_spec(codec)
    found = share_codebooks({path.stem: read_items(path, zero_rows=zero_rows) for path in items}, how, limit=limit, unit=unit, seed=seed)
    artifacts = {name: save(table, roots[name], note="rankfold share") for name, table in found.tables.items()}
    freed = link_equal(list(artifacts.values()))
    told = found.report()
    for group in found.groups:
        output.line(f"{'shared by' if len(group) > 1 else 'alone:'} {', '.join(group)}")
    for name, one in told["overlap@10"].items():
        output.line(f"  {name}: overlap@10 {one['before']:.3f} with codebooks of its own, {one['after']:.3f} now; {artifacts[name]}")
    output.line(f"codebooks {render.size(found.own_bytes)} -> {render.size(found.shared_bytes)}, {told['saved']:.0%} saved")
    output.finish({**told, "artifacts": artifacts, "freed_bytes": freed})
