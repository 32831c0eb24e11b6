"""The tour over the bundled data: at one small size, the whole way to a report."""

import json

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.demo import tour
from rankfold.demo.datasets import load_artworks
from rankfold.errors import ArtifactError
from rankfold.report import check
from rankfold.tune.shortlist import shortlist


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The tour at one size, with few queries; (what it returned, its folder)."""
    patch = pytest.MonkeyPatch()
    for name, value in (("SIZES", (16,)), ("SHOWN_BYTES", 16), ("USERS_A_HALF", 150), ("ITEM_QUERIES", 60)):
        patch.setattr(tour, name, value)
    patch.setattr(tour, "shortlist", lambda *args, **more: [tour_codec(*args, **more)])
    folder = tmp_path_factory.mktemp("tour") / "report"
    made = tour.run(folder)
    patch.undo()
    return made, folder


def tour_codec(dim, row_bytes, **more):
    return shortlist(dim, row_bytes, **more)[-1]


def test_the_report_is_valid_and_written(content):
    made, folder = content
    check(made)
    assert json.loads((folder / "report.json").read_text()) == made
    page = (folder / "report.html").read_text()
    assert len(page) < 1 << 20 and "Debian packages" in page and "Tate" in page


def test_both_sets_have_what_the_demo_promises(content):
    packages, artworks = content[0]["sections"]
    assert packages["metric"] == "ndcg@10" and artworks["metric"] == "overlap@100"
    assert packages["baseline"]["float32"]["mean"] > packages["baseline"]["popularity"]["mean"]
    assert all({"head"} <= set(point["buckets"]) <= {"head", "mid", "tail"} for point in packages["points"])
    assert all(point["row_bytes"] <= 16 for point in packages["points"] + artworks["points"])
    assert len(artworks["neighbours"]) == tour.SHOWN_WORKS and all(len(entry["before"]) == tour.LIST_LENGTH for entry in artworks["neighbours"])


def test_neighbours_are_named_and_leave_out_the_item_itself():
    data = load_artworks()
    table = compress(data.items, from_spec({"codec": "int8"}), unit=True)
    for entry in tour.neighbours(data.items, table, np.asarray(data.named[:2]), data.titles):
        assert len(set(entry["before"]) & set(entry["after"])) >= 3


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "taken").write_text("x")
    with pytest.raises(ArtifactError, match="taken"):
        tour.run(tmp_path / "taken")


def test_slow_fits_stay_out():
    learned = from_spec({"codec": "pq", "groups": 16, "rotation": "learned"})
    assert tour.is_quick(learned, 128) and not tour.is_quick(learned, 384)
    assert tour.is_quick(from_spec({"codec": "pq", "groups": 16}), 384) and tour.is_quick(from_spec({"codec": "int8"}), 384)
