import json

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from rankfold.errors import InputError
from rankfold.evaluate.probes import attribute_probe, label_numbers


@pytest.fixture(scope="module")
def world():
    """Genre lies in the first 4 coordinates, language in the last 2."""
    rng = np.random.default_rng(0)
    genre, language = rng.integers(0, 6, 1_200), rng.integers(0, 3, 1_200)
    x = np.concatenate([rng.standard_normal((6, 4))[genre], rng.standard_normal((3, 2))[language] * 2], axis=1) + 0.3 * rng.standard_normal((1_200, 6))
    names = np.array([f"genre {one}" for one in genre])
    names[:7] = ""
    names[7:10] = "rare"
    return x.astype(np.float32), names, np.array([f"language {one}" for one in language])


def test_what_was_dropped_is_lost_and_what_was_kept_is_not(world):
    x, genre, language = world
    cut = x.copy()
    cut[:, :4] = 0
    lost, kept = attribute_probe(x, cut, genre), attribute_probe(x, cut, language)
    assert lost.accuracy.before > 0.9 and abs(lost.kept) < 0.1 and lost.accuracy.low > 0.5
    assert kept.kept > 0.98 and lost.classes == 6 and lost.left_out == 10
    json.dumps(lost.to_dict(), allow_nan=False)


def test_accuracy_equals_a_ridge_of_scikit_learn(world):
    x, _, language = world
    probe = attribute_probe(x, x[:, ::-1].copy(), language, seed=3)
    fitting = np.zeros(1_200, bool)
    fitting[np.random.default_rng(3).permutation(1_200)[:600]] = True
    names, number = np.unique(language, return_inverse=True)
    known = x[fitting].astype(float) - x[fitting].astype(float).mean(axis=0)
    model = Ridge(alpha=1e-3 * (known**2).sum() / 6).fit(x[fitting].astype(float), np.eye(names.size)[number[fitting]])
    right = model.predict(x[~fitting].astype(float)).argmax(axis=1) == number[~fitting]
    assert probe.accuracy.before == pytest.approx(right.mean())
    # The order of coordinates is no information.
    assert probe.accuracy.drop == pytest.approx(0, abs=1e-9)
    assert probe.chance == pytest.approx(np.bincount(number[~fitting]).max() / 600)


def test_labels_are_numbered_without_rare_and_unknown_ones():
    rows, number, names = label_numbers(np.array(["b", "", "a", "b", "c", "b", "a"]), least=2)
    assert rows.tolist() == [0, 2, 3, 5, 6] and number.tolist() == [1, 0, 1, 1, 0] and names.tolist() == ["a", "b"]
    assert label_numbers(np.array(["b", "a", "b", "a", "b"]), least=1, most=1)[2].tolist() == ["b"]


def test_labels_of_no_use_are_refused(world):
    x, genre, _ = world
    with pytest.raises(InputError, match="1 values have at least 10 items"):
        attribute_probe(x, x, np.full(1_200, "same"))
    with pytest.raises(InputError, match="labels: got shape"):
        attribute_probe(x, x, genre[:5])
