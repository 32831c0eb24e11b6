"""Charts of outcome against bytes: well-formed, named, and every point in its place."""

import re
from xml.etree import ElementTree

import pytest

from rankfold.report.markers import Families
from rankfold.report.scatter import HEIGHT, WIDTH, fidelity_chart, frontier_chart, quality_chart


@pytest.fixture
def packages(sample):
    return sample["sections"][0]


@pytest.fixture
def families(packages):
    return Families([point["family"] for point in packages["points"]])


def places(drawing):
    """(x, y) of the whisker of every point, in the order of the table; y is in the middle."""
    found = {}
    for group in ElementTree.fromstring(drawing).iter("g"):
        line = group.find("line")
        number = int(group.find("title").text.split(".")[0])
        found[number] = (float(line.get("x1")), (float(line.get("y1")) + float(line.get("y2"))) / 2)
    return [found[number] for number in sorted(found)]


@pytest.mark.parametrize("chart", [quality_chart, fidelity_chart])
def test_a_chart_is_named_and_within_its_box(packages, families, chart):
    root = ElementTree.fromstring(chart(packages, families, "q"))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "q-t q-d"
    assert root.find("title").get("id") == "q-t" and root.find("desc").get("id") == "q-d"
    assert "Taken: 13. scalar 4 bits" in root.find("desc").text
    assert len([mark for mark in root.iter("path") if mark.get("class").startswith("mark")]) == len(packages["points"])
    assert len([ring for ring in root.iter("circle") if ring.get("class") == "ring"]) == 1
    for x, y in places(chart(packages, families, "q")):
        assert 0 <= x <= WIDTH and 0 <= y <= HEIGHT


def test_fewer_bytes_are_further_left_and_less_loss_is_higher(packages, families):
    points = packages["points"]
    at = places(quality_chart(packages, families, "q"))
    for value, axis in (("bytes", 0), ("drop", 1)):
        amounts = [point["total_row_bytes"] if value == "bytes" else point["quality"]["drop"] for point in points]
        order = sorted(range(len(points)), key=amounts.__getitem__)
        assert [at[row][axis] for row in order] == sorted(at[row][axis] for row in order)


def test_more_agreement_is_higher(packages, families):
    at = places(fidelity_chart(packages, families, "f"))
    means = [point["fidelity"]["mean"] for point in packages["points"]]
    best, worst = means.index(max(means)), means.index(min(means))
    assert at[best][1] < at[worst][1]


def test_numbers_beside_points_do_not_cover_each_other(packages, families):
    drawing = quality_chart(packages, families, "q")
    boxes = [(float(x), float(y)) for x, y in re.findall(r'<text x="([\d.]+)" y="([\d.]+)" class="number">', drawing)]
    assert len(boxes) >= 12
    assert all(abs(a[0] - b[0]) >= 6 or abs(a[1] - b[1]) >= 9 for a in boxes for b in boxes if a is not b)


def test_one_point_and_equal_points_are_drawn(packages, families):
    packages["points"] = [packages["points"][12]]
    assert "Taken: 1." in quality_chart(packages, families, "q")
    packages["choice"] = None
    packages["points"] = [packages["points"][0], dict(packages["points"][0], codec="twin")]
    assert "2 codecs" in fidelity_chart(packages, families, "f")


def test_codec_names_are_escaped(packages, families):
    packages["points"][0]["codec"] = "<script>alert(1)</script>"
    assert "<script" not in quality_chart(packages, families, "q")


def test_the_frontier_is_joined_and_stands_at_its_bytes_on_disk(decided):
    section = decided["sections"][0]
    drawing = frontier_chart(section, Families([point["family"] for point in section["points"]]), "c")
    tree = ElementTree.fromstring(drawing)
    across = {group.find("title").text.split(".")[0]: float(group.find("line").get("x1")) for group in tree.iter("g")}
    assert len(across) == 3 and across["12"] < across["13"] < across["7"]
    (path,) = [one for one in tree.iter("path") if one.get("class") == "line front"]
    assert [float(x) for x in re.findall(r"[ML](\S+) ", path.get("d"))] == [across["12"], across["13"]]
    words = "".join(tree.itertext())
    assert "371\u202fkB on disk" in words and "200\u202fkB" in words and "bytes of the artifact on disk (log scale)" in words


def test_without_a_known_loss_the_frontier_is_of_fidelity(decided):
    section = decided["sections"][0]
    for point in section["points"]:
        point["quality"] = None
    drawing = frontier_chart(section, Families([point["family"] for point in section["points"]]), "c")
    assert "Overlap@10 against bytes of the artifact" in drawing and "still found" in drawing
