"""A section of a report as text."""

import copy

from rankfold.cli import sections

POINT = {
    "codec": "residual 16",
    "family": "residual",
    "row_bytes": 17.0,
    "total_row_bytes": 41.23,
    "bytes": {"codes": 16_000, "scales": 1_000, "ids": 8_000, "codebooks": 16_230},
    "quality": {"before": 0.2, "after": 0.1992, "drop": 0.004, "low": -0.001, "high": 0.009},
    "fidelity": {"metric": "overlap@10", "mean": 0.912, "low": 0.9, "high": 0.92},
    "buckets": {name: {"kept": kept, "low": 0.9, "high": 1.1, "n": 10} for name, kept in (("head", 1.001), ("mid", 0.99), ("tail", 0.95))},
    "scan_ms": 0.1234,
}
SECTION = {
    "name": "packages",
    "about": "Debian packages.",
    "rows": 1_000,
    "dim": 128,
    "metric": "ndcg@10",
    "baseline": {"float32": {"mean": 0.2, "low": 0.19, "high": 0.21}, "popularity": {"mean": 0.1, "low": 0.09, "high": 0.11}},
    "points": [POINT, {**POINT, "codec": "half", "row_bytes": 256.0}],
    "choice": {"codec": "residual 16", "why": "loses least at this size"},
    "neighbours": [{"item": "vim", "before": ["vim-tiny", "emacs"], "after": ["vim-tiny", "nano"]}],
    "findings": [{"level": "note", "text": "small table"}, {"level": "warning", "text": "weak teacher"}],
}


def text(section: dict) -> str:
    return "\n".join(sections.section_lines(section))


def test_the_choice_is_marked_and_the_numbers_are_sensible():
    lines = sections.point_lines(SECTION)
    assert lines[0].split("  ")[0].strip() == "codec" or "codec" in lines[0]
    marked = [line for line in lines if line.startswith(" >")]
    assert len(marked) == 1
    for part in ("residual 16", "17 B", "41.2 B", "41.2 kB", "0.1992", "0.4 % (-0.1 to 0.9)", "91.2 %", "100.1 %", "99.0 %", "95.0 %", "0.123 ms"):
        assert part in marked[0]


def test_without_quality_only_agreement_is_shown():
    section = copy.deepcopy(SECTION)
    for point in section["points"]:
        point["quality"] = point["buckets"] = None
        point["fidelity"]["metric"] = "agreement@100"
    section["metric"] = "agreement@100"
    header = sections.point_lines(section)[0]
    assert "agreement@100" in header
    assert "loss" not in header
    assert "tail" not in header


def test_new_neighbours_are_marked():
    lines = sections.neighbour_lines(SECTION["neighbours"])
    assert any(line.endswith("+ nano") for line in lines)
    assert not any("+ vim-tiny" in line for line in lines)


def test_warnings_come_before_notes():
    assert text(SECTION).index("warning: weak teacher") < text(SECTION).index("note: small table")


def test_the_baseline_and_the_choice_are_said():
    assert "float32 0.2000 (0.1900 to 0.2100), popularity 0.1000" in text(SECTION)
    assert "chosen: residual 16 - loses least at this size" in text(SECTION)


def test_long_texts_are_cut():
    lines = sections.neighbour_lines([{"item": "x", "before": ["a" * 500], "after": ["b" * 500]}])
    assert max(len(line) for line in lines) <= 2 * sections.WIDTH
