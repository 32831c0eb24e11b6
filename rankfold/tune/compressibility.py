"""Compressibility: what lists will lose at a size, said before any fit, from the spectrum, the lengths and the neighbourhoods of a sample of rows.

Rows are sent through the channel that the theory of rate and distortion draws for Gaussian rows of this spectrum: bits go to directions by reverse
water-filling (Shannon, 1959; Cover and Thomas, 2006), and what is left of the exact lists behind it is the raw forecast. Real codecs on real rows keep less,
or more where rows form clusters: a small regression, fitted to measured points of other tables, goes from one to the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import F32, row_norms, unit_rows
from ..compression import norms_vary
from ..evaluate.fidelity import overlap
from ..vectors import Vectors

SAMPLE_ROWS = 4_000
QUERIES = 300
HUBS = 10
TOP = 0.05
# Fitted by `python benchmarks/compressibility.py`, which prints them and the error on tables left out: logit of the loss from these, in this order.
FEATURES = ("intercept", "channel", "length_variation", "hubness")
COEFFICIENTS = (0.0, 1.0, 0.0, 0.0)
# Mean absolute error of the forecast of agreement on a table that the coefficients have not seen; None: not known, these are the theory's own.
LEFT_OUT_ERROR: float | None = None


@dataclass(frozen=True, slots=True)
class Compressibility:
    """What rows look like, and what that says of sizes.

    effective_rank: exp of the entropy of the spectrum; length_variation: standard deviation over mean of the lengths; hubness: skewness of how often rows
    stand among the 10 nearest of others (Radovanovic et al., 2010); top_share: share of the list places that the top 5 % of the rows take. loss: row_bytes ->
    share of the exact list that is expected not to be found by the best codec of that size.
    """

    effective_rank: float
    length_variation: float
    hubness: float
    top_share: float
    loss: dict[int, float]

    def to_dict(self) -> dict:
        """JSON-ready."""
        names = ("effective_rank", "length_variation", "hubness", "top_share")
        return {name: getattr(self, name) for name in names} | {"loss": {str(size): value for size, value in self.loss.items()}, "usual_error": LEFT_OUT_ERROR}


def compressibility(
    vectors: Vectors, sizes: Sequence[int], *, queries: F32 | None = None, depth: int = 10, unit: bool = False, seed: int = 0
) -> Compressibility:
    """Forecasts for rows of `sizes` bytes, lengths included.

    queries: (q, d) user vectors, else sampled rows ask. depth: how far the lists of the whole table are looked at. Reads at most 4,000 rows.
    """
    rng = np.random.default_rng(seed)
    _, x = vectors.sample(min(SAMPLE_ROWS, vectors.count), rng)
    x = unit_rows(x) if unit else x
    asked, own = _asked(x, queries, rng)
    k = int(np.clip(round(depth * len(x) / vectors.count), min(10, len(x) - 1), max(1, len(x) - 1)))
    exact = _top(asked, x, own, k)
    shown = np.bincount(exact.ravel(), minlength=len(x)).astype(np.float64)
    lengths = row_norms(x).astype(np.float64)
    variation = float(lengths.std() / lengths.mean()) if lengths.mean() > 0 else 0.0
    spectrum = _spectrum(x)
    facts = {"length_variation": variation, "hubness": hubness(x)}
    loss = {}
    for size in sizes:
        left = overlap(_top(asked, _through(x, spectrum, size, rng), own, k), exact)
        loss[size] = predicted(raw_features(1 - float(np.nanmean(left)), **facts))
    share = spectrum[0] / max(spectrum[0].sum(), np.finfo(np.float64).tiny)
    entropy = -float((share[share > 0] * np.log(share[share > 0])).sum())
    return Compressibility(float(np.exp(entropy)), variation, facts["hubness"], _top_share(shown), loss)


def raw_features(channel_loss: float, *, length_variation: float, hubness: float) -> np.ndarray:
    """The values of FEATURES, (f,)."""
    return np.array([1.0, _logit(channel_loss), np.log1p(length_variation), np.log1p(max(0.0, hubness))])


def predicted(features: np.ndarray, coefficients: Sequence[float] = COEFFICIENTS) -> float:
    """The loss that features stand for, from 0 to 1."""
    return float(1 / (1 + np.exp(-np.dot(features, coefficients))))


def hubness(x: F32) -> float:
    """Skewness of how often a row stands among the 10 nearest, by cosine, of the others; 0 where there are too few rows."""
    some = unit_rows(x[:2_000])
    if len(some) <= 2 * HUBS:
        return 0.0
    counts = np.bincount(_top(some, some, np.arange(len(some)), HUBS).ravel(), minlength=len(some)).astype(np.float64)
    spread = counts.std()
    return float((((counts - counts.mean()) / spread) ** 3).mean()) if spread > 0 else 0.0


def _top_share(counts: np.ndarray) -> float:
    ordered = np.sort(counts)[::-1]
    return float(ordered[: max(1, round(TOP * ordered.size))].sum() / max(1.0, ordered.sum()))


def _logit(share: float) -> float:
    inside = min(max(share, 1e-3), 1 - 1e-3)
    return float(np.log(inside / (1 - inside)))


def _asked(x: F32, queries: F32 | None, rng: np.random.Generator) -> tuple[F32, np.ndarray | None]:
    """Some queries, and each one's own row where rows ask."""
    if queries is None:
        own = np.sort(rng.permutation(len(x))[:QUERIES])
        return unit_rows(x[own]), own
    return queries[np.sort(rng.permutation(len(queries))[:QUERIES])], None


