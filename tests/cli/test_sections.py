"""A section of a report as text."""

from rankfold.cli import sections


def text(section: dict) -> str:
    return "\n".join(sections.section_lines(section))


def test_the_choice_is_marked_and_the_numbers_are_sensible(section):
    lines = sections.point_lines(section)
    assert lines[0].split("  ")[0].strip() == "codec" or "codec" in lines[0]
    marked = [line for line in lines if line.startswith(" >")]
    assert len(marked) == 1
    for part in ("residual 16", "17", "41.2", "41.2 kB", "0.1992", "0.4 % (-0.1 to 0.9)", "91.2 %", "100.1 %", "99.0 %", "95.0 %", "0.123 ms"):
        assert part in marked[0]


def test_without_quality_only_agreement_is_shown(section):
    for point in section["points"]:
        point["quality"] = point["buckets"] = None
        point["fidelity"]["metric"] = "agreement@100"
    section["metric"] = "agreement@100"
    header = sections.point_lines(section)[0]
    assert "agreement@100" in header
    assert "loss" not in header
    assert "tail" not in header


def test_new_neighbours_are_marked(section):
    lines = sections.neighbour_lines(section["neighbours"])
    assert any(line.endswith("+ nano") for line in lines)
    assert not any("+ vim-tiny" in line for line in lines)


def test_warnings_come_before_notes(section):
    assert text(section).index("warning: weak teacher") < text(section).index("note: small table")


def test_the_baseline_and_the_choice_are_said(section):
    assert "float32 0.2000 (0.1900 to 0.2100), popularity 0.1000" in text(section)
    assert "chosen: residual 16 - loses least at this size" in text(section)


def test_long_texts_are_cut():
    lines = sections.neighbour_lines([{"item": "x", "before": ["a" * 500], "after": ["b" * 500]}])
    assert max(len(line) for line in lines) <= 2 * sections.WIDTH


def test_further_tables_are_shown(section):
    section["measures"] = [{"title": "Lists", "about": "What users see.", "columns": ["mean", "n"], "lines": {"float32": [0.125, 3], "compressed": [None, 3]}}]
    text = "\n".join(sections.section_lines(section))
    assert "0.1250" in text and "What users see." in text and "Lists" in text
