"""Where one latent is strong."""

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.explain import Reading, read_latent_items


def test_a_latent_its_items_and_its_signs(reading):
    sea, night, nobody = read_latent_items(reading, [0, 2, 4], items=2)
    assert (sea.rows, sea.share, sea.positive, sea.by_bucket) == (4, 0.8, 1.0, None)
    assert sea.mean_size == pytest.approx((0.8 + 0.9 + 0.1 + 0.5) / 4)
    assert [one.item.title for one in sea.highest] == ["Dusk", "Calm sea"] and sea.lowest == ()
    assert night.positive == 0 and [one.item.id for one in night.lowest] == ["noon", "dusk"]
    assert (nobody.rows, nobody.mean_size, nobody.positive, nobody.highest, nobody.lowest) == (0, 0, 0, (), ())


def test_shares_by_popularity(reading):
    # calm and dusk hold 8 of 10 events: head and mid; the others are tail.
    found = read_latent_items(reading, [0, 1], popularity=np.array([5, 3, 1, 1, 0]))
    assert found[0].by_bucket == {"head": 1, "mid": 1, "tail": pytest.approx(2 / 3)}
    assert found[1].by_bucket == {"head": 1, "mid": 0, "tail": pytest.approx(1 / 3)}


def test_counts_are_those_of_the_rows(drawn):
    latents = drawn(1)
    reading = Reading(latents, np.arange(40))
    for found in read_latent_items(reading, range(24)):
        rows = ((latents.index == found.latent) & (latents.value != 0)).any(axis=1)
        assert found.rows == rows.sum() == reading.counts[found.latent]


@pytest.mark.parametrize("wrong", [-1, 6, 10**30, True])
def test_a_latent_that_is_not_there(reading, wrong):
    with pytest.raises(InputError, match="latent: got .* from 0 to 5"):
        read_latent_items(reading, [0, wrong])


@pytest.mark.parametrize("wrong", [np.ones(4), np.zeros(5), np.array([1, 2, 3, 4, np.nan])])
def test_a_popularity_of_other_rows(reading, wrong):
    with pytest.raises(InputError, match="popularity"):
        read_latent_items(reading, [0], popularity=wrong)
