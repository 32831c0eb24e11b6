import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate.redundancy import redundancy


def test_the_same_up_to_turn_and_scale_is_one_and_independent_ones_are_none():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2_000, 128)), rng.standard_normal((2_000, 64))
    turn = np.linalg.qr(rng.standard_normal((128, 128)))[0]
    found = redundancy({"text": x, "turned": 7 * x @ turn + 3, "other": y})
    assert found.matrix[0, 1] == pytest.approx(1.0, abs=1e-9)
    assert abs(found.matrix[0, 2]) < 0.05 and abs(found.matrix[1, 2]) < 0.05
    assert np.diag(found.matrix).tolist() == [1, 1, 1] and (found.matrix == found.matrix.T).all()
    assert found.to_dict()["text"]["turned"] == 1.0


def test_few_items_in_many_dimensions_do_not_look_alike_by_chance():
    rng = np.random.default_rng(0)
    values = [redundancy({"a": rng.standard_normal((60, 300)), "b": rng.standard_normal((60, 300))}).matrix[0, 1] for _ in range(30)]
    # The biased estimate would be near 300 / 360.
    assert abs(np.mean(values)) < 0.02


def test_it_equals_its_definition_by_kernels():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((40, 5)), rng.standard_normal((40, 3))
    y[:, 0] += x[:, 0]

    def criterion(a, b):
        k, m = a @ a.T, b @ b.T
        np.fill_diagonal(k, 0)
        np.fill_diagonal(m, 0)
        n = len(k)
        return (np.trace(k @ m) + k.sum() * m.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * (k @ m).sum()) / (n * (n - 3))

    centred, other = x - x.mean(axis=0), y - y.mean(axis=0)
    expected = criterion(centred, other) / np.sqrt(criterion(centred, centred) * criterion(other, other))
    assert redundancy({"x": x, "y": y}).matrix[0, 1] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("modalities", "match"),
    [
        ({"a": np.eye(5)}, "got 1; expected at least two"),
        ({"a": np.eye(5), "b": np.eye(6)}, "have a 5, b 6 rows"),
        ({"a": np.eye(3), "b": np.eye(3)}, "at least 4"),
        ({"a": np.eye(9), "b": np.ones((9, 2))}, "b does not vary"),
    ],
)
def test_bad_input_is_refused(modalities, match):
    with pytest.raises(InputError, match=match):
        redundancy(modalities)
