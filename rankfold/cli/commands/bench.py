"""`rankfold bench`: the speed of an artifact on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from ... import kernels
from ...store import load
from ...table import matching_matrix
from ...vectors import read_vectors
from .. import machine, render, searchspeed
from ..options import Artifact, AsJson, Seed
from ..output import Output


def bench(
    artifact: Artifact,
    queries: Annotated[Path | None, typer.Option("--queries", metavar="FILE", help="Query vectors; without them, decoded rows are the queries.")] = None,
    k: Annotated[int, typer.Option("-k", help="How many rows for each query.", min=1)] = 10,
    workers: Annotated[int | None, typer.Option("--workers", help="Threads; all cores by default.", min=1)] = None,
    refine: Annotated[
        int | None, typer.Option("--refine", metavar="ROWS", help="Two-level codes: scan the coarse level, score so many by the whole row; approximate.", min=1)
    ] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Measure the speed of an artifact on this machine.

    Cold start (map the files and answer once; they may be in the system's cache), single queries, batches of 64, bytes that a query reads, memory.
    """
    output = Output(as_json)
    table = load(artifact)
    k = min(k, table.count)
    start = searchspeed.cold_start(artifact, k)
    asked = (
        searchspeed.sample_queries(table, searchspeed.MOST_QUERIES, seed)
        if queries is None
        else matching_matrix(read_vectors(queries, zero_rows="keep"), "queries", dim=table.dim, space=table.space)
    )
    found = searchspeed.speed(table, asked, k, workers=workers, refine=refine)
    document = {
        "artifact": str(artifact),
        "rows": table.count,
        "dim": table.dim,
        "k": k,
        "refine": refine,
        "kernel_level": kernels.level(),
        "bytes": table.parts(),
        "float32_bytes": 4 * table.count * table.dim,
        "cold_start": start,
        **found,
        "peak_memory_bytes": machine.peak_memory_bytes(),
    }
    for line in bench_lines(document):
        output.line(line)
    output.finish(document)


def bench_lines(found: dict) -> list[str]:
    """The measurements as text."""
    total, single, batch, cold = sum(found["bytes"].values()), found["single"], found["batch_64"], found["cold_start"]
    return render.pairs(
        [
            ("table", f"{render.count(found['rows'])} rows x {found['dim']} dimensions, k = {found['k']}{_refined(found)}"),
            ("memory", f"{total / 1e9:.4f} GB; {found['float32_bytes'] / 1e9:.4f} GB as float32 ({render.ratio(found['float32_bytes'], total)} smaller)"),
            ("kernels", f"{found['kernel_level']}, {found['workers']} workers"),
            ("cold start", f"{render.milliseconds(cold['load_ms'])} to load, {render.milliseconds(cold['first_query_ms'])} to the first answer"),
            ("one query", _span(single, "p50 {p50}, p95 {p95}, p99 {p99}") + f"; {render.rate(single['queries_per_s'], 'queries')}"),
            ("batch of 64", _span(batch, "p50 {p50}, p95 {p95}, p99 {p99}") + f"; {render.rate(batch['queries_per_s'], 'queries')}"),
            ("scan", f"{render.rate(found['rows_per_s'], 'rows')} by one query; a query reads {render.size(found['bytes_per_query'])}"),
            ("peak memory", render.size(found["peak_memory_bytes"])),
        ]
    )


def _refined(found: dict) -> str:
    return f", {render.count(found['refine'])} refined" if found["refine"] else ""


def _span(measured: dict, form: str) -> str:
    return form.format(**{f"p{share}": render.milliseconds(measured[f"p{share}_ms"]) for share in (50, 95, 99)})
