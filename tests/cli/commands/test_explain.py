"""`rankfold explain`."""

import json

import numpy as np
import pytest

from rankfold.codecs.half import Half
from rankfold.store import load, save


@pytest.fixture
def store(files, monkeypatch):
    """The path of the saved table, whose rows are read as sums of four of 16 axes: those where a row is largest."""

    def latents(self, state, codes):
        rows = self.decode(state, codes)
        index = np.argsort(-np.abs(rows), axis=1)[:, :4]
        return index.astype(np.int32), np.take_along_axis(rows, index, axis=1)

    monkeypatch.setattr(Half, "latents", latents, raising=False)
    monkeypatch.setattr(Half, "atoms", lambda self, state: np.eye(16, dtype=np.float32), raising=False)
    return files.path("store")


@pytest.fixture
def titles(tmp_path):
    path = tmp_path / "titles.csv"
    path.write_text("id,title,short\n" + "".join(f"{row},Item number {row},n{row}\n" for row in range(500)))
    return path


def test_the_whole_dictionary(rankfold, files, store, titles):
    result = rankfold("explain", store, "--titles", titles)
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    assert "Each of these 600 items is stored as a sum of at most 4 of 16 learned directions, called latents." in text
    assert "16, of which 16 are used; an item has 4.0 in the mean" in text and "The 8 latents that make up most of the items:" in text
    assert "[0]" in rankfold("explain", store, "--titles", titles, "--item", "0").stdout
    assert max(map(len, result.stdout.splitlines())) <= 160


def test_json_holds_what_is_shown(rankfold, files, store):
    document = json.loads(rankfold("explain", store, "--json").stdout)
    assert document["rows"] == 600 and document["items"] == [] and document["pair"] is None
    assert [one["latent"] for one in document["latents"]] == [one["latent"] for one in document["dictionary"]["heaviest"]]
    axis = document["latents"][0]
    decoded = files.table.decode()[:, axis["latent"]]
    assert axis["highest"][0]["item"] == {"id": int(decoded.argmax()), "title": ""} and axis["by_bucket"] is None


def test_items_pairs_and_latents_that_are_asked_for(rankfold, store, titles, tmp_path):
    result = rankfold("explain", store, "--item", "3", "--item", "599", "--pair", "3", "7", "--latent", "5", "--titles", titles, "-o", tmp_path / "out.json")
    assert result.exit_code == 0, result.output
    for said in ("Item number 3 [3]", "599\n  made of 4 latents", "2. Item number 7 [7]", "latent 5: in", f"wrote {tmp_path / 'out.json'}"):
        assert said in result.stdout
    found = json.loads((tmp_path / "out.json").read_text())
    assert [one["item"] for one in found["items"]] == [{"id": 3, "title": "Item number 3"}, {"id": 599, "title": ""}]
    pair = found["pair"]
    assert pair["score"] == pytest.approx(sum(one["part"] for one in pair["shared"])) and pair["crossed"] == []
    assert [one["latent"] for one in found["latents"]] == [5] and found["dictionary"] is None


def test_another_title_column(rankfold, store, titles):
    assert "n3 [3]" in rankfold("explain", store, "--item", 3, "--titles", titles, "--title-column", "short").stdout


def test_shares_by_popularity(rankfold, files, store, tmp_path):
    latent = json.loads(rankfold("explain", store, "--latent", 2, "--interactions", files.path("clicks.csv"), "--json").stdout)["latents"][0]
    assert set(latent["by_bucket"]) == {"head", "mid", "tail"}
    clicks = (files.folder / "clicks.csv").read_text().splitlines()
    (tmp_path / "named.csv").write_text("\n".join([clicks[0], *(f"user-{line}" for line in clicks[1:])]))
    assert json.loads(rankfold("explain", store, "--latent", 2, "--interactions", tmp_path / "named.csv", "--json").stdout)["latents"][0] == latent
    assert "(head " in rankfold("explain", store, "--latent", 2, "--interactions", files.path("clicks.csv")).stdout


