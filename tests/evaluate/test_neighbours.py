import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate.neighbours import neighbourhoods


def plain(original, decoded, k):
    """The definitions of Venna and Kaski, loop by loop."""

    def ranks(x):
        unit = x / np.linalg.norm(x, axis=1, keepdims=True)
        lists = []
        for i in range(len(x)):
            cosine = unit @ unit[i]
            order = sorted((j for j in range(len(x)) if j != i), key=lambda j: (-round(float(cosine[j]), 7), j))
            lists.append({j: rank for rank, j in enumerate(order, 1)})
        return lists

    old, new, m = ranks(original), ranks(decoded), len(original)

    def one_way(near, far):
        total = sum(far[i][j] - k for i in range(m) for j in range(m) if j != i and near[i][j] <= k < far[i][j])
        return 1 - 2 / (m * k * (2 * m - 3 * k - 1)) * total

    kept = np.mean([sum(old[i][j] <= k and new[i][j] <= k for j in old[i]) / k for i in range(m)])
    return one_way(new, old), one_way(old, new), kept


@pytest.mark.parametrize(("noise", "k"), [(0.1, 3), (0.8, 5), (5.0, 9)])
def test_both_directions_equal_their_definitions(noise, k):
    rng = np.random.default_rng(0)
    original = rng.standard_normal((30, 6)).astype(np.float32)
    decoded = (original + noise * rng.standard_normal(original.shape)).astype(np.float32)
    found = neighbourhoods(original, decoded, k=k)
    expected = plain(original.astype(np.float64), decoded.astype(np.float64), k)
    assert (found.trustworthiness.mean, found.continuity.mean, found.overlap.mean) == pytest.approx(expected, abs=1e-12)
    assert found.trustworthiness.n == 30 and found.overlap.low < found.overlap.mean


def test_the_same_vectors_keep_every_neighbour_whatever_their_lengths():
    rng = np.random.default_rng(0)
    original = rng.standard_normal((50, 5)).astype(np.float32)
    found = neighbourhoods(original, original * rng.uniform(1, 9, (50, 1)).astype(np.float32), k=5).to_dict()
    assert [found[name]["mean"] for name in ("trustworthiness", "continuity", "overlap")] == [1, 1, 1]


def test_shuffled_vectors_keep_neighbours_by_chance_only():
    rng = np.random.default_rng(0)
    original = rng.standard_normal((300, 8)).astype(np.float32)
    found = neighbourhoods(original, original[rng.permutation(300)], k=10)
    assert found.overlap.mean == pytest.approx(10 / 299, abs=0.01)
    assert found.trustworthiness.mean == pytest.approx(0.5, abs=0.03) and found.continuity.mean == pytest.approx(0.5, abs=0.03)


def test_the_two_directions_tell_merging_from_tearing():
    # Four clusters of eight on their own axes; the code drops two axes and so lays clusters on top of each other: neighbours that are false, few that are lost.
    rng = np.random.default_rng(3)
    original = (np.repeat(np.eye(4), 8, axis=0) + 0.05 * rng.standard_normal((32, 4))).astype(np.float32)
    merged = original @ np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32)
    found = neighbourhoods(original, merged, k=7)
    assert found.trustworthiness.mean < found.continuity.mean


def test_wrong_samples_are_refused():
    x = np.random.default_rng(0).standard_normal((10, 3)).astype(np.float32)
    with pytest.raises(InputError, match="decoded: got 9 rows against 10"):
        neighbourhoods(x, x[:9], k=2)
    for k in (0, 5):
        with pytest.raises(InputError, match=f"k: got {k}"):
            neighbourhoods(x, x, k=k)


def test_the_nearest_count_most_in_rbo():
    x = np.random.default_rng(3).standard_normal((60, 5)).astype(np.float32)
    same = neighbourhoods(x, x * 3, k=5)
    assert same.rbo.mean == pytest.approx(1) and same.to_dict()["rbo"]["n"] == 60
    noisy = neighbourhoods(x, x + 0.5 * np.random.default_rng(4).standard_normal(x.shape).astype(np.float32), k=5)
    assert 0.1 < noisy.rbo.mean < 0.9
