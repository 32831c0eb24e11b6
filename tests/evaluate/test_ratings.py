import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from rankfold.errors import InputError
from rankfold.evaluate.ratings import rating_task


def world(noise, seed=0, m=2_000):
    rng = np.random.default_rng(seed)
    score, prior = rng.standard_normal(m), 5 + rng.standard_normal(m)
    rating = prior + 0.8 * score + rng.standard_normal(m)
    user = rng.integers(0, 100, m)
    return score, score + noise * rng.standard_normal(m), rating, prior, user, user < 50


def test_errors_equal_scikit_learn():
    exact, found, rating, prior, user, fitting = world(1.0)
    result = rating_task(exact, found, rating, prior, user, fitting)
    for score, value in ((exact, result.rmse.before), (found, result.rmse.after)):
        x = np.stack([prior, score], axis=1)
        model = LinearRegression().fit(x[fitting], rating[fitting])
        assert value == pytest.approx(np.sqrt(np.mean((model.predict(x[~fitting]) - rating[~fitting]) ** 2)), abs=1e-9)
    assert result.rmse.low > 0 and result.rmse.after < result.plain and result.rmse.n == 50


def test_the_same_scores_lose_nothing():
    change = rating_task(*world(0.0)).rmse
    assert (change.change, change.low, change.high) == (0, 0, 0)


def test_too_little_is_refused():
    exact, found, rating, prior, user, fitting = world(1.0, m=60)
    with pytest.raises(InputError, match="expected 20 each"):
        rating_task(exact, found, rating, prior, user, np.arange(60) < 50)
    with pytest.raises(InputError, match="of more than one rating"):
        rating_task(exact, found, np.ones(60), prior, user, fitting)