def test_rows_that_were_removed_are_not_explained(rankfold, store, tmp_path):
    save(load(store).remove([3]), tmp_path / "fewer")
    assert json.loads(rankfold("explain", tmp_path / "fewer", "--json").stdout)["rows"] == 599
    refused = rankfold("explain", tmp_path / "fewer", "--item", 3)
    assert refused.exit_code == 3 and "'3' is no id of this table; expected one of its 599 ids" in refused.stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--item", "600"], "'600' is no id of this table"),
        (["--pair", "1", "x"], "'x' is no id of this table"),
        (["--latent", "16"], "latent: got 16; expected a whole number from 0 to 15"),
        (["--latent", "-1"], "latent: got -1"),
        (["--titles", "missing.csv"], "missing.csv"),
    ],
)
def test_what_is_not_there(rankfold, store, tmp_path, more, said):
    result = rankfold("explain", store, "--out", tmp_path / "out.json", *more)
    assert result.exit_code == 3 and said in result.stderr and result.stdout == ""
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize("more", [["--latent", "x"], ["--pair", "1"], ["-k", "0"]])
def test_wrong_usage(rankfold, store, more):
    assert rankfold("explain", store, *more).exit_code == 2


def test_a_table_without_latents(rankfold, files):
    result = rankfold("explain", files.path("store"))
    assert result.exit_code == 3 and "coded by half, which has no latents" in result.stderr


def test_a_report_shows_what_latents_stand_for(rankfold, files, store, titles, tmp_path):
    judged = ["--users", files.path("users.npy"), "--interactions", files.path("clicks.csv")]
    done = rankfold("evaluate", store, "--against", files.path("items.npy"), *judged, "--titles", titles, "-o", tmp_path / "found.json")
    assert done.exit_code == 0 and "see the report, or `rankfold explain`" in done.stdout, done.output
    lines = json.loads((tmp_path / "found.json").read_text())["sections"][0]["latents"]["lines"]
    assert len(lines) == 12 and lines[0]["highest"][0].startswith("Item number") and set(lines[0]["by_bucket"]) == {"head", "mid", "tail"}
    assert rankfold("report", tmp_path / "found.json", "-o", tmp_path / "page.html").exit_code == 0
    assert "What the latents stand for" in (tmp_path / "page.html").read_text()


def test_titles_that_nothing_would_show_are_refused(rankfold, files, titles):
    result = rankfold("evaluate", files.path("store"), "--against", files.path("items.npy"), "--titles", titles)
    assert result.exit_code == 3 and "have no latents. Leave --titles out." in result.stderr


def test_compress_puts_latents_into_its_report(rankfold, files, store, tmp_path):
    done = rankfold("compress", files.path("items.npy"), "--codec", files.path("spec.json"), "-o", tmp_path / "made")
    assert done.exit_code == 0, done.output
    latents = json.loads((tmp_path / "made.report.json").read_text())["sections"][0]["latents"]
    assert latents["facts"]["latents"].startswith("16, of which 16 are used") and latents["lines"][0]["by_bucket"] is None


def test_a_journey_from_vectors_to_their_latents(rankfold, files, tmp_path):
    (tmp_path / "sparse.json").write_text(json.dumps({"codec": "sparse", "nonzeros": 4, "dictionary": 64}))
    made = rankfold("compress", files.path("items.npy"), "--codec", tmp_path / "sparse.json", "-o", tmp_path / "made")
    assert made.exit_code == 0, made.output
    found = json.loads(rankfold("explain", tmp_path / "made", "--json").stdout)
    assert found["dictionary"]["latents"] <= 64 and 3 < found["dictionary"]["nonzeros"] <= 4
    nearest, other = found["latents"][0]["highest"][0]["item"]["id"], found["latents"][0]["highest"][1]["item"]["id"]
    document = json.loads(rankfold("explain", tmp_path / "made", "--item", nearest, "--pair", nearest, other, "--json").stdout)
    decoded = load(tmp_path / "made").decode(np.array([nearest, other])).astype(np.float64)
    pair, item = document["pair"], document["items"][0]
    assert pair["score"] == pytest.approx(decoded[0] @ decoded[1], rel=1e-4)
    assert found["latents"][0]["latent"] in {one["latent"] for one in pair["shared"]}
    assert item["length"] == pytest.approx(np.linalg.norm(decoded[0]), rel=1e-4) and sum(one["part"] for one in item["latents"]) == pytest.approx(1)
