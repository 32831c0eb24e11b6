"""Goals: the best that a size allows; the smallest size that a loss allows, found by bisection."""

from dataclasses import replace

import pytest

from rankfold.codecs import from_spec
from rankfold.errors import BudgetError
from rankfold.tune.budget import Ask
from rankfold.tune.evidence import user_evidence
from rankfold.tune.goals import best_first, is_good, most_faithful, smallest
from rankfold.tune.halving import Search
from rankfold.tune.losses import HEADROOM, LossOnChoosers
from rankfold.tune.trials import Trial, Trials


def of_size(size):
    return from_spec({"codec": "trellis", "bytes": size})


class Told:
    """Trials whose loss in full follows from the size alone: 1 / bytes, known to within a tenth of it."""

    def __init__(self, vectors, evidence):
        self.vectors, self.evidence, self.asked, self.slowdown = vectors, evidence, [], 1.0

    def run(self, codecs, rung, progress, *, may_start):
        self.asked += [one.bytes for one in codecs]
        return [(one, self.find(one, 1.0)) for one in codecs]

    def find(self, codec, share):
        drop = 1 / codec.bytes
        loss = LossOnChoosers("ndcg@10", drop, drop * 1.1)
        return Trial(str(codec.bytes), "trellis", {}, share, 1 - drop, loss, codec.bytes, 0, 600 * codec.bytes, False, None, 1.0)


@pytest.fixture(scope="module")
def ground(world):
    return world[0], user_evidence(*world)


@pytest.mark.parametrize("allowed", [0.5, 0.2, 0.1, 0.05, 0.02])
def test_the_smallest_size_within_the_loss(ground, allowed):
    told = Told(*ground)
    found = smallest(Search(told, Ask(max_loss=allowed), []), lambda least, most: [of_size(most)], 200)
    sizes = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 200)
    within = [size for size in sizes if (1 + 0.1 * HEADROOM) / size <= allowed]
    assert found[0][0] == of_size(min(within)) and len(told.asked) <= 4
    assert {one.bytes for one, _ in found} == set(told.asked)


def test_a_loss_that_cannot_be_had_is_refused_with_the_nearest(ground):
    with pytest.raises(BudgetError, match=r"max_loss: 1.00% of ndcg@10 cannot be had together with row_bytes; the nearest that was measured is 16 with 6.25%"):
        smallest(Search(Told(*ground), Ask(max_loss=0.01, row_bytes=16), []), lambda least, most: [of_size(most)], 16)
    with pytest.raises(BudgetError, match="no loss could be measured"):
        smallest(Search(Told(*ground), Ask(max_loss=0.01), []), lambda least, most: [], 16)


def test_without_an_interval_nothing_is_good(ground):
    search = Search(Told(*ground), Ask(max_loss=0.5), [])
    trial = Told(*ground).find(of_size(8), 1.0)
    assert is_good(search, (of_size(8), trial))
    blind = Trial(*[getattr(trial, name) if name != "loss" else None for name in Trial.__slots__])
    assert not is_good(search, (of_size(8), blind))


def test_between_equal_losses_the_nearest_lists_come_first(ground):
    search = Search(Trials(*ground), Ask(row_bytes=32), [])
    found = most_faithful(search, [of_size(4), from_spec({"codec": "half"}), of_size(8)])
    assert found[0][0] == from_spec({"codec": "half"}) and len(found) == 3
    same = [(one, replace(trial, loss=replace(trial.loss, drop=0.02), outweighed=False)) for one, trial in found[1:]]
    assert best_first(search, same)[0][0] == of_size(8)


def test_the_smallest_is_made_when_nothing_seems_to_fit(ground):
    with pytest.raises(BudgetError, match="the nearest that was made takes"):
        most_faithful(Search(Trials(*ground), Ask(total_bytes=6_000), []), [of_size(4), of_size(8)])
