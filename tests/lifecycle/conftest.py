"""Evidence as `rankfold evaluate` writes it, good in every respect."""

import copy

import pytest

ARTIFACT, TASK = "0" * 32, "ab" * 32
QUALITY = {"before": 0.2, "after": 0.1998, "drop": 0.001, "low": -0.002, "high": 0.004, "n": 4_000, "shown": 0.0042}
SECTION = {
    "name": "packages",
    "about": "Made up.",
    "rows": 1_000,
    "dim": 128,
    "metric": "ndcg@10",
    "baseline": {"float32": {"mean": 0.2, "low": 0.19, "high": 0.21}},
    "points": [
        {
            "codec": "half",
            "family": "half",
            "row_bytes": 40.0,
            "total_row_bytes": 48.0,
            "bytes": {"codes": 40_000, "ids": 8_000, "scales": 0, "codebooks": 0},
            "quality": QUALITY,
            "losses": {"ndcg@10": QUALITY, "recall@100": QUALITY},
            "fidelity": {"metric": "overlap@10", "mean": 0.95, "low": 0.94, "high": 0.96},
            "buckets": {name: {"kept": 0.99, "low": 0.97, "high": 1.01, "n": 900} for name in ("head", "mid", "tail")},
            "scan_ms": 1.5,
        }
    ],
    "choice": None,
    "neighbours": [],
    "findings": [],
    "provenance": {"artifact": ARTIFACT, "task": TASK, "measured_at": "2025-06-01T12:00:00+00:00", "queries": 4_000},
    "sliced": {
        "metric": "ndcg@10",
        "slices": [
            {
                "kind": kind,
                "name": name,
                "before": 0.2,
                "after": 0.199,
                "drop": 0.005,
                "low": -0.004,
                "high": 0.014,
                "n": 1_000,
                "hits": 400,
                "p": 0.2,
                "adjusted": 1.0,
                "worse": False,
                "verdict": "holds",
                "gap": {"gap": 0.001, "low": -0.01, "high": 0.012, "p": 0.4},
            }
            for kind, name in (("country", "de"), ("popularity", "tail"))
        ],
        "exposure": [
            {
                "kind": "shop",
                "group": "a",
                "before": 0.2,
                "after": 0.2,
                "change": 0.01,
                "low": -0.01,
                "high": 0.03,
                "adjusted": 0.5,
                "n": 4_000,
                "verdict": "steady",
            }
        ],
        "worst_users": {"metric": "ndcg@10", "share": 0.1, "drop": 0.02, "low": -0.01, "high": 0.05, "apparent": 0.2, "users": 900},
        "power": {"n": 4_000, "spread": 0.1, "detectable_80": 0.004, "detectable_90": 0.005, "loss": 0.01, "needed": 1_100},
    },
    "calibration": {"before": 0.004, "stored": 0.005, "by_chance": 0.001},
    "guards": {"changed_screens": {"mean": 0.2, "low": 0.18, "high": 0.22}, "p95": {"mean": 0.2, "low": 0.2, "high": 0.3}},
}


@pytest.fixture
def section():
    """One section of a report."""
    return copy.deepcopy(SECTION)


@pytest.fixture(scope="session")
def whole():
    """The same, for tests of many examples: to be copied, never changed."""
    return SECTION


@pytest.fixture
def report(section):
    """A whole report of it."""
    return {"title": "made up", "made_with": {"rankfold": "0"}, "sections": [section], "reproduce": ["rankfold evaluate"]}
