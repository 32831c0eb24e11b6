"""`rankfold bench`: the speed of an artifact on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from ... import kernels
from ...errors import InputError
from ...interactions import read_interactions
from ...packing import packed_of
from ...search import Searcher
from ...store import load
from ...table import matching_matrix
from ...vectors import read_vectors
from .. import machine, render, searchspeed
from ..comparing import compared, differences, read_measured
from ..options import AsJson, Seed
from ..output import Output
from ..replay import replayed, requests_of


def bench(
    artifact: Annotated[Path | None, typer.Argument(metavar="ARTIFACT", help="What `rankfold compress -o` wrote; not with --compare.")] = None,
    queries: Annotated[Path | None, typer.Option("--queries", metavar="FILE", help="Query vectors; without them, decoded rows are the queries.")] = None,
    k: Annotated[int, typer.Option("-k", help="How many rows for each query.", min=1)] = 10,
    workers: Annotated[int | None, typer.Option("--workers", help="Threads; all cores by default.", min=1)] = None,
    refine: Annotated[
        int | None, typer.Option("--refine", metavar="ROWS", help="Two-level codes: scan the coarse level, score so many by the whole row; approximate.", min=1)
    ] = None,
    replay: Annotated[
        Path | None, typer.Option("--replay", metavar="LOG", help="Events (user, item, time): each is a request by its user, an id of --queries.")
    ] = None,
    hot: Annotated[int, typer.Option("--hot", metavar="MB", help="With --replay: megabytes for lists of queries that come again.", min=1)] = 64,
    compare: Annotated[
        tuple[Path, Path] | None, typer.Option("--compare", metavar="A.json B.json", help="Two measurements by --json, of two machines say, side by side.")
    ] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Measure the speed of an artifact on this machine, or compare two measurements.

    Cold start (map the files and answer once; they may be in the system's cache), single queries, batches of 64, a mixed load of two clients, queries a
    processor second, joules a query where the system tells, bytes that a query reads, memory.
    """
    output = Output(as_json)
    if (artifact is None) == (compare is None) or (replay is not None and queries is None):
        raise InputError("artifact: expected an ARTIFACT to measure, or two files after --compare; and --queries with --replay.")
    if artifact is None:
        _show_comparison(compare, output)  # type: ignore[arg-type]
        return
    table = load(artifact)
    k = min(k, table.count)
    start = searchspeed.cold_start(artifact, k)
    vectors = None if queries is None else read_vectors(queries, zero_rows="keep")
    asked = (
        searchspeed.sample_queries(table, searchspeed.MOST_QUERIES, seed)
        if vectors is None
        else matching_matrix(vectors, "queries", dim=table.dim, space=table.space)
    )
    packed = packed_of(artifact, table, level="whole" if refine is None else "coarse")
    document = {"artifact": str(artifact), "rows": table.count, "dim": table.dim, "k": k, "refine": refine, "kernel_level": kernels.level()}
    document |= {"processor": machine.processor(), "bytes": table.parts(), "float32_bytes": 4 * table.count * table.dim, "cold_start": start}
    document |= searchspeed.speed(table, asked, k, workers=workers, refine=refine, packed=packed)
    if replay is not None and vectors is not None:
        events = read_interactions(replay, user_ids=vectors.ids, item_ids=table.ids, unknown="drop")
        searcher = Searcher(table, workers=workers, refine=refine, packed=packed)
        document["replay"] = replayed(searcher, asked, requests_of(events.user, events.time), k, hot * 10**6)
    document["peak_memory_bytes"] = machine.peak_memory_bytes()
    for line in bench_lines(document):
        output.line(line)
    output.finish(document)


def _show_comparison(files: tuple[Path, Path], output: Output) -> None:
    """Both measurements and how many times better the second is."""
    first, second = files
    documents = read_measured(first), read_measured(second)
    rows, other = compared(*documents), differences(*documents)
    header = ("figure", first.name, second.name, "second is better")
    table = [[row["figure"], _figure(row["first"]), _figure(row["second"]), "" if row["better"] is None else f"{row['better']:.2f}x"] for row in rows]
    machines = [f"{document.get('processor', 'unknown')}, {document.get('kernel_level')}, {document.get('workers')} workers" for document in documents]
    for line in [*render.pairs([(first.name, machines[0]), (second.name, machines[1])]), *render.columns(header, table)]:
        output.line(line)
    for line in other:
        output.line(f"not the same in both: {line}")
    output.finish({"first": str(first), "second": str(second), "machines": machines, "figures": rows, "not_the_same": other})


def _figure(value: float | None) -> str:
    return "unavailable" if value is None else render.number(value)


def bench_lines(found: dict) -> list[str]:
    """The measurements as text."""
    total, single, batch, cold = sum(found["bytes"].values()), found["single"], found["batch_64"], found["cold_start"]
    mixed, joules = found["mixed"], single["joules_per_query"]
    energy = "unavailable" if joules is None else f"{joules:.3g} J"
    lines = render.pairs(
        [
            ("table", f"{render.count(found['rows'])} rows x {found['dim']} dimensions, k = {found['k']}{_refined(found)}"),
            ("memory", f"{total / 1e9:.4f} GB; {found['float32_bytes'] / 1e9:.4f} GB as float32 ({render.ratio(found['float32_bytes'], total)} smaller)"),
            ("kernels", f"{found['kernel_level']}, {found['workers']} workers"),
            ("cold start", f"{render.milliseconds(cold['load_ms'])} to load, {render.milliseconds(cold['first_query_ms'])} to the first answer"),
            ("one query", _span(single, "p50 {p50}, p95 {p95}, p99 {p99}") + f"; {render.rate(single['queries_per_s'], 'queries')}"),
            ("batch of 64", _span(batch, "p50 {p50}, p95 {p95}, p99 {p99}") + f"; {render.rate(batch['queries_per_s'], 'queries')}"),
            ("mixed load", _span(mixed, "p50 {p50}, p95 {p95}, p99 {p99}") + f", {render.number(mixed['p99_of_p50'])} times the median; 2 clients"),
            ("cost", f"{render.rate(single['queries_per_cpu_s'], 'queries')} of a processor; energy a query {energy}"),
            ("scan", f"{render.rate(found['rows_per_s'], 'rows')} by one query; a query reads {render.size(found['bytes_per_query'])}"),
            ("peak memory", render.size(found["peak_memory_bytes"])),
        ]
    )
    return lines if "replay" not in found else [*lines, *_replay_lines(found["replay"])]


def _replay_lines(found: dict) -> list[str]:
    asked = f"{render.count(found['requests'])} requests of {render.count(found['different_queries'])} queries"
    held = f"{render.size(found['held_bytes'])} of {render.size(found['hot_bytes'])} held"
    spans = [(name, _span(found[name], "p50 {p50}, p95 {p95}, p99 {p99}")) for name in ("plain", "hot")]
    return render.pairs([("replay", f"{asked}; {render.percent(found['hit_rate'])} were remembered, {held}"), *spans])


def _refined(found: dict) -> str:
    return f", {render.count(found['refine'])} refined" if found["refine"] else ""


def _span(measured: dict, form: str) -> str:
    return form.format(**{f"p{share}": render.milliseconds(measured[f"p{share}_ms"]) for share in (50, 95, 99)})
