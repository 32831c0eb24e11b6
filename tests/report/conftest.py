"""A report such as the demo makes: two data sets, one measured by users, one by agreement alone."""

import copy

import pytest

# codec, family, row bytes, codebook bytes, share lost, half interval, overlap@10, head, mid, tail kept, scan ms
PACKAGES = [
    ("half", "half", 256, 4, 0.0001, 0.0004, 0.998, 1.0, 0.9999, 1.0, 1.91),
    ("int8", "int8", 129, 0, 0.0004, 0.0010, 0.991, 0.9998, 0.9993, 1.0002, 0.62),
    ("sign", "sign", 18, 65_536, 0.0931, 0.0062, 0.661, 0.955, 0.902, 0.841, 0.31),
    ("normed(pq 8x8)", "pq", 9, 65_540, 0.1480, 0.0081, 0.553, 0.918, 0.843, 0.712, 0.09),
    ("normed(pq 16x8)", "pq", 17, 65_540, 0.0710, 0.0055, 0.702, 0.962, 0.925, 0.871, 0.15),
    ("normed(pq 32x8)", "pq", 33, 65_540, 0.0242, 0.0033, 0.836, 0.984, 0.975, 0.951, 0.27),
    ("normed(pq 64x8)", "pq", 65, 65_540, 0.0063, 0.0019, 0.931, 0.996, 0.992, 0.985, 0.51),
    ("normed(residual 8x8)", "residual", 9, 524_292, 0.1102, 0.0071, 0.632, 0.941, 0.888, 0.802, 0.10),
    ("normed(residual 16x8)", "residual", 17, 1_048_580, 0.0431, 0.0044, 0.781, 0.975, 0.956, 0.921, 0.16),
    ("normed(residual 32x8)", "residual", 33, 2_097_156, 0.0098, 0.0024, 0.902, 0.993, 0.989, 0.979, 0.30),
    ("scalar 1 bit", "scalar", 17, 8, 0.1210, 0.0075, 0.611, 0.931, 0.872, 0.784, 0.33),
    ("scalar 2 bits", "scalar", 33, 16, 0.0335, 0.0039, 0.809, 0.981, 0.965, 0.932, 0.38),
    ("scalar 4 bits", "scalar", 65, 64, 0.0021, 0.0014, 0.957, 0.999, 0.9975, 0.994, 0.44),
    ("reduced 32 + int8", "reduced", 33, 8_192, 0.3120, 0.0102, 0.352, 0.842, 0.601, 0.388, 0.21),
    ("reduced 64 + int8", "reduced", 65, 16_384, 0.1390, 0.0079, 0.560, 0.935, 0.851, 0.742, 0.29),
]

ARTWORKS = [
    ("half", "half", 768, 4, 0.9991, 5.80),
    ("int8", "int8", 385, 0, 0.9893, 1.91),
    ("pq 8x8", "pq", 8, 196_608, 0.405, 0.13),
    ("pq 16x8", "pq", 16, 196_608, 0.527, 0.21),
    ("pq 32x8", "pq", 32, 196_608, 0.651, 0.41),
    ("pq 64x8", "pq", 64, 196_608, 0.784, 0.80),
    ("residual 8x8", "residual", 8, 1_572_864, 0.503, 0.14),
    ("residual 16x8", "residual", 16, 3_145_728, 0.598, 0.22),
    ("scalar 1 bit", "scalar", 49, 8, 0.731, 0.71),
    ("sign", "sign", 50, 294_912, 0.744, 0.66),
]

TITLES = {
    "Ophelia (Sir John Everett Millais, Bt)": (
        ["Ophelia (Bryan Organ)", "Rosalind Iden, as Ophelia (Ronald Ossory Dunlop)", "Sketch, (?Ophelia) (Paul Falconer Poole)", "Ophelia (Reg Butler)"],
        ["Ophelia (Bryan Organ)", "Sketch, (?Ophelia) (Paul Falconer Poole)", "Rosalind Iden, as Ophelia (Ronald Ossory Dunlop)", "Musidora (Gainsborough)"],
    ),
    "Red on Maroon (Mark Rothko)": (
        ["Black on Maroon (Mark Rothko)", "June, Red and Black (Sir Terry Frost)", "Around the Blues (Sam Francis)", "Red Painting (Michael Finn)"],
        ["Black on Maroon (Mark Rothko)", "June, Red and Black (Sir Terry Frost)", "Red Painting (Michael Finn)", "Red and Brown (Edo Murtic)"],
    ),
}


