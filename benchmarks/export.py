"""Sparse codes of text vectors through other engines: how many of the exact lists come back, with signs, split by sign, and with negative values cut.

    python benchmarks/export.py

10,000 rows and 500 queries of text132k, none of which the dictionary was fitted on; lists of 100. Queries go out as products with all atoms, and as codes.
First table: lists by the codes, everything multiplied out, against the exact lists of the uncompressed vectors. Second table: lists that each engine returns
against those multiplied out from the codes with their signs. "signed": as they are; "split": two columns a latent; "split, positive terms": the same, without
the negative query terms; "cut": negative values of rows and queries set to 0. Engines that are not installed are left out (pip install "rankfold[engines]");
one that is slow is asked fewer queries. Prints the tables and writes benchmarks/results/export.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import contextlib  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from pathlib import Path  # noqa: E402

import datasets  # noqa: E402
import numpy as np  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table as Sheet  # noqa: E402

from rankfold.codecs import from_spec  # noqa: E402
from rankfold.codes import Codes  # noqa: E402
from rankfold.compression import compress  # noqa: E402
from rankfold.evaluate.fidelity import overlap  # noqa: E402
from rankfold.evaluate.intervals import Mean, mean_of  # noqa: E402
from rankfold.exchange.agreement import agreement, scores  # noqa: E402
from rankfold.exchange.engine import Engine, Local  # noqa: E402
from rankfold.exchange.queries import coded, projected  # noqa: E402
from rankfold.exchange.registry import ENGINES  # noqa: E402
from rankfold.exchange.rows import SparseRows, rows_of  # noqa: E402
from rankfold.exchange.signs import both_signs, positive, split  # noqa: E402
from rankfold.table import Segment, Table, encode_rows  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

SPEC = {"codec": "sparse", "nonzeros": 32}
ROWS, QUERIES, FITTED, K, SEED = 10_000, 500, 20_000, 100, 0
TERMS = (64, 256, 1_024)
FORMS = {
    "signed": (lambda rows: rows, lambda queries: queries),
    "split": (split, both_signs),
    "split, positive terms": (split, split),
    "cut": (positive, positive),
}


def coded_rows() -> tuple[Table, np.ndarray, np.ndarray]:
    """The table of the rows, the rows themselves and the queries."""
    x = datasets.text()
    order = np.random.default_rng(SEED).permutation(len(x))
    rows, queries, fitted = np.split(order[: ROWS + QUERIES + FITTED], [ROWS, ROWS + QUERIES])
    last = compress(as_vectors(x[fitted]), from_spec(SPEC), seed=SEED).segments[0]
    codes = Codes(encode_rows(last.codec, last.state, x[rows]))
    return Table(x.shape[1], False, np.arange(ROWS), (Segment(last.codec, last.state, codes, 0),)), x[rows], x[queries]


def best(rows: SparseRows, queries: SparseRows) -> np.ndarray:
    """The K best rows of each query, multiplied out."""
    return np.concatenate([np.argsort(-block, axis=1, kind="stable")[:, :K] for _, block in scores(rows, queries)])


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send to nowhere what engines write to stdout past Python."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def through(engine: Engine, local: Local, rows: SparseRows, asked: dict[str, SparseRows], form: str) -> dict:
    """What the engine returns for the rows in this form, compared with the lists of the rows and queries as they are."""
    store, ask = FORMS[form]
    stored = store(rows)
    found: dict[str, Mean] = {}
    with tempfile.TemporaryDirectory() as folder, quiet():
        engine.write(Path(folder), "rows", stored)
        written = sum(file.stat().st_size for file in Path(folder).iterdir())
        with local.load(Path(folder), stored.width) as loaded:
            for name, queries in asked.items():
                most = len(queries.ids)
                if local.most_products is not None:
                    most = max(1, min(most, local.most_products // (rows.count * max(1, queries.nonzeros // queries.count))))
                some = queries.take(np.arange(most))
                found[name] = mean_of(agreement(loaded.search(ask(some), K), rows, some))
            version, size = loaded.version, loaded.nbytes
    return {
        "engine": version,
        "form": form,
        "file_row_bytes": written / rows.count,
        "engine_row_bytes": None if size is None else size / rows.count,
        "agreement": {name: mean.to_dict() for name, mean in found.items()},
    }


def shown(mean: dict) -> str:
    """A mean with its interval, and the number of queries where that is not all of them."""
    fewer = "" if mean["n"] == QUERIES else f" ({mean['n']} queries)"
    reach = "" if mean["low"] is None or mean["mean"] == 1 else f" ± {mean['mean'] - mean['low']:.3f}"
    return f"{mean['mean']:.3f}{reach}{fewer}"


def main() -> None:
    """Measure, print, write."""
    table, x, queries = coded_rows()
    rows, atoms = rows_of(table)
    numbers = np.arange(QUERIES)
    asked = {"projected": projected(atoms, queries, numbers), "codes": coded(table, queries, numbers)}
    fewer = {f"projected, {terms} terms": projected(atoms, queries, numbers, terms=terms) for terms in TERMS}
    exact = np.argsort(-(queries @ x.T), axis=1, kind="stable")[:, :K]
    against = {name: mean_of(overlap(best(rows, one), exact)).to_dict() for name, one in {**asked, **fewer}.items()}
    console = Console(width=160)
    sheet = Sheet("queries", "terms", f"overlap@{K} with exact lists", title=f"{ROWS:,} rows of {rows.nonzeros / ROWS:.1f} nonzeros, {rows.width} latents")
    for name, mean in against.items():
        sheet.add_row(name, f"{({**asked, **fewer})[name].nonzeros / QUERIES:.0f}", shown(mean))
    console.print(sheet)
    results = []
    sheet = Sheet("engine", "form", *(f"agreement@{K}, {name}" for name in asked), "bytes a row: files", "in the engine")
    for engine in ENGINES.values():
        for local in engine.local:
            for form in FORMS if local.is_installed else ():
                results.append(through(engine, local, rows, asked, form))
                one = results[-1]
                print(one["engine"], form, *(shown(mean) for mean in one["agreement"].values()), sep="; ", file=sys.stderr, flush=True)
                size = "" if one["engine_row_bytes"] is None else f"{one['engine_row_bytes']:.0f}"
                sheet.add_row(one["engine"], form, *(shown(mean) for mean in one["agreement"].values()), f"{one['file_row_bytes']:.0f}", size)
    console.print(sheet)
    about = {"data": "text132k", "spec": SPEC, "rows": ROWS, "queries": QUERIES, "k": K, "negative": float((rows.data < 0).mean())}
    path = datasets.RESULTS / "export.json"
    path.write_text(json.dumps({**about, "against_exact": against, "engines": results}, indent=1) + "\n")
    console.print(f"written to {path.name}")


if __name__ == "__main__":
    main()
