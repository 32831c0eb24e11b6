"""A card says what the report measured, what it did not, and nothing else."""

import json

import pytest

from rankfold.errors import ArtifactError, InputError
from rankfold.report.card import card_of, unchecked, write_card


def test_the_numbers_are_those_of_the_report(decided):
    card, section = card_of(decided), decided["sections"][0]
    point = section["points"][12]
    assert card["codec"] == "scalar 4 bits" and card["artifact"] == "5986c1d58a61b030" and card["why"] == section["choice"]["why"]
    assert card["quality"] == {"metric": "ndcg@10", **point["quality"]} and card["fidelity"] == point["fidelity"] and card["buckets"] == point["buckets"]
    kept = card["kept"]
    assert kept["float32_bytes"] == 5_053 * 128 * 4 and kept["disk_bytes"] == 371_223
    assert kept["vector_bytes"] == 5_053 * 65 + 64 and kept["vector_bytes"] + kept["discarded_bytes"] == kept["float32_bytes"]
    assert card["slices"]["worst"] == section["sliced"]["slices"][0] and card["slices"]["losing"] == ["country: fr"]
    assert card["slices"]["moved"] == ["popularity: tail, loses"]


def test_what_was_not_measured_is_said(sample, decided):
    section = decided["sections"][0]
    said = " ".join(unchecked(section, section["points"][12]))
    assert said == "1 of 3 slices: too few users to tell whether they lose."
    for key in ("sliced", "guards", "calibration", "tuning"):
        del section[key]
    said = unchecked(section, section["points"][12])
    assert [text.split(":")[0] for text in said] == [
        "For whom it loses", "The users hurt most", "First screens", "Whether scores mean the same as before", "Latency of the slowest searches",
    ]  # fmt: skip
    said = unchecked(sample["sections"][1], sample["sections"][1]["points"][0])
    assert said[0].startswith("Whether the lists are good") and said[1].startswith("Who pays by popularity")
    section["points"][12]["quality"]["reason"] = "one user"
    assert "no interval (one user)" in unchecked(section, section["points"][12])[0]


def test_a_worst_slice_without_a_number_is_passed_over(decided):
    slices = decided["sections"][0]["sliced"]["slices"]
    slices[0]["drop"] = None
    assert card_of(decided)["slices"]["worst"] == slices[1]
    slices[1]["drop"] = None
    assert card_of(decided)["slices"]["worst"] is None


def test_a_card_is_about_one_artifact(sample):
    section = sample["sections"][0]
    section["choice"] = None
    with pytest.raises(InputError, match="none was taken"):
        card_of(sample)
    section["points"] = section["points"][:1]
    assert card_of(sample)["codec"] == "half" and card_of(sample)["why"] is None
    with pytest.raises(InputError, match="report"):
        card_of({"title": "no report"})


def test_both_files_are_written_beside_the_artifact(decided, tmp_path):
    data, text = write_card(decided, tmp_path / "v1.2")
    assert (data.name, text.name) == ("v1.2.card.json", "v1.2.card.md")
    assert json.loads(data.read_text()) == json.loads(json.dumps(card_of(decided)))
    before = text.read_bytes()
    write_card(decided, tmp_path / "v1.2")
    assert text.read_bytes() == before and sorted(path.name for path in tmp_path.iterdir()) == ["v1.2.card.json", "v1.2.card.md"]
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="cannot be written"):
        write_card(decided, tmp_path / "file" / "v1")