def _packages_point(line):
    codec, family, row_bytes, codebooks, drop, half, overlap, head, mid, tail, scan_ms = line
    rows, before = 5_053, 0.4427
    parts = {"codes": rows * (row_bytes - 1), "ids": rows * 8, "scales": rows, "codebooks": codebooks}
    buckets = {}
    for name, kept, n in (("head", head, 2_811), ("mid", mid, 1_704), ("tail", tail, 1_095)):
        buckets[name] = {"kept": kept, "low": kept - 2_000 * half / n, "high": kept + 2_000 * half / n, "n": n}
    return {
        "codec": codec,
        "family": family,
        "row_bytes": row_bytes,
        "total_row_bytes": sum(parts.values()) / rows,
        "bytes": parts,
        "quality": {"before": before, "after": before * (1 - drop), "drop": drop, "low": drop - half, "high": drop + half},
        "fidelity": {"metric": "overlap@10", "mean": overlap, "low": overlap - 0.004, "high": min(1.0, overlap + 0.004)},
        "buckets": buckets,
        "scan_ms": scan_ms,
    }


def _artworks_point(line):
    codec, family, row_bytes, codebooks, agreement, scan_ms = line
    rows = 10_000
    parts = {"codes": rows * row_bytes, "ids": rows * 6, "scales": 0, "codebooks": codebooks}
    return {
        "codec": codec,
        "family": family,
        "row_bytes": row_bytes,
        "total_row_bytes": sum(parts.values()) / rows,
        "bytes": parts,
        "quality": None,
        "fidelity": {"metric": "agreement@100", "mean": agreement, "low": agreement - 0.006, "high": min(1.0, agreement + 0.006)},
        "buckets": None,
        "scan_ms": scan_ms,
    }


SAMPLE = {
    "title": "What rankfold makes of two real catalogues",
    "made_with": {"rankfold": "0.1.0", "NumPy": "2.4.0", "Python": "3.11.2", "kernels": "avx512-vbmi, 2 workers", "seed": 0, "took": "38 s"},
    "sections": [
        {
            "name": "Debian packages",
            "about": "Packages that recommend their dependencies: 5,000 held-out users, ALS vectors scored by dot product.",
            "rows": 5_053,
            "dim": 128,
            "metric": "ndcg@10",
            "baseline": {
                "float32 vectors": {"mean": 0.4427, "low": 0.4341, "high": 0.4513},
                "plain popularity": {"mean": 0.1702, "low": 0.1638, "high": 0.1767},
            },
            "points": [_packages_point(line) for line in PACKAGES],
            "choice": {"codec": "scalar 4 bits", "why": "the least loss on the fitting half among all codecs of at most 80 bytes a row."},
            "neighbours": [
                {
                    "item": "python3-numpy",
                    "before": ["python3-scipy", "python3-matplotlib", "python3-astropy", "python3-h5py", "python3-pandas"],
                    "after": ["python3-scipy", "python3-matplotlib", "python3-h5py", "python3-astropy", "cython3"],
                }
            ],
            "findings": [
                {"level": "note", "text": "Codebooks weigh more than codes for residual: a catalogue of 5,053 rows is too small to share them."},
                {"level": "warning", "text": "Norms differ by a factor of 56 between rows, so every codec but int8 and half is wrapped in normed."},
            ],
        },
        {
            "name": "Art works of the Tate collection",
            "about": "Sentence vectors of title, artist and medium, fitted on a random half, measured on all works.",
            "rows": 10_000,
            "dim": 384,
            "metric": "agreement@100",
            "baseline": {},
            "points": [_artworks_point(line) for line in ARTWORKS],
            "choice": {"codec": "pq 64x8", "why": "the best agreement at no more than 64 bytes a row and 90 with all parts."},
            "neighbours": [{"item": item, "before": before, "after": after} for item, (before, after) in TITLES.items()],
            "findings": [{"level": "note", "text": "Nobody's choices are known here, so only fidelity is measured."}],
        },
    ],
    "reproduce": ["pip install rankfold", "rankfold demo --out report"],
}


