"""Rows as sums of atoms, by name."""

from dataclasses import replace

import numpy as np
import pytest

from rankfold.codec import Latents
from rankfold.codecs import get
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.explain import Item, Reading, has_latents, read_table
from rankfold.table import build
from rankfold.vectors import as_vectors


def test_a_row_is_known_by_id_and_title(reading):
    assert reading.item(reading.row_of("fleet")) == Item("fleet", "The fleet")
    assert reading.item(3) == Item("noon", "")


def test_numbers_are_ids_too(sea):
    reading = Reading(sea, np.array([7, 9, 11, 13, 15]))
    assert reading.row_of(11) == reading.row_of("11") == 2
    assert reading.item(2) == Item(11, "")
    for wrong in ("x", "12", 10**30, -1):
        with pytest.raises(InputError, match="is no id of this table; expected one of its 5 ids, such as 7"):
            reading.row_of(wrong)


@pytest.mark.parametrize(("wrong", "named"), [("flete", "'fleet'"), ("a WAVE", r"'wave' \(A wave\)"), ("sea", r"'calm' \(Calm sea\)")])
def test_an_unknown_id_names_what_is_like_it(reading, wrong, named):
    with pytest.raises(InputError, match=f"Did you mean {named}"):
        reading.row_of(wrong)


@pytest.mark.parametrize("wrong", ["", "\x00", "\udcff", "x" * 100_000, "zzz"])
def test_no_id_makes_it_stumble(reading, wrong):
    with pytest.raises(InputError, match="is no id"):
        reading.row_of(wrong)


def test_the_support_of_a_row_is_what_is_not_zero_strongest_first(reading):
    for row, expected in enumerate([[0, 1], [0, 2], [3, 1], [2, 0], [0]]):
        assert reading.support(row)[0].tolist() == expected
    assert reading.counts.tolist() == [4, 2, 2, 1, 0, 0]


def test_the_strongest_items_of_both_ends(reading):
    ends = reading.strongest([0, 2, 5], 2)
    assert [one.item.id for one in ends[0][0]] == ["dusk", "calm"] and ends[0][1] == ()
    assert [one.item.id for one in ends[2][1]] == ["noon", "dusk"] and ends[2][0] == ()
    assert ends[5] == ((), ())


def test_rows_of_several_segments_are_read_as_one(tables, drawn):
    latents = drawn(3)
    whole = read_table(tables.of(latents, np.arange(40)))
    parts = read_table(tables.of(latents, np.arange(40), parts=3))
    assert np.array_equal(whole.latents.index, parts.latents.index) and np.array_equal(whole.latents.value, parts.latents.value)


def test_removed_rows_are_not_read(tables, sea):
    table = tables.of(sea, np.array(["calm", "dusk", "fleet", "noon", "wave"])).remove(["dusk"])
    reading = read_table(table, ["a", "b", "c", "d", "e"])
    assert reading.count == 4 and reading.item(1) == Item("fleet", "c")
    assert reading.counts.tolist() == [3, 2, 1, 1, 0, 0]


def test_a_table_without_latents_is_refused():
    table = compress(as_vectors(np.eye(4, dtype=np.float32)), get("half")())
    assert not has_latents(table)
    with pytest.raises(InputError, match="its rows are coded by half, which has no latents; expected one of"):
        read_table(table)


def test_parts_of_different_dictionaries_are_refused(tables, drawn):
    one, other = (tables.of(drawn(seed), np.arange(40)).segments[0] for seed in (1, 2))
    table = build(8, False, np.arange(80), [one, replace(other, first=40)])
    assert not has_latents(table) and has_latents(build(8, False, np.arange(40), [one]))
    with pytest.raises(InputError, match="different dictionaries"):
        read_table(table)


@pytest.mark.parametrize(
    ("index", "value", "said"),
    [
        ([[0, 9]], [[1.0, 1.0]], "indices from 0 to 9; expected 0 to 5"),
        ([[0, -1]], [[1.0, 0.0]], "indices from -1"),
        ([[0, 1]], [[1.0, np.nan]], "not finite"),
        ([[2, 2]], [[1.0, 0.5]], "row 0 holds one latent twice"),
        ([[0, 1, 2]], [[1.0, 0.5]], r"expected \(n, k\)"),
        (np.empty((0, 2), int), np.empty((0, 2)), r"expected \(n, k\)"),
    ],
)
def test_damaged_latents_are_refused(sea, index, value, said):
    with pytest.raises(InputError, match=said):
        Reading(Latents(np.array(index, np.int32), np.array(value, np.float32), sea.atoms), np.arange(len(index)))


def test_entries_of_value_zero_may_name_any_latent_again(sea):
    reading = Reading(Latents(np.array([[2, 2, 0, 0]], np.int32), np.array([[1, 0, 0, 0]], np.float32), sea.atoms), np.arange(1))
    assert reading.counts.tolist() == [0, 0, 1, 0, 0, 0]


def test_as_many_titles_as_rows(sea, tables):
    with pytest.raises(InputError, match="titles: got 2; expected 5"):
        Reading(sea, np.arange(5), ["a", "b"])
    with pytest.raises(InputError, match="titles: got 2; expected 5, one for each row of the table"):
        read_table(tables.of(sea, np.arange(5)), ["a", "b"])
