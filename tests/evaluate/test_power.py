import json

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate.noninferiority import ALPHA
from rankfold.evaluate.paired import p_more, pairs_of
from rankfold.evaluate.power import detectable, power_of, queries_needed


def test_known_values():
    # 1.959964 + 1.281552 standard errors: at a spread of 1 and 10,000 queries one of them is 1 %.
    assert detectable(1.0, 10_000) == pytest.approx(0.0324152, rel=1e-5) and detectable(1.0, 10_000, power=0.8) == pytest.approx(0.0280159, rel=1e-5)
    assert queries_needed(1.0, 0.01) == 110_328 and queries_needed(0.0, 0.01) == 2


def test_the_queries_needed_detect_the_loss_with_a_little_to_spare():
    assert 0.97 * 0.01 < detectable(0.4, queries_needed(0.4, 0.01)) < 0.01


def test_a_loss_of_1_per_cent_is_shown_as_often_as_promised():
    rng = np.random.default_rng(0)

    def drawn(shape):
        before = np.where(rng.random(shape) < 0.5, rng.random(shape), 0)
        return before, before * (0.99 + 0.15 * rng.choice([-1, 1], shape))

    found = power_of(*drawn(50_000))
    assert found.loss == 0.01 and found.detectable_90 > found.detectable_80 > 0
    pairs = [pairs_of(*drawn(found.needed)) for _ in range(400)]
    assert np.mean([p_more(one, 0.0) <= ALPHA for one in pairs]) >= 0.86


def test_without_a_baseline_nothing_is_promised():
    found = power_of(np.zeros(5), np.zeros(5))
    assert found.needed is None and json.loads(json.dumps(found.to_dict(), allow_nan=False))["detectable_90"] is None
    assert power_of(np.array([1.0, np.nan, 1.0]), np.ones(3)).n == 2


def test_bad_input_is_refused():
    for loss in (0.0, 1.0):
        with pytest.raises(InputError, match="a share between 0 and 1"):
            power_of(np.ones(3), np.ones(3), loss=loss)
    with pytest.raises(InputError, match="power, alpha"):
        queries_needed(1.0, 0.01, power=0.2)
