"""The evidence from the files given, and what it is in words."""

from dataclasses import replace

import pytest

from rankfold.cli import inputs, judging
from rankfold.errors import InputError
from rankfold.progress import silent
from rankfold.report import check


@pytest.fixture
def given(files):
    items = inputs.read_items(files.folder / "items.npy")
    users = inputs.read_users(files.folder / "users.npy", items)
    return items, users, inputs.read_events(files.folder / "clicks.csv", users, items)


def test_users_and_events(given):
    evidence = judging.gather(*given, unit=False, seed=0, progress=silent)
    assert evidence.judged
    assert "by what they took next" in judging.about(evidence, chosen=True)
    assert "chosen on" in judging.about(evidence, chosen=True)


def test_users_alone(given):
    evidence = judging.gather(given[0], given[1], None, unit=False, seed=0, progress=silent)
    assert "exact lists" in judging.about(evidence, chosen=False)
    assert "chosen on" not in judging.about(evidence, chosen=False)


def test_items_alone(given):
    evidence = judging.gather(given[0], None, None, unit=True, seed=0, progress=silent)
    assert "neighbours; cosine" in judging.about(evidence, chosen=False)


def test_events_without_users_are_refused(given):
    with pytest.raises(InputError, match="--users"):
        judging.gather(given[0], None, given[2], unit=False, seed=0, progress=silent)


def test_events_that_were_left_out_are_counted(given):
    assert judging.notes(given[2]) == []
    assert judging.notes(None) == []
    assert judging.notes(replace(given[2], dropped=1_234)) == ["1,234 events were left out: their user or item is not in the vectors."]


def test_a_report_of_one_section_can_be_drawn(section):
    content = judging.content_of(section, seed=3, command="rankfold compress x")
    check(content)
    assert content["reproduce"] == ["rankfold compress x"] and {"rankfold", "Python", "NumPy", "processor", "kernels", "workers", "seed"} == set(
        content["made_with"]
    )
    assert judging.content_of(section, seed=3, command="a", again="b")["reproduce"] == ["a", "b"]
