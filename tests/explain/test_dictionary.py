"""The state of a dictionary."""

import numpy as np
import pytest

from rankfold.codec import Latents
from rankfold.explain import Reading, dictionary, read_dictionary


def test_what_is_used_and_what_is_not(reading):
    found = read_dictionary(reading)
    assert (found.latents, found.rows, found.nonzeros, found.dead) == (6, 5, 9 / 5, (4, 5))
    assert [(one.latent, one.rows) for one in found.most_used] == [(0, 4), (1, 2), (2, 2), (3, 1)]
    assert [one.latent for one in found.heaviest] == [0, 2, 1, 3]
    assert sum(one.weight for one in found.heaviest) == pytest.approx(1) and found.heaviest[0].weight == pytest.approx(1.71 / 4.21)
    p = np.array([4, 2, 2, 1]) / 9
    assert found.entropy_bits == pytest.approx(-(p * np.log2(p)).sum()) and found.uniform_bits == np.log2(6)


def test_twins_of_both_signs(reading):
    found = read_dictionary(reading)
    assert found.twin_pairs == 2
    assert [(one.first, one.second) for one in found.twins] == [(4, 5), (0, 3)]
    assert [one.cosine for one in found.twins] == pytest.approx([-1, 0.96], abs=1e-6)


def test_atoms_are_compared_across_blocks(monkeypatch):
    atoms = np.random.default_rng(0).standard_normal((70, 30)).astype(np.float32)
    atoms[69], atoms[40] = 2 * atoms[3], -atoms[12]
    atoms[7] = 0
    reading = Reading(Latents(np.zeros((1, 1), np.int32), np.ones((1, 1), np.float32), atoms), np.arange(1))
    whole = read_dictionary(reading)
    monkeypatch.setattr(dictionary, "BLOCK_ATOMS", 16)
    parts = read_dictionary(reading)
    for found in (whole, parts):
        assert {(one.first, one.second) for one in found.twins} == {(3, 69), (12, 40)} and found.twin_pairs == 2


def test_all_atoms_the_same():
    reading = Reading(Latents(np.zeros((1, 1), np.int32), np.ones((1, 1), np.float32), np.ones((50, 3), np.float32)), np.arange(1))
    found = read_dictionary(reading, most=4)
    assert found.twin_pairs == 50 * 49 // 2 and len(found.twins) == 4


def test_an_even_use_has_all_the_bits(sea):
    reading = Reading(Latents(np.arange(6, dtype=np.int32)[:, None], np.ones((6, 1), np.float32), sea.atoms), np.arange(6))
    found = read_dictionary(reading)
    assert found.entropy_bits == pytest.approx(found.uniform_bits) and found.dead == ()


def test_rows_that_are_all_zeros_use_nothing(sea):
    found = read_dictionary(Reading(Latents(sea.index, np.zeros_like(sea.value), sea.atoms), np.arange(5)))
    assert (found.nonzeros, found.entropy_bits, len(found.dead), found.most_used, found.heaviest) == (0, 0, 6, (), ())
