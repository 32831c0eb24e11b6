import numpy as np
import pytest
from scipy import stats

from rankfold.errors import InputError
from rankfold.evaluate.permutation import sign_flip


@pytest.mark.parametrize("n", [6, 12])
def test_all_swaps_of_few_queries_are_those_of_scipy(n):
    rng = np.random.default_rng(n)
    before, after = rng.random(n), rng.random(n)

    def known(side):
        return stats.permutation_test((before, after), lambda a, b: np.mean(a - b), permutation_type="samples", alternative=side, n_resamples=np.inf).pvalue

    found = sign_flip(before, after)
    assert found.exact and found.differ == n
    assert found.two_sided == pytest.approx(known("two-sided")) and found.loss == pytest.approx(known("greater"))


def test_drawn_swaps_come_near_to_all_of_them():
    rng = np.random.default_rng(1)
    before, after = rng.random(13) + 0.2, rng.random(13)
    whole = sign_flip(before, after)
    # A fourteenth difference, too small to matter, takes the road of drawn signs.
    drawn = sign_flip(np.append(before, 1e-9), np.append(after, 0.0), draws=20_000)
    assert whole.exact and not drawn.exact and drawn.two_sided == pytest.approx(whole.two_sided, abs=0.01)


def test_no_difference_is_no_evidence():
    same = np.random.default_rng(0).random(50)
    assert sign_flip(same, same)[:2] == (1.0, 1.0)
    assert sign_flip(np.array([1.0, np.nan, 0.5]), np.array([1.0, 0.2, 0.5])).n == 2


def test_a_clear_loss_and_a_gain():
    before = np.random.default_rng(0).random(200) + 0.5
    lost = sign_flip(before, before - 0.1)
    assert lost.loss == lost.two_sided == 1 / 10_000 and sign_flip(before - 0.1, before).loss > 0.99


def test_seeds_blocks_and_honest_alarms(monkeypatch):
    rng = np.random.default_rng(2)
    alarms = 0
    for trial in range(300):
        before, after = rng.random((2, 40))
        alarms += sign_flip(before, after, draws=199, seed=trial).two_sided <= 0.05
    assert 0.02 <= alarms / 300 <= 0.09
    first = sign_flip(before, after, draws=99, seed=3)
    monkeypatch.setattr("rankfold.evaluate.permutation.BLOCK_SIGNS", 7 * 40)
    assert sign_flip(before, after, draws=99, seed=3) == first


@pytest.mark.parametrize(("before", "after", "draws"), [([1.0], [1.0, 2.0], 9), ([np.nan], [1.0], 9), ([1.0], [0.0], 0)])
def test_bad_input_is_refused(before, after, draws):
    with pytest.raises(InputError, match="before, after"):
        sign_flip(np.array(before), np.array(after), draws=draws)
