"""What one item is made of."""

import numpy as np
import pytest

from rankfold.codec import Latents
from rankfold.explain import Reading, read_item


def test_an_item_and_where_else_its_latents_are(reading):
    found = read_item(reading, reading.row_of("dusk"), items=2)
    sea, night = found.latents
    assert (sea.latent, sea.rows, sea.share) == (0, 4, 0.8)
    assert sea.value == pytest.approx(0.9) and night.value == pytest.approx(-0.4)
    assert [one.item.id for one in sea.like] == ["calm", "wave"]
    assert [one.item.id for one in night.like] == ["noon"]
    assert found.length == pytest.approx(np.sqrt(0.81 + 0.16))
    assert sea.part == pytest.approx(0.81 / 0.97)


@pytest.mark.parametrize("seed", range(5))
def test_parts_sum_to_one_and_the_length_is_that_of_the_decoded_row(drawn, tables, seed):
    latents = drawn(seed)
    decoded = tables.of(latents, np.arange(40)).decode()
    reading = Reading(latents, np.arange(40))
    for row in range(40):
        found = read_item(reading, row)
        assert found.length == pytest.approx(float(np.linalg.norm(decoded[row])), rel=1e-5, abs=1e-6)
        assert sum(one.part for one in found.latents) == pytest.approx(1 if found.latents else 0)
        sizes = [abs(one.value) for one in found.latents]
        assert sizes == sorted(sizes, reverse=True)
        assert all(np.sign(other.value) == np.sign(one.value) and other.item.id != row for one in found.latents for other in one.like)


def test_a_row_of_zeros_is_made_of_nothing(sea):
    reading = Reading(Latents(sea.index[:1], np.zeros((1, 2), np.float32), sea.atoms), np.arange(1))
    found = read_item(reading, 0)
    assert found.latents == () and found.length == 0


def test_a_row_whose_atoms_cancel_has_no_length():
    latents = Latents(np.array([[0, 1]], np.int32), np.ones((1, 2), np.float32), np.array([[1, 0], [-1, 0]], np.float32))
    found = read_item(Reading(latents, np.arange(1)), 0)
    assert found.length == 0 and [one.part for one in found.latents] == [0, 0]
