"""Our codecs at so many bytes a row, through the library: fit on the training rows, encode all, decode."""

import ast
import time
from functools import cache
from pathlib import Path

import numpy as np

import rankfold
from rankfold.codec import describe
from rankfold.codecs import from_spec, names
from rankfold.codes import Codes
from rankfold.compression import fit
from rankfold.errors import SpecError
from rankfold.search import Searcher
from rankfold.table import Segment, Table, encode_rows
from rankfold.tune.ladder import tiered
from rankfold.vectors import as_vectors

from .cache import PROTOCOL, digest
from .coded import Coded, Job
from .sets import BOOKS_LIMIT

# More levels take minutes to fit, and codes of a few levels and a trellis are better.
MOST_LEVELS = 32
# What a trellis can spend on a coordinate.
MOST_BITS = 6
STRONG = ("layered", "trellis", "residual", "sparse", "viewed", "tiers", "even tiers")
# Which tier a row is in, of at most four: what puts the rows of a table back into the order of the catalogue.
TIER_BYTES = 0.25
TIER_FILES = ("tune/ladder.py", "tune/shortlist.py", "adaptive/tiers.py", "adaptive/allocation.py", "adaptive/stopping.py")
# Bytes a row that codebooks of tiers may take: the limit on small catalogues less an eighth, as parts of a state beside codebooks count too; else any.
TIER_BOOKS, ANY_CODEBOOKS = BOOKS_LIMIT * 7 / 8, 1 << 24
# Even tiers: every row gets at least so much of the mean, and the choice goes by the square root of the exposure.
EVEN = {"least": 0.75, "lean": 0.5}
PACKAGE = Path(rankfold.__file__).parent


