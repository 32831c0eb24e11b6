import numpy as np
import pytest

from rankfold.codecs.half import Half
from rankfold.codecs.pruned import Pruned
from rankfold.errors import SpecError


@pytest.mark.parametrize("seed", range(20))
def test_planted_useless_dimensions_go_first(coded, gaussian, seed):
    rng = np.random.default_rng(seed)
    x = gaussian(600, 32, seed)
    useless = rng.choice(32, 12, replace=False)
    # Large but equal in all rows: they carry most of the length and change no ranking.
    x[:, useless] = 3 + 0.01 * gaussian(600, 12, seed + 100)
    kept = coded(Pruned(20), x)[0]["kept"]
    assert not kept[useless].any() and kept.sum() == 20


def test_it_keeps_more_of_the_top_lists_than_the_largest_variance(coded, gaussian, agreement):
    rng = np.random.default_rng(2)
    x = gaussian(1500, 24)
    # Copies count for each other: one of two may go for little once its twin stays, so single variances mislead.
    x[:, 12:] = x[:, :12] * np.linspace(1.3, 0.9, 12) + 0.1 * rng.standard_normal((1500, 12))
    queries = x[:100]
    by_variance = np.isin(np.arange(24), np.argsort(-x.var(axis=0))[:12])
    decoded = coded(Pruned(12, inner=Half()), x)[2]
    assert agreement(queries, x, decoded) >= agreement(queries, x, x * by_variance)


def test_blocks_go_whole(coded, gaussian):
    x = gaussian(300, 16)
    x[:, 4:8] = 0.0
    x[:, 12:] = 5.0
    state, codes, decoded = coded(Pruned(8, by="blocks", block=4, inner=Half()), x)
    assert state["kept"].reshape(4, 4).all(axis=1).tolist() == [True, False, True, False]
    assert codes.row_bytes == 16
    assert not decoded[:, 4:8].any() and np.allclose(decoded[:, :4], x[:, :4], atol=2e-3)


def test_weight_chooses_whose_lists_count(coded, gaussian):
    x = np.zeros((400, 8), np.float32)
    x[:200, :4] = gaussian(200, 4)
    x[200:, 4:] = gaussian(200, 4, seed=1)
    first = coded(Pruned(4), x, np.repeat([1, 0], 200))[0]["kept"]
    second = coded(Pruned(4), x, np.repeat([0, 1], 200))[0]["kept"]
    assert first.tolist() == [True] * 4 + [False] * 4 and second.tolist() == [False] * 4 + [True] * 4


def test_bad_settings_are_refused():
    with pytest.raises(SpecError, match="keep: got 9"):
        Pruned(9).row_bytes(8)
    with pytest.raises(SpecError, match="by: got 'rows'"):
        Pruned(4, by="rows")
    for keep, dim in ((4, 10), (6, 8)):
        with pytest.raises(SpecError, match="divisor of both"):
            Pruned(keep, by="blocks", block=4).row_bytes(dim)
