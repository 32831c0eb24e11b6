"""Reading what a command was given."""

import numpy as np
import pytest

from rankfold.cli import inputs
from rankfold.cli.judging import notes
from rankfold.errors import InputError, SpecError
from rankfold.vectors import as_vectors


def test_ids_from_a_text_file_and_from_npy(files, tmp_path):
    names = [f"item-{row}" for row in range(600)]
    (tmp_path / "ids.txt").write_text("\n".join(names) + "\n")
    np.save(tmp_path / "ids.npy", np.array(names))
    for name in ("ids.txt", "ids.npy"):
        items = inputs.read_items(files.folder / "items.npy", ids=tmp_path / name)
        assert items.ids[7] == b"item-7"


def test_too_few_ids_are_refused(files, tmp_path):
    (tmp_path / "ids.txt").write_text("a\nb\n")
    with pytest.raises(InputError, match="600"):
        inputs.read_items(files.folder / "items.npy", ids=tmp_path / "ids.txt")


def test_ids_that_are_not_text_are_refused(files, tmp_path):
    (tmp_path / "ids.txt").write_bytes(b"\xff\xfe\n")
    with pytest.raises(InputError, match="UTF-8"):
        inputs.read_items(files.folder / "items.npy", ids=tmp_path / "ids.txt")


def test_users_of_another_space_are_refused(files, tmp_path):
    items = inputs.read_items(files.folder / "items.npy", space="model-1")
    np.savez(tmp_path / "users.npz", vectors=files.users, space=np.array("model-2"))
    with pytest.raises(InputError, match="model-2"):
        inputs.read_users(tmp_path / "users.npz", items)


def test_nothing_given_is_nothing(files):
    items = inputs.read_items(files.folder / "items.npy")
    assert inputs.read_users(None, items) is None
    assert inputs.read_events(None, None, items) is None
    assert inputs.listed_rows(None, items, items.ids) is None


def test_unknown_events_are_refused_or_dropped(files, tmp_path):
    items = inputs.read_items(files.folder / "items.npy")
    users = inputs.read_users(files.folder / "users.npy", items)
    (tmp_path / "clicks.csv").write_text("user,item\n0,1\n0,600\n")
    with pytest.raises(InputError, match="600"):
        inputs.read_events(tmp_path / "clicks.csv", users, items)
    assert inputs.read_events(tmp_path / "clicks.csv", users, items, unknown="drop").count == 1


@pytest.mark.parametrize("text", ["", "{", "[1,]", '{"codec": NaN}', "\xff"])
def test_a_spec_that_is_not_json(tmp_path, text):
    (tmp_path / "spec.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="not JSON"):
        inputs.read_spec(tmp_path / "spec.json")


@pytest.mark.parametrize("text", ["[]", '{"codec": "nonsense"}', '{"codec": "half", "bits": 3}'])
def test_a_spec_that_is_no_codec(tmp_path, text):
    (tmp_path / "spec.json").write_text(text)
    with pytest.raises(SpecError):
        inputs.read_spec(tmp_path / "spec.json")


def test_a_json_file_that_is_too_large(tmp_path):
    (tmp_path / "big.json").write_text("[" + "1," * 100 + "1]")
    with pytest.raises(InputError, match="more than 50 bytes"):
        inputs.read_json(tmp_path / "big.json", "result", 50)


def test_an_event_in_training_and_in_the_test_is_a_leak(tmp_path):
    path = tmp_path / "clicks.csv"
    items = as_vectors(np.eye(4, dtype=np.float32))
    path.write_text("user,item,time,split\n0,1,5,train\n0,2,9,test\n0,2,9,train\n")
    with pytest.raises(InputError, match="leak: 1 of 1 test events are in training too"):
        inputs.read_events(path, None, items)
    path.write_text("user,item,time,split\n0,1,5,train\n0,2,9,test\n0,2,4,train\n")
    assert inputs.read_events(path, None, items).count == 3
    # Without times it may be a second purchase: told, not refused.
    path.write_text("user,item,split\n0,1,train\n0,2,test\n0,2,train\n")
    events = inputs.read_events(path, None, items)
    assert notes(events) == ["1 of 1 test events are of a user and item that are in training too; they are not asked for."]
    path.write_text("user,item,split\n0,1,train\n0,2,train\n")
    assert inputs.leaks_of(inputs.read_events(path, None, items)) is None