def specs(dim: int, nbytes: int, cosine: bool) -> dict[str, dict]:
    """Name -> spec of every codec of ours that spends about nbytes a row; codecs with a whole budget first. Rows of uneven lengths: one byte is for lengths."""
    inner = nbytes if cosine else nbytes - 1
    scaled = inner - 1
    found: dict[str, dict] = {
        "layered": {"codec": "layered", "bytes": nbytes},
        "trellis": {"codec": "trellis", "bytes": min(nbytes, MOST_BITS * dim // 8 + (not cosine))},
        "residual": {"codec": "residual", "levels": inner} if inner <= MOST_LEVELS else {},
        "sparse": {"codec": "sparse", "bytes": nbytes},
        "pq": {"codec": "pq", "groups": inner, "rotation": "learned"} if dim % inner == 0 else {},
        # Codes of single coordinates hold a scale of their own.
        "reduced scalar": {"codec": "reduced", "dims": min(dim, 2 * scaled), "inner": {"codec": "scalar", "bits": 4}},
        "reduced sign": {"codec": "reduced", "dims": min(dim, 8 * scaled), "inner": {"codec": "sign"}},
    }
    return {name: spec for name, spec in found.items() if spec and uses(spec) <= set(names()) and suits(spec, dim)}


def judged_specs(dim: int, nbytes: int, cosine: bool, limited: bool) -> dict[str, dict]:
    """Name -> spec of what needs users: sizes by exposure (tiers), and a trellis in the metric of what users ask (viewed).

    Codebooks of tiers take what every method may spend on them: on small catalogues up to BOOKS_LIMIT bytes a row.
    """
    viewed = {"codec": "viewed", "inner": {"codec": "trellis", "bytes": min(nbytes, MOST_BITS * dim // 8 + (not cosine))}}
    sizes = {"codec": "tiers", "bytes": nbytes, "codebooks": TIER_BOOKS if limited else ANY_CODEBOOKS}
    return ({"viewed": viewed} if suits(viewed, dim) else {}) | {"tiers": sizes, "even tiers": sizes | EVEN}


def suits(spec: dict, dim: int) -> bool:
    """Whether the codec takes rows of so many dimensions at that size."""
    try:
        return from_spec(spec).row_bytes(dim) > 0
    except SpecError:
        return False


def uses(spec: dict) -> set[str]:
    """The names of the codecs in a spec, inner ones too."""
    return {spec["codec"]}.union(*(uses(part) for part in spec.values() if isinstance(part, dict)))


def folded(job: Job, spec: dict, *, weighted: bool) -> tuple[Table, float, float]:
    """(table of all rows, seconds of the fit, seconds of the encoding): what `compress` does, fitted on the training rows alone."""
    start = time.process_time()
    vectors = as_vectors(job.train, zero_rows="keep")
    asked = job.queries if "viewed" in uses(spec) else None
    fitted = fit(vectors, from_spec(spec), weight=job.weight if weighted else None, queries=asked, sample=len(job.train), seed=job.seed)
    done = time.process_time()
    codes = Codes(encode_rows(fitted.codec, fitted.state, job.rows))
    table = Table(job.rows.shape[1], False, np.arange(len(job.rows)), (Segment(fitted.codec, fitted.state, codes, 0),))
    return table, done - start, time.process_time() - done


def coded(job: Job, spec: dict, *, weighted: bool) -> Coded:
    """One of our codecs as a result among the others'; the note is the codec as it was settled."""
    if spec["codec"] == "tiers":
        return in_tiers(job, spec, weighted=weighted)
    table, fit_s, encode_s = folded(job, spec, weighted=weighted)
    parts = table.parts()
    searcher = Searcher(table, workers=1)
    row_bytes = (parts["codes"] + parts["scales"]) / table.count
    note = describe(table.segments[0].codec)
    return Coded(row_bytes, parts["codebooks"], table.decode(), scan=lambda query: searcher.search(query, 100), fit_s=fit_s, encode_s=encode_s, note=note)


def in_tiers(job: Job, spec: dict, *, weighted: bool) -> Coded:
    """Rows at up to four sizes with the mean of the spec, lengths and the number of the tier included; decoded rows in the order of the job."""
    start = time.process_time()
    vectors = as_vectors(job.rows, zero_rows="keep")
    settings = {name: spec[name] for name in ("least", "lean") if name in spec} | {"codebooks": int(spec["codebooks"] * len(job.rows))}
    weight = job.exposure if weighted else None
    table = tiered(vectors, spec["bytes"] - TIER_BYTES, weight=weight, rows=job.half, sample=len(job.half), seed=job.seed, **settings)
    done = time.process_time()
    parts = table.parts()
    sizes = [(segment.codec.row_bytes(table.dim), segment.count) for segment in table.segments]
    row_bytes = (parts["codes"] + parts["scales"]) / table.count + (len(sizes) - 1).bit_length() / 8
    searcher = Searcher(table, workers=1)
    note = ", ".join(f"{count} rows of {size} B" for size, count in sizes)
    rows = table.decode(table.row_of(vectors.ids))
    return Coded(row_bytes, parts["codebooks"], rows, scan=lambda query: searcher.search(query, 100), fit_s=done - start, note=note)


def digest_of(settings: dict) -> str:
    """The name of a result of ours: its settings and the code behind them."""
    return digest([PROTOCOL, settings, source_digest(frozenset(uses(settings["spec"])))])


@cache
def source_digest(codec_names: frozenset[str]) -> str:
    """A name of the code behind some codecs: their files and what they import of `codecs` and `fitting`, without comments and docstrings."""
    found: dict[str, str] = {}
    files = TIER_FILES if "tiers" in codec_names else ()
    codec_names = codec_names | ({"trellis", "residual"} if files else set())
    wanted = [
        PACKAGE / "compression.py",
        *(PACKAGE / name for name in files),
        *(PACKAGE / "codecs" / f"{name}.py" for name in sorted(codec_names | {"normed", "unit"})),
    ]
    while wanted:
        path = wanted.pop()
        if str(path) in found or not path.exists():
            continue
        tree = ast.parse(path.read_text())
        found[str(path)] = ast.dump(without_docstrings(tree))
        wanted += imported_files(tree, path)
    return digest(sorted(found.values()))


def imported_files(tree: ast.Module, path: Path) -> list[Path]:
    """The files of `codecs` and `fitting` that a file of `codecs` or `fitting` imports."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level and node.module:
            folder = path.parent if node.level == 1 else path.parent.parent
            stem = folder.joinpath(*node.module.split("."))
            names += [stem.with_suffix(".py"), *(stem / f"{alias.name}.py" for alias in node.names)]
    return [name for name in names if name.parent.name in ("codecs", "fitting") and name.exists()]


def without_docstrings(tree: ast.Module) -> ast.Module:
    """The same code without docstrings."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            node.body = body[1:]
    return tree