def _top(queries: F32, x: F32, own: np.ndarray | None, k: int) -> np.ndarray:
    """The k best rows of each query in order, int64 (q, k)."""
    scores = queries.astype(np.float64) @ x.astype(np.float64).T
    if own is not None:
        scores[np.arange(len(own)), own] = -np.inf
    # Equal scores go by row, as in every search.
    return np.argsort(-scores.astype(np.float32), axis=1, kind="stable")[:, :k]


def _spectrum(x: F32) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Variances of the directions of rows by principal axis, falling, the axes as columns, and the mean."""
    directions = unit_rows(x).astype(np.float64)
    mean = directions.mean(axis=0)
    centred = directions - mean
    values, axes = np.linalg.eigh(centred.T @ centred / len(x))
    return np.maximum(values[::-1], 0), axes[:, ::-1], mean


def _through(x: F32, spectrum: tuple[np.ndarray, np.ndarray, np.ndarray], row_bytes: int, rng: np.random.Generator) -> F32:
    """Rows as a code of so many bytes would decode them at best, were their directions Gaussian; lengths are kept, at a byte where they vary."""
    values, axes, mean = spectrum
    lengths = row_norms(x)[:, None]
    kept = waterfilled(values, 8.0 * max(0, row_bytes - norms_vary(x)))
    share = np.divide(kept, values, out=np.ones_like(values), where=values > 0)
    turned = (unit_rows(x) - mean) @ axes
    # Equal rows have equal codes: the channel must not tell them apart either.
    same = np.unique(x, axis=0, return_inverse=True)[1].ravel()
    noisy = (1 - share) * turned + np.sqrt(kept * (1 - share)) * rng.standard_normal(turned.shape)[same]
    return (unit_rows((noisy @ axes.T + mean).astype(np.float32)) * lengths).astype(np.float32)


def waterfilled(values: np.ndarray, bits: float) -> np.ndarray:
    """What is left of each variance (d,) when `bits` are spent on all where they take away most: the smaller of the variance and one common level."""
    known = values[values > 0]
    if not known.size or bits <= 0:
        return values.copy()
    logs = np.log2(np.sort(known)[::-1])
    counts = np.arange(1, known.size + 1)
    # With the first c directions above the level, sum of half log2(value / level) is the bits.
    levels = (np.cumsum(logs) - 2 * bits) / counts
    below = np.append(logs[1:], -np.inf)
    place = int(np.argmax(levels >= below))
    return np.minimum(values, 2.0 ** levels[place])
