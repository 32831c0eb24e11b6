"""Inspection: what the vectors look like before anything is compressed, and what that advises."""

import numpy as np

from ..arrays import F32, row_norms, unit_rows
from ..evaluate.sensitivity import candidates, principal_directions, sensitivity
from ..fitting.exposure import exposure
from ..progress import Progress, silent
from ..search import Rows
from ..vectors import Vectors
from .compressibility import compressibility

SHARES = (0.01, 0.05, 0.20)
NEAR_DUPLICATE = 0.9999
NEIGHBOUR_ROWS = 2_000
SENSITIVITY_QUERIES = 200
SENSITIVITY_BLOCKS = 16
LEAST_ROWS = 20
RATIOS = (8, 16, 32)


def inspect(
    vectors: Vectors, *, users: F32 | None = None, popularity: np.ndarray | None = None, sample: int = 20_000, seed: int = 0, progress: Progress = silent
) -> dict:
    """Facts about `vectors` as a JSON-ready dictionary.

    users: (u, dim), adds how unevenly exact top-100 lists use the rows. popularity: (n,) events a row, adds how it goes with the norms.
    Keys: rows, dim, float32_bytes, norms, zero_rows, duplicates, spectrum, popularity, exposure, compressibility (what lists are expected to lose at 8, 16
    and 32 times fewer bytes; None for fewer than 20 rows), sensitivity, advice. Reads the rows a few times, in blocks.
    """
    rng = np.random.default_rng(seed)
    norms, duplicates = _pass_over(vectors, progress)
    rows, x = vectors.sample(min(sample, vectors.count), rng)
    facts: dict = {
        "rows": vectors.count,
        "dim": vectors.dim,
        "space": vectors.space,
        "float32_bytes": 4 * vectors.count * vectors.dim,
        "norms": norm_facts(norms),
        "zero_rows": int((norms == 0).sum()),
        "duplicates": {"exact_rows": duplicates, "near_share_in_sample": near_duplicates(x, rng)},
        "spectrum": spectrum(x),
        "popularity": None if popularity is None else popularity_facts(popularity, norms),
        "exposure": None,
        "compressibility": None,
        "sensitivity": None,
    }
    if users is not None:
        shown = np.square(exposure(users, vectors, seed=seed)) - 0.5
        facts["exposure"] = share_facts(shown) | {"norm_correlation": rank_correlation(shown, norms)}
    sizes = sorted({max(2, 4 * vectors.dim // ratio) for ratio in RATIOS})
    progress("forecast", 0, 1)
    facts["compressibility"] = compressibility(vectors, sizes, queries=users, seed=seed).to_dict() if vectors.count >= LEAST_ROWS else None
    progress("forecast", 1, 1)
    facts["sensitivity"] = sensitivities(vectors, users, seed=seed, progress=progress)
    facts["advice"] = advice(facts)
    return facts


def _pass_over(vectors: Vectors, progress: Progress) -> tuple[F32, int]:
    """Every row's length, and how many rows repeat an earlier row bit for bit."""
    norms = np.empty(vectors.count, np.float32)
    keys = np.empty(vectors.count, np.uint64)
    multipliers = np.random.default_rng(0).integers(1, 1 << 63, vectors.dim, dtype=np.uint64) | np.uint64(1)
    for first, x in vectors.blocks():
        norms[first : first + x.shape[0]] = row_norms(x)
        bits = np.ascontiguousarray(x + np.float32(0)).view(np.uint32)
        keys[first : first + x.shape[0]] = _hashed(bits, multipliers)
        progress("read", first + x.shape[0], vectors.count)
    return norms, int(vectors.count - np.unique(keys).size)


def _hashed(bits: np.ndarray, multipliers: np.ndarray) -> np.ndarray:
    mixed = np.zeros(bits.shape[0], np.uint64)
    for column in range(bits.shape[1]):
        mixed = (mixed ^ (bits[:, column].astype(np.uint64) * multipliers[column])) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def norm_facts(norms: F32) -> dict:
    """Spread of the row lengths: min, median, max and standard deviation over mean."""
    mean = float(norms.mean(dtype=np.float64))
    return {
        "min": float(norms.min()),
        "median": float(np.median(norms)),
        "max": float(norms.max()),
        "variation": float(norms.std(dtype=np.float64)) / mean if mean > 0 else 0.0,
    }


def near_duplicates(x: F32, rng: np.random.Generator) -> float:
    """Share of sampled rows whose nearest other sampled row has a cosine above 0.9999."""
    some = unit_rows(x[rng.permutation(x.shape[0])[:NEIGHBOUR_ROWS]])
    cosine = some @ some.T
    np.fill_diagonal(cosine, -1.0)
    return float((cosine.max(axis=1) > NEAR_DUPLICATE).mean())


def spectrum(x: F32) -> dict:
    """How evenly the unit directions use the dimensions.

    energy_in: share of the energy in the leading principal directions. effective_rank: exp of the spectrum's entropy (Roy and Vetterli, 2007).
    coding_gain_bits: half log2 of arithmetic over geometric mean of the eigenvalues, the bits a dimension that a PCA with bit allocation could save.
    """
    directions = unit_rows(x).astype(np.float64)
    directions -= directions.mean(axis=0)
    values = np.linalg.eigvalsh(directions.T @ directions / max(1, x.shape[0]))[::-1]
    values = np.maximum(values, 0)
    total = values.sum()
    if total <= 0:
        return {"energy_in": {}, "effective_rank": 1.0, "coding_gain_bits": 0.0}
    share = values / total
    leading = [count for count in (1, 8, 16, 32, 64, 128, 256) if count < x.shape[1]]
    entropy = -float((share[share > 0] * np.log(share[share > 0])).sum())
    floor = np.maximum(values, total / x.shape[1] * 1e-6)
    return {
        "energy_in": {str(count): float(share[:count].sum()) for count in leading},
        "effective_rank": float(np.exp(entropy)),
        "coding_gain_bits": float(0.5 * np.log2(floor.mean() / np.exp(np.log(floor).mean()))),
    }


def sensitivities(vectors: Vectors, users: F32 | None, *, seed: int = 0, progress: Progress = silent) -> dict | None:
    """Which dimensions, blocks of them and principal directions the exact top 10 of sampled queries rests on (see evaluate/sensitivity.py).

    queries: how many; of: "users", or "rows" searching for their neighbours. dimensions, blocks (with `block`, the dimensions of each) and directions:
    loss of overlap@10 when one is dropped, share of the sum of losses, variance, and the order. None for fewer than 20 rows.
    """
    if vectors.count < LEAST_ROWS:
        return None
    rng = np.random.default_rng(seed)
    progress("drop dimensions", 0, 3)
    seen = None
    if users is None:
        rows, queries = vectors.sample(min(SENSITIVITY_QUERIES, vectors.count), rng)
        # The length of a query moves no list; products of two long rows would leave float32.
        queries = unit_rows(queries)
        seen = Rows.from_pairs(np.arange(rows.size), rows, rows.size)
    else:
        queries = users[np.sort(rng.choice(users.shape[0], min(SENSITIVITY_QUERIES, users.shape[0]), replace=False))]
    found = candidates(vectors, queries, seen=seen, seed=seed)
    block = -(-vectors.dim // SENSITIVITY_BLOCKS)
    parts = {"dimensions": {}, "blocks": {"block": block}, "directions": {"directions": principal_directions(found.sample)}}
    measured = {}
    for number, (name, how) in enumerate(parts.items()):
        measured[name] = sensitivity(found, **how).to_dict()  # type: ignore[arg-type]
        progress("drop dimensions", number + 1, 3)
    return {"queries": len(queries), "of": "rows" if users is None else "users", "block": block, **measured}


def share_facts(counts: np.ndarray) -> dict:
    """How unevenly events or list places fall on rows: share of the top 1, 5 and 20 % of rows, Gini index, rows with none."""
    ordered = np.sort(np.asarray(counts, np.float64))[::-1]
    total = ordered.sum()
    top = {f"top_{share:.0%}": float(ordered[: max(1, round(share * ordered.size))].sum() / total) if total > 0 else 0.0 for share in SHARES}
    lorenz = np.cumsum(ordered[::-1]) / total if total > 0 else np.linspace(0, 1, ordered.size)
    return {"share": top, "gini": float(1 - 2 * lorenz.mean() + 1 / ordered.size), "rows_with_none": int((ordered <= 0).sum())}


def popularity_facts(popularity: np.ndarray, norms: F32) -> dict:
    """Popularity's shares and its rank correlation with the row lengths."""
    return share_facts(popularity) | {"norm_correlation": rank_correlation(popularity, norms)}


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's correlation, ties at their mean rank; 0 when either is constant."""
    ranks = [_mean_ranks(np.asarray(values)) for values in (a, b)]
    centred = [rank - rank.mean() for rank in ranks]
    scale = float(np.sqrt((centred[0] ** 2).sum() * (centred[1] ** 2).sum()))
    return float((centred[0] * centred[1]).sum() / scale) if scale > 0 else 0.0


def _mean_ranks(values: np.ndarray) -> np.ndarray:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2.0)[place]


def advice(facts: dict) -> list[str]:
    """What the facts mean for compression, one sentence each, most important first."""
    said = []
    if facts["norms"]["variation"] > 1e-3:
        said.append("Row lengths vary: score with the inner product as trained; compress keeps one byte for the length of each row.")
    else:
        said.append("All rows have nearly the same length: the inner product and the cosine rank alike.")
    for key, what in (("popularity", "events"), ("exposure", "places in exact top-100 lists")):
        if facts[key] and facts[key]["share"]["top_20%"] > 0.5:
            said.append(
                f"The top 20 % of rows take {facts[key]['share']['top_20%']:.0%} of the {what}: fit with exposure weights and read the tail bucket too."
            )
    if facts["exposure"] is None:
        said.append("No user vectors were given: with --users, fitting can weigh rows by how often they are shown, and the loss can be measured on users.")
    gain = facts["spectrum"]["coding_gain_bits"]
    if gain > 0.2:
        said.append(f"The spectrum is uneven (coding gain {gain:.2f} bits a dimension): codecs that follow the principal directions pay.")
    else:
        said.append(f"The spectrum is flat (coding gain {gain:.2f} bits a dimension): cutting dimensions will hurt; a random rotation is as good as a PCA.")
    if facts["sensitivity"]:
        shares = np.sort(facts["sensitivity"]["dimensions"]["share"])
        least = float(shares[: shares.size // 2].sum())
        if shares.sum() > 0 and least < 0.2:
            said.append(f"Half of the dimensions make {least:.0%} of what a dropped dimension costs the lists: codecs that give dimensions unequal bits pay.")
    repeated = facts["duplicates"]["exact_rows"]
    if repeated:
        said.append(f"{repeated} rows repeat another row exactly: their order in a list is by row number only.")
    if facts["zero_rows"]:
        said.append(f"{facts['zero_rows']} rows are all zeros and score 0 for every query.")
    if facts["rows"] < 20_000:
        said.append("The table is small: codebooks weigh as much as codes. Compare total bytes, not bytes a row.")
    return said
