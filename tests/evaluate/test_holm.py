import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.evaluate.holm import holm


def test_known_values():
    # The example of Holm's steps: 0.005 x 4, 0.01 x 3, 0.03 x 2, then never below the one before.
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}) == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    assert holm({}) == {} and holm({"one": 0.2}) == {"one": 0.2}


def test_a_test_that_could_not_be_made_counts_and_stays_unknown():
    found = holm({"a": 0.02, "b": np.nan})
    assert found["a"] == pytest.approx(0.04) and np.isnan(found["b"])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_between_each_by_itself_and_bonferroni_in_the_same_order(values):
    p = dict(enumerate(values))
    found = holm(p)
    order = sorted(p, key=p.get)
    assert all(p[key] <= found[key] <= min(1.0, p[key] * len(p)) + 1e-12 for key in p)
    assert all(found[a] <= found[b] for a, b in zip(order, order[1:]))


def test_ten_true_hypotheses_are_refused_in_5_per_cent_at_most():
    rng = np.random.default_rng(0)
    alarms = [min(holm(dict(enumerate(rng.random(10)))).values()) <= 0.05 for _ in range(3_000)]
    assert 0.035 <= np.mean(alarms) <= 0.06


def test_what_is_no_probability_is_refused():
    with pytest.raises(InputError, match="from 0 to 1"):
        holm({"a": 1.2})
