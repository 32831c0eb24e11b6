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


@pytest.fixture
def sample():
    """A fresh copy of the sample report: tests may change it."""
    return copy.deepcopy(SAMPLE)
