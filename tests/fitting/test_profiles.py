"""Books of magnitudes and levels of single values."""

import numpy as np

from rankfold.fitting.profiles import fall, learn_details, learn_levels, learn_profiles, nearest_details, nearest_levels, nearest_profiles, shares


def falling(count=2000, places=6, seed=0):
    """Values of falling magnitude and both signs, after a few shapes."""
    rng = np.random.default_rng(seed)
    steep = rng.choice([0.4, 0.6, 0.8], (count, 1))
    size = steep ** np.arange(places) * rng.uniform(0.95, 1.05, (count, places)) * rng.lognormal(0, 2, (count, 1))
    return (-np.sort(-size, axis=1) * rng.choice([-1, 1], (count, places))).astype(np.float32)


def test_places_fall_in_magnitude_and_equal_ones_stay():
    index, value = fall(np.array([[7, 3, 9, 1]], np.int32), np.array([[1, -3, -1, 2]], np.float32))
    assert index.tolist() == [[3, 1, 7, 9]] and value.tolist() == [[-3, 2, 1, -1]]


def test_profiles_come_near_the_shapes_of_rows_not_seen():
    book = learn_profiles(falling(), np.ones(2000, np.float32), np.random.default_rng(0))
    assert book.shape == (256, 6) and book.dtype == np.float16 and (book >= 0).all()
    np.testing.assert_allclose(np.linalg.norm(book.astype(np.float64), axis=1), 1, atol=2e-3)
    fresh = falling(seed=1)
    named = book.astype(np.float32)[nearest_profiles(book, fresh)]
    shape = np.abs(fresh) / np.linalg.norm(fresh, axis=1, keepdims=True)
    assert np.einsum("nk,nk->n", named, shape).mean() > 0.999


def test_a_row_that_is_one_atom_has_a_profile():
    book = learn_profiles(falling(), np.ones(2000, np.float32), np.random.default_rng(0))
    named = book[nearest_profiles(book, np.array([[-5, 0, 0, 0, 0, 0]], np.float32))[0]]
    assert named.tolist() == [1, 0, 0, 0, 0, 0]


def test_details_bring_profiles_nearer_to_rows_not_seen():
    value, fresh, rng = falling(), falling(seed=1), np.random.default_rng(0)
    book = learn_profiles(value, np.ones(2000, np.float32), rng)
    details = learn_details(book, value, np.ones(2000, np.float32), rng)
    assert details.shape == (256, 6) and details.dtype == np.float16 and not details[0].any()
    profile = nearest_profiles(book, fresh)
    shape, named = np.abs(fresh) / np.linalg.norm(fresh, axis=1, keepdims=True), book.astype(np.float32)[profile]
    closer = named + details.astype(np.float32)[nearest_details(details, book, profile, fresh)]
    assert np.square(shape - closer).sum() < 0.6 * np.square(shape - named).sum()


def test_levels_serve_every_size_of_row():
    value = falling()
    levels = learn_levels(value, np.ones(2000, np.float32), 5)
    assert levels.shape == (32,) and (np.diff(levels) >= 0).all()
    rounded = levels[nearest_levels(levels, value)]
    assert np.sqrt(np.square(rounded - shares(value)).mean()) < 0.03


def test_nothing_to_learn_from():
    nothing = np.zeros((4, 3), np.float32)
    for weight in (np.ones(4, np.float32), np.zeros(4, np.float32)):
        book, levels = learn_profiles(nothing, weight, np.random.default_rng(0)), learn_levels(nothing, weight, 3)
        assert not learn_details(book, nothing, weight, np.random.default_rng(0)).any()
        assert book[:, 0].tolist() == [1] * 256 and np.isfinite(levels).all()
        assert nearest_profiles(book, nothing).tolist() == [0] * 4
