import json

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from rankfold.errors import InputError
from rankfold.evaluate.calibration import fit_calibration
from rankfold.evaluate.pairs import ScoredPairs
from rankfold.evaluate.scoretask import BEFORE, REFIT, STALE, auc_change, score_task


def pairs(seed, noise, scale=1.0, users=120, each=40):
    rng = np.random.default_rng(seed)
    logit = rng.standard_normal(users * each) * 1.5 - 2
    query, row = np.repeat(np.arange(users), each), np.tile(np.arange(each), users)
    found = (scale * (logit + noise * rng.standard_normal(logit.size))).astype(np.float32)
    return ScoredPairs(query, row, logit.astype(np.float32), found, rng.random(logit.size) < 1 / (1 + np.exp(-logit)))


def test_figures_equal_scikit_learn():
    fit, test = pairs(0, 0.5), pairs(1, 0.5)
    found = score_task(fit, test)
    assert found.auc.before == pytest.approx(roc_auc_score(test.clicked, test.exact), abs=1e-9)
    assert found.auc.after == pytest.approx(roc_auc_score(test.clicked, test.found), abs=1e-9)
    predicted = np.clip(fit_calibration(fit.found, fit.clicked).apply(test.found).astype(float), 1e-7, 1 - 1e-7)
    assert found.log_loss.after == pytest.approx(log_loss(test.clicked, predicted), abs=1e-9)
    assert found.normalised_entropy.after == pytest.approx(found.errors[REFIT].normalised_entropy)
    assert set(found.errors) == {BEFORE, STALE, REFIT}


def test_scores_that_are_the_same_lose_nothing():
    found = score_task(pairs(0, 0), pairs(1, 0))
    assert (found.auc.change, found.auc.low, found.auc.high, found.log_loss.change) == (0, 0, 0, 0)


def test_noise_is_seen_and_a_change_of_scale_harms_the_stale_map_alone():
    noisy = score_task(pairs(0, 1.0), pairs(1, 1.0))
    assert noisy.auc.high < 0 < noisy.log_loss.low and noisy.normalised_entropy.low > 0
    scaled = score_task(pairs(0, 0, scale=0.5), pairs(1, 0, scale=0.5))
    assert scaled.auc.change == 0 and scaled.ece_ratio == pytest.approx(1, rel=0.02)
    assert scaled.errors[STALE].ece > 2 * scaled.errors[REFIT].ece


def test_auc_intervals_cover_the_truth():
    """Truth: the difference over a very large sample."""
    rng = np.random.default_rng(2)

    def draw(users):
        taste = 0.5 * rng.standard_normal(users).repeat(10)
        signal = rng.standard_normal(users * 10)
        clicked = rng.random(users * 10) < 1 / (1 + np.exp(1 - signal - taste))
        return signal, signal + 0.7 * rng.standard_normal(users * 10), clicked, np.arange(users).repeat(10)

    truth = auc_change(*draw(20_000)).change
    covered = 0
    for _ in range(300):
        found = auc_change(*draw(100))
        covered += found.low <= truth <= found.high
    assert 0.91 <= covered / 300 <= 0.985


def test_groups_with_enough_pairs_have_errors_of_their_own():
    test = pairs(1, 0.5)
    group = np.where(test.query < 60, "a", np.where(test.query < 119, "b", "few"))
    found = score_task(pairs(0, 0.5), test, group=group)
    assert set(found.groups) == {"a", "b"} and set(found.groups["a"]) == {BEFORE, REFIT}
    json.dumps(found.to_dict(), allow_nan=False)
    with pytest.raises(InputError, match="one name a pair"):
        score_task(pairs(0, 0.5), test, group=group[:3])


def test_clicks_and_others_are_needed():
    none = ScoredPairs(np.arange(3), np.arange(3), np.zeros(3, np.float32), np.zeros(3, np.float32), np.zeros(3, bool))
    with pytest.raises(InputError, match="fit: 0 of 3 pairs are clicks"):
        score_task(none, pairs(1, 0))
    with pytest.raises(InputError, match="test: 0 of 3 pairs are clicks"):
        score_task(pairs(0, 0), none)
