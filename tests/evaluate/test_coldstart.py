import json

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.errors import InputError
from rankfold.evaluate.coldstart import cold_start


@pytest.fixture(scope="module")
def matrix():
    rng = np.random.default_rng(0)
    return (rng.standard_normal((10, 16))[rng.integers(0, 10, 800)] + 0.5 * rng.standard_normal((800, 16))).astype(np.float32)


def test_a_codec_without_a_fit_treats_cold_rows_as_warm_ones(matrix):
    found = cold_start(matrix, from_spec({"codec": "half"}))
    assert found.cold.mean > 0.99 and found.warm.mean > 0.99 and abs(found.gap.mean) < 0.01
    assert (found.cold_rows, found.warm_rows, found.warm.n) == (160, 640, 800)
    json.dumps(found.to_dict(), allow_nan=False)


def test_codebooks_with_a_word_for_every_row_fail_cold_rows(matrix):
    """256 codewords for 200 rows: fitted rows are kept exactly, others are not."""
    found = cold_start(matrix[:250], from_spec({"codec": "pq", "groups": 1, "rotation": "none"}))
    assert found.warm.mean > found.cold.mean + 0.2 and found.gap.low > 0.1


def test_users_may_ask_and_draws_are_by_seed(matrix):
    users = np.random.default_rng(1).standard_normal((50, 16)).astype(np.float32)
    first, again = (cold_start(matrix, from_spec({"codec": "int8"}), queries=users, rows=300, sample=40, seed=2) for _ in range(2))
    assert first == again and first.warm.n == 40 and first.cold_rows == 60
    assert cold_start(matrix, from_spec({"codec": "int8"}), unit=True, sample=100).warm.mean > 0.9


def test_bad_input_is_refused(matrix):
    codec = from_spec({"codec": "half"})
    with pytest.raises(InputError, match="share: got 1"):
        cold_start(matrix, codec, share=1.0)
    with pytest.raises(InputError, match="more than k = 10 warm"):
        cold_start(matrix[:12], codec)
    with pytest.raises(InputError, match="expected at least one cold row"):
        cold_start(matrix[:4], codec, k=1)
