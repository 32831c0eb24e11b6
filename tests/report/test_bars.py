"""Charts with one line a codec: who is shown, and how long the bars are."""

from xml.etree import ElementTree

import pytest

from rankfold.report.bars import MOST_LINES, bucket_chart, bucket_key, bytes_chart, notable, part_key


def named(points, rows):
    return [points[row]["codec"] for row in rows]


def test_notable_are_those_that_no_other_beats(sample):
    points = sample["sections"][0]["points"]
    rows = notable(points, "scalar 4 bits")
    sizes = [points[row]["total_row_bytes"] for row in rows]
    drops = [points[row]["quality"]["drop"] for row in rows]
    assert sizes == sorted(sizes) and drops == sorted(drops, reverse=True)
    for row in rows:
        beaten = [p for p in points if p["total_row_bytes"] < points[row]["total_row_bytes"] and p["quality"]["drop"] < points[row]["quality"]["drop"]]
        assert beaten == []


def test_notable_holds_the_choice_even_when_it_is_beaten(sample):
    points = sample["sections"][0]["points"]
    assert "reduced 32 + int8" in named(points, notable(points, "reduced 32 + int8"))
    assert "reduced 32 + int8" not in named(points, notable(points, None))


def test_notable_goes_by_fidelity_where_there_is_no_quality(sample):
    points = sample["sections"][1]["points"]
    means = [points[row]["fidelity"]["mean"] for row in notable(points, None)]
    assert means == sorted(means) and len(means) >= 4


@pytest.mark.parametrize("count", [1, 2, 9, 10, 11, 30, 500])
def test_notable_is_never_long_and_keeps_the_ends(sample, count):
    first = sample["sections"][1]["points"][0]
    points = []
    for number in range(count):
        fidelity = first["fidelity"] | {"mean": 0.1 + 0.8 * number / count}
        points.append(first | {"codec": f"c{number}", "total_row_bytes": 8 + number, "fidelity": fidelity})
    rows = notable(points, f"c{count // 2}")
    assert len(rows) <= MOST_LINES and rows == sorted(set(rows))
    assert {0, count // 2, count - 1} <= set(rows)


def test_bars_of_bytes_are_as_long_as_the_bytes(sample):
    section = sample["sections"][0]
    lines = [(4, section["points"][3]), (10, section["points"][9])]
    root = ElementTree.fromstring(bytes_chart(lines, section["rows"], None, "p"))
    widths = {rect.find("title").text.split(":")[0]: float(rect.get("width")) for rect in root.iter("rect")}
    ids = widths["normed(pq 8x8), ids"]
    assert widths["normed(pq 8x8), codes"] == pytest.approx(ids, abs=0.15)
    assert widths["normed(residual 32x8), codebooks"] / ids == pytest.approx(2_097_156 / (5_053 * 8), rel=0.05)


def test_buckets_are_drawn_with_their_numbers(sample):
    section = sample["sections"][0]
    lines = [(number + 1, section["points"][number]) for number in range(3)]
    root = ElementTree.fromstring(bucket_chart(lines, "sign", "b"))
    said = [group.find("title").text for group in root.iter("g")]
    assert len(said) == 9
    assert "sign, tail: 84.1 % kept (83.0 to 85.2), 1095 relevant items" in said
    assert any(text.text == "3. sign (taken)" for text in root.iter("text"))


def test_long_names_are_cut_and_escaped(sample):
    section = sample["sections"][0]
    section["points"][0]["codec"] = "<i>" + "x" * 200
    drawing = bucket_chart([(1, section["points"][0])], None, "b")
    names = [text.text for text in ElementTree.fromstring(drawing).iter("text") if text.get("class").startswith("label name")]
    assert len(names[0]) <= 52 and names[0].startswith("1. <i>xxx")


def test_keys_are_silent_for_screen_readers():
    assert 'aria-hidden="true"' in bucket_key("head") and 'aria-hidden="true"' in part_key("ids")
