"""Why two items are near."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.codec import Latents
from rankfold.explain import Reading, read_pair


def test_what_two_items_share_and_what_they_do_not(reading):
    found = read_pair(reading, 0, 1)
    # calm = .8 sea + .6 ships, dusk = .9 sea - .4 night: only the sea counts, and different atoms are at right angles.
    assert [(one.latent, one.part) for one in found.shared] == [(0, pytest.approx(0.72))]
    assert [one.item.id for one in found.shared[0].like] == ["wave", "noon"]
    assert found.score == found.shared_part == pytest.approx(0.72) and found.crossed_part == 0 and found.crossed == ()
    assert found.cosine == pytest.approx(0.72 / math.sqrt(0.97))


def test_different_atoms_that_point_alike_are_named(reading):
    found = read_pair(reading, 0, 2)
    # fleet = .7 nearly-sea + .7 ships: the ships are shared, the sea is met by an atom of cosine .96.
    assert [one.latent for one in found.shared] == [1] and found.shared_part == pytest.approx(0.42)
    assert [(one.first_latent, one.second_latent) for one in found.crossed] == [(0, 3)]
    assert found.crossed_part == found.crossed[0].part == pytest.approx(0.8 * 0.7 * 0.96)


@pytest.mark.parametrize("seed", range(8))
def test_the_parts_are_the_score_of_the_decoded_rows(drawn, tables, seed):
    latents = drawn(seed)
    decoded = tables.of(latents, np.arange(40)).decode().astype(np.float64)
    reading = Reading(latents, np.arange(40))
    for first, second in ((0, 1), (2, 3), (4, 4), (5, 6)):
        found = read_pair(reading, first, second, crossed=1000)
        assert found.score == found.shared_part + found.crossed_part
        assert found.score == pytest.approx(decoded[first] @ decoded[second], rel=1e-4, abs=1e-4)
        assert math.fsum(one.part for one in found.shared) == pytest.approx(found.shared_part)
        assert math.fsum(one.part for one in found.crossed) == pytest.approx(found.crossed_part)
        assert not {one.latent for one in found.shared} ^ (set(reading.support(first)[0].tolist()) & set(reading.support(second)[0].tolist()))


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1))
def test_turning_a_pair_around_changes_no_part(seed):
    rng = np.random.default_rng(seed)
    index = np.stack([rng.permutation(8)[:4] for _ in range(2)]).astype(np.int32)
    reading = Reading(Latents(index, rng.integers(-2, 3, (2, 4)).astype(np.float32), rng.standard_normal((8, 3)).astype(np.float32)), np.arange(2))
    there, back = read_pair(reading, 0, 1), read_pair(reading, 1, 0)
    assert there.score == pytest.approx(back.score, abs=1e-9) and there.shared_part == pytest.approx(back.shared_part, abs=1e-9)
    assert {one.latent for one in there.shared} == {one.latent for one in back.shared}
    assert -1 - 1e-9 <= there.cosine <= 1 + 1e-9


def test_a_row_of_zeros_shares_nothing(sea):
    latents = Latents(sea.index[:2], np.array([[0, 0], [1, 1]], np.float32), sea.atoms)
    found = read_pair(Reading(latents, np.arange(2)), 0, 1)
    assert (found.score, found.cosine, found.shared, found.crossed) == (0, 0, (), ())