def _slice(kind, name, drop, low, high, n, verdict, worse=False):
    known = None if drop is None else 0.01
    gap = {"gap": drop, "low": low, "high": high, "p": known}
    numbers = {"before": 0.4, "after": None if drop is None else 0.4 * (1 - drop), "drop": drop, "low": low, "high": high}
    tests = {"n": n, "hits": n // 2, "p": known, "adjusted": known, "worse": worse, "verdict": verdict}
    return {"kind": kind, "name": name, **numbers, **tests, "gap": gap}


def _tried(codec, row_bytes, total, share, overlap, fate):
    return {"codec": codec, "family": "pq", "row_bytes": row_bytes, "total_bytes": total, "share": share, "overlap": overlap, "seconds": 0.42, "fate": fate}


EVIDENCE = {
    "tuning": {
        "asked": {"row_bytes": 70, "max_loss": 0.01},
        "kept": [
            {"name": "row_bytes", "asked": 70, "got": 65, "holds": "yes"},
            {"name": "max_loss", "asked": 0.01, "got": 0.0035, "holds": "yes"},
            {"name": "p99_ms", "asked": 5.0, "got": None, "holds": "unsure"},
        ],
        "frontier": ["scalar 4 bits", "scalar 2 bits"],
        "tried": [
            _tried("scalar 3 bits", 49, None, 0.0, None, "the same codec fits with more bytes a row"),
            _tried("scalar 4 bits", 65, 371_223, 1.0, 0.957, ""),
            _tried("pruned 40", 63, 361_118, 0.25, 0.412, "41.2% of the exact lists on a quarter; others were nearer"),
        ],
        "total_bytes": {"scalar 4 bits": 371_223, "scalar 2 bits": 209_527, "normed(pq 64x8)": 436_763},
        "p99_ms": {"scalar 4 bits": 0.874},
        "chosen_on": 4_000,
        "reported_on": 3_977,
        "seconds": 62.1,
        "core_seconds": 88.4,
        "choice_core_seconds": 71.3,
        "forecast": {"effective_rank": 41.5, "hubness": None, "row_bytes": 65, "expected": 0.93, "measured": 0.957, "usual_error": 0.021},
    },
    "provenance": {"artifact": "5986c1d58a61b030", "task": "fdb8ea71d97701b8", "measured_at": "2025-06-01T12:00:00+00:00", "queries": 3_977},
    "sliced": {
        "metric": "ndcg@10",
        "slices": [
            _slice("country", "fr", 0.0612, 0.031, 0.092, 611, "loses", True),
            _slice("popularity", "tail", 0.004, -0.021, 0.029, 1_095, "holds"),
            _slice("cold items", "cold", None, None, None, 13, "unclear"),
        ],
        "exposure": [
            {"kind": "popularity", "group": "tail", "before": 0.35, "after": 0.3275, "change": -0.0643, "low": -0.1246, "high": -0.0006, "adjusted": 0.01,
             "n": 812, "verdict": "loses"},
            {"kind": "popularity", "group": "head", "before": 0.39, "after": None, "change": None, "low": None, "high": None, "adjusted": None, "n": 812,
             "verdict": "steady"},
        ],
        "worst_users": {"metric": "ndcg@10", "share": 0.1, "drop": 0.0441, "low": 0.011, "high": 0.077, "apparent": 0.3096, "users": 3_977},
        "power": {"n": 3_977, "spread": 0.2564, "detectable_80": 0.0114, "detectable_90": 0.0131, "loss": 0.01, "needed": 6_853},
    },
    "calibration": {"before": 0.0041, "stored": 0.0052, "by_chance": 0.0039},
    "guards": {"changed_screens": {"mean": 0.217, "low": 0.2, "high": 0.234}, "p95": {"mean": 0.3, "low": 0.2, "high": 0.3}, "lost_all": None},
}  # fmt: skip


@pytest.fixture
def decided(sample):
    """A fresh copy of the sample whose first section was decided by a search and has all evidence."""
    section = sample["sections"][0]
    section.update(copy.deepcopy(EVIDENCE))
    quality = section["points"][12]["quality"]
    blind = {"before": 0.1, "after": 0.1, "drop": 0.0, "low": -1, "high": 1, "n": 3, "shown": None, "reason": "one query differs"}
    section["points"][12]["losses"] = {"ndcg@10": {**quality, "n": 3_977, "shown": 0.0041}, "mrr@10": blind}
    return sample


@pytest.fixture
def sample():
    """A fresh copy of the sample report: tests may change it."""
    return copy.deepcopy(SAMPLE)
