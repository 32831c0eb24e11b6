import json

import numpy as np
import pytest
from sklearn.metrics import normalized_mutual_info_score, silhouette_samples
from sklearn.neighbors import NearestNeighbors

from rankfold.errors import InputError
from rankfold.evaluate.clustering import communities, mutual_information, separability, silhouettes


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    number = rng.integers(0, 8, 600)
    x = rng.standard_normal((8, 10))[number] + 0.4 * rng.standard_normal((600, 10))
    return x.astype(np.float32), np.array([f"c{one}" for one in number]), number, rng


def test_silhouettes_equal_scikit_learn(world):
    x, _, number, _ = world
    np.testing.assert_allclose(silhouettes(x, number), silhouette_samples(x.astype(float), number, metric="cosine"), rtol=0, atol=1e-6)
    assert np.isnan(silhouettes(x[:5], np.array([0, 0, 1, 1, 2]))).tolist() == [False, False, False, False, True]


def test_mutual_information_equals_scikit_learn(world):
    _, _, number, rng = world
    for other in (number, rng.permutation(number), number // 2, rng.integers(0, 30, 600)):
        assert mutual_information(number, other) == pytest.approx(normalized_mutual_info_score(number, other), abs=1e-9)
    assert mutual_information(np.zeros(5, int), np.zeros(5, int)) == 1


def test_purity_equals_scikit_learn_and_falls_when_categories_are_mixed(world):
    x, labels, number, rng = world
    mixed = x + rng.standard_normal(x.shape).astype(np.float32)
    found = separability(x, mixed, labels, k=7)
    for matrix, value in ((x, found.purity.before), (mixed, found.purity.after)):
        near = NearestNeighbors(n_neighbors=8, metric="cosine").fit(matrix).kneighbors(matrix, return_distance=False)[:, 1:]
        assert value == pytest.approx((number[near] == number[:, None]).mean(), abs=1e-9)
    assert found.purity.low > 0 and found.silhouette.high < 0 and (found.categories, found.k) == (8, 7)
    json.dumps(found.to_dict(), allow_nan=False)


def test_nothing_is_lost_where_nothing_changed_and_unknown_items_are_left_out(world):
    x, labels, _, _ = world
    some = labels.copy()
    some[:100] = ""
    same = separability(x, 3 * x, some)
    assert same.purity.drop == pytest.approx(0, abs=1e-12) and same.purity.n == 500 and same.silhouette.change == pytest.approx(0, abs=1e-6)


def test_communities_that_stay_and_those_that_do_not(world):
    x, _, _, rng = world
    same, gone = communities(x, 2 * x, count=8), communities(x, rng.permutation(x), count=8)
    assert same.stayed.mean == 1 and same.nmi == pytest.approx(same.again) and same.kept == pytest.approx(1)
    assert gone.stayed.mean < 0.3 and gone.kept < 0.2
    json.dumps(gone.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda x, labels: separability(x, x, np.full(600, "a")), "1 categories have at least 2 items"),
        (lambda x, labels: separability(x, x, labels, k=600), "more than k = 600"),
        (lambda x, labels: separability(x, x, labels[:3]), "labels: got shape"),
        (lambda x, labels: separability(x, x[:5], labels), "decoded: got 5 rows"),
        (lambda x, labels: communities(x, x, count=400), "count: got 400"),
        (lambda x, labels: communities(x, x[:, :3], count=4), "vectors of one dimension"),
    ],
)
def test_bad_input_is_refused(world, call, match):
    with pytest.raises(InputError, match=match):
        call(world[0], world[1])
