"""A trial is made once: by a later run with the same inputs it is read, and whatever is damaged is made again."""

import json

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.errors import ArtifactError
from rankfold.store import save
from rankfold.tune.evidence import item_evidence, user_evidence
from rankfold.tune.recipe import NOTE
from rankfold.tune.rungs import Rung
from rankfold.tune.trials import Trial, Trials, inputs_digest
from rankfold.vectors import as_vectors

HALF, FEW = from_spec({"codec": "half"}), from_spec({"codec": "reduced", "dims": 2, "inner": {"codec": "int8"}})
IMPOSSIBLE = from_spec({"codec": "reduced", "dims": 99, "inner": {"codec": "int8"}})


@pytest.fixture(scope="module")
def evidence(world):
    return user_evidence(*world)


def rung_of(vectors, evidence):
    return Rung(vectors, evidence, 0.5, np.arange(0, 600, 2), np.arange(0, 600, 3), np.arange(60))


def test_a_trial_says_what_the_codec_did(world, evidence, tmp_path):
    vectors = world[0]
    trials = Trials(vectors, evidence)
    ((_, full), (_, poor)) = trials.run([HALF, FEW], None)
    assert full.overlap > 0.98 > poor.overlap and abs(full.loss.drop) < 0.02 < poor.loss.drop and full.share == 1.0 and not full.failed
    assert full.row_bytes == 32 and full.seconds >= 0 and trials.core_seconds == pytest.approx(full.seconds + poor.seconds)
    artifact = save(trials.table(HALF), tmp_path / "s", note=NOTE, details=trials.recipe(HALF).details())
    assert full.total_bytes == sum(file.stat().st_size for file in artifact.iterdir())
    ((_, part),) = trials.run([HALF], rung_of(vectors, evidence))
    assert part.share == 0.5 and part.loss is None and part.total_bytes is None and part.overlap > 0.98 and part.scan_ms > 0


def test_what_cannot_be_tried_says_why_and_stops_nothing(world, evidence):
    found = Trials(world[0], evidence).run([IMPOSSIBLE, HALF], None)
    assert "99" in found[0][1].failed and not found[1][1].failed


def test_finished_trials_are_read_by_a_later_run(world, evidence, tmp_path, monkeypatch):
    first = Trials(world[0], evidence, folder=tmp_path / "work")
    made = first.run([HALF, FEW], None) + first.run([HALF], rung_of(world[0], evidence))
    later = Trials(world[0], evidence, folder=tmp_path / "work")
    monkeypatch.setattr(Trials, "_try", lambda *a: pytest.fail("tried again"))
    assert later.run([HALF, FEW], None) + later.run([HALF], rung_of(world[0], evidence)) == made
    assert later.tables == {}
    assert np.array_equal(later.table(HALF).decode(), first.table(HALF).decode())


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '{"name": 1}', "[" * 5_000])
def test_damaged_files_count_as_none(world, evidence, tmp_path, text):
    first = Trials(world[0], evidence, folder=tmp_path)
    ((_, made),) = first.run([HALF], None)
    (file,) = tmp_path.glob("*.json")
    file.write_text(text)
    ((_, again),) = Trials(world[0], evidence, folder=tmp_path).run([HALF], None)
    assert again.overlap == made.overlap and json.loads(file.read_text())["overlap"] == made.overlap


def test_numbers_out_of_range_are_refused(world, evidence):
    ((_, made),) = Trials(world[0], evidence).run([HALF], None)
    assert Trial.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    for name, value in (("overlap", 1.5), ("share", 0.0), ("seconds", -1.0), ("name", 3), ("loss", {"drop": 1.0})):
        with pytest.raises((TypeError, ValueError)):
            Trial.from_dict(made.to_dict() | {name: value})


def test_other_inputs_are_other_trials(world):
    vectors, users, events = world
    base, cosine = user_evidence(vectors, users, events), user_evidence(vectors, users, events, unit=True)
    digests = {
        inputs_digest(vectors, base, None, None, 0), inputs_digest(vectors, base, None, None, 1), inputs_digest(vectors, base, base.weight, None, 0),
        inputs_digest(vectors, base, None, users, 0), inputs_digest(vectors, item_evidence(vectors), None, None, 0),
        inputs_digest(as_vectors(vectors.read() * 2), base, None, None, 0), inputs_digest(vectors, cosine, None, None, 0),
    }  # fmt: skip
    assert len(digests) == 7


def test_a_codec_that_may_not_start_is_left_out(world, evidence):
    found = Trials(world[0], evidence).run([HALF, FEW], None, may_start=lambda one: one == FEW)
    assert [one for one, _ in found] == [FEW]


def test_a_folder_that_cannot_be_made_is_named(world, evidence, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="cannot be made"):
        Trials(world[0], evidence, folder=tmp_path / "file" / "work")
