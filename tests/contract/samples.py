"""What the contract suite runs over: settings for every codec, and small data of several shapes."""

from functools import cache

import numpy as np

from rankfold import codecs
from rankfold.codec import Codec, describe, fit_codec, to_spec
from rankfold.codes import Codes
from rankfold.errors import SpecError
from rankfold.table import encode_rows

SMALL_DIMS = (16, 100)
DIMS = (3, 16, 65, 100, 384)
KINDS = ("unit", "free")
ROWS = 150
NOT_LISTED = {"codec": "scalar", "bits": 2}


def settings(name: str, dim: int) -> list[dict]:
    """Specs to test of the codec `name`: the listed ones, or its ladder when it is new here."""
    listed = {
        "half": [{}],
        "int8": [{}],
        "scalar": [{"bits": bits} for bits in range(1, 9)],
        "sign": [{}, {"query_bits": 8}],
        "largest": [{"keep": max(1, dim // 4)}, {"keep": dim}],
        "pruned": [
            {"keep": max(1, dim // 2)},
            {"keep": dim // 2 // 4 * 4, "by": "blocks", "block": 4, "inner": NOT_LISTED},
            {"keep": dim, "inner": {"codec": "half"}},
        ],
        "reduced": [
            {"dims": max(1, dim // 2)},
            {"dims": max(1, dim // 2), "centre": True, "inner": {"codec": "scalar", "bits": 4}},
            {"dims": max(1, dim // 2), "method": "leading", "inner": {"codec": "sign"}},
        ],
        "rotated": [
            {},
            {"kind": "pca", "inner": {"codec": "largest", "keep": max(1, dim // 4)}},
            {"inner": {"codec": "normed"}},
            {"inner": {"codec": "viewed", "inner": {"codec": "half"}}},
        ],
        "layered": [
            {"coarse": {"codec": "residual", "levels": 2, "refits": 1}, "fine": {"codec": "trellis", "bytes": 4}},
            {"coarse": {"codec": "pq", "groups": 2}, "fine": NOT_LISTED, "bytes": 2 + dim // 4 + 1},
            {"coarse": {"codec": "sign"}, "fine": {"codec": "reduced", "dims": 2}},
            {"coarse": {"codec": "pursuit", "nonzeros": 2, "dictionary": 64}, "fine": {"codec": "trellis", "bytes": 4}},
        ],
        "unit": [
            {},
            {"inner": {"codec": "layered", "coarse": {"codec": "residual", "levels": 2}, "fine": {"codec": "trellis", "bytes": 6}}},
            {"inner": {"codec": "reduced", "dims": max(1, dim // 2), "inner": NOT_LISTED}},
        ],
        "viewed": [
            {"inner": NOT_LISTED},
            {"inner": {"codec": "normed", "inner": {"codec": "trellis", "bytes": max(1, dim // 4)}}, "power": 1.0, "rank": 4},
            {"inner": {"codec": "layered", "coarse": {"codec": "residual", "levels": 2}, "fine": {"codec": "trellis", "bytes": 4}}, "power": 0.5},
        ],
        "normed": [{}, {"inner": {"codec": "int8"}}, {"inner": {"codec": "reduced", "dims": max(1, dim // 2), "inner": NOT_LISTED}}],
        "pq": [{"groups": 4}, {"groups": 4, "bits": 4}, {"groups": 2, "rotation": "learned"}],
        "pursuit": [{"nonzeros": 3, "dictionary": 60}, {"nonzeros": 2, "dictionary": 128}],
        "residual": [{"levels": 2}, {"levels": 3}],
        "trellis": [{"bytes": max(1, dim // 8)}, {"bytes": max(2, dim // 4), "window": 10}, {"bytes": max(1, dim // 4), "window": 6, "rotation": "random"}],
        "sparse": [
            {"nonzeros": 8, "dictionary": 100},
            {"nonzeros": 5, "dictionary": 64, "value_bits": 3},
            {"bytes": 22, "nonzeros": 9, "dictionary": 200, "encoder": "topk"},
        ],
    }
    if name in listed:
        return [{"codec": name, **one} for one in listed[name]]
    return [to_spec(one) for one in codecs.get(name).ladder(dim)]


def valid_settings(name: str, dim: int) -> list[Codec]:
    """Those of `settings` that this codec and this dimension allow."""
    kept = []
    for spec in settings(name, dim):
        try:
            one = codecs.from_spec(spec)
            one.row_bytes(dim)
        except SpecError:
            continue
        kept.append(one)
    return kept


def cases() -> list[tuple[Codec, int, str]]:
    """(codec, dim, kind) of the suite: every setting at two dimensions, the first one at all."""
    found = []
    for name in codecs.names():
        for dim in DIMS:
            valid = valid_settings(name, dim)
            for number, one in enumerate(valid if dim in SMALL_DIMS else valid[:1]):
                # Both kinds of lengths for the plain settings at 16 dimensions; the others take turns.
                for kind in KINDS if number == 0 and dim == 16 else KINDS[(number + dim) % 2 :][:1]:
                    found.append((one, dim, kind))
    return found


def label(case: tuple[Codec, int, str]) -> str:
    """Name of a case for people."""
    one, dim, kind = case
    return f"{describe(one)}-{dim}-{kind}"


def rows(dim: int, kind: str, count: int = ROWS, seed: int = 0) -> np.ndarray:
    """Rows (count, dim) float32 with some structure: unit ones, or lengths that spread over a factor of about 20."""
    rng = np.random.default_rng([seed, dim])
    x = rng.standard_normal((count, dim)) * np.linspace(1.5, 0.3, dim) + 0.2
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    if kind == "free":
        x *= rng.lognormal(0, 0.7, (count, 1))
    return x.astype(np.float32)


def fit(one: Codec, x: np.ndarray, weight: np.ndarray, seed: int) -> dict:
    """State of a codec; one that sees queries is shown some that look in few directions."""
    rng = np.random.default_rng([3, x.shape[1]])
    queries = rng.standard_normal((60, x.shape[1])) * np.where(np.arange(x.shape[1]) < 5, 2, 0.4)
    return fit_codec(one, x, weight, np.random.default_rng(seed), queries.astype(np.float32))


@cache
def fitted(case: tuple[Codec, int, str]) -> tuple[dict, Codes, np.ndarray]:
    """State, codes and the rows of a case."""
    one, dim, kind = case
    x = rows(dim, kind)
    state = fit(one, x, np.ones(ROWS, np.float32), 7)
    return state, Codes(encode_rows(one, state, x)), x
