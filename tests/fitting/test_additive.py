"""Additive codebooks: the search finds sums of codewords, the refit is the ridge regression, and shrinkage helps rows not seen."""

import gc

import numpy as np
import pytest

from rankfold.fitting import additive, remembered
from rankfold.fitting.additive import Tables, fit_books, greedy_books, refit, search_tables, summed

LEVELS, SIZE, DIM = 3, 8, 6


def ones(count):
    return np.ones(count, np.float32)


def planted(count=2000, noise=0.0, seed=0):
    """Rows that are sums of codewords, one of each level, levels of falling size."""
    rng = np.random.default_rng(seed)
    books = rng.standard_normal((LEVELS, SIZE, DIM)).astype(np.float32) * np.array([4, 1, 0.25], np.float32)[:, None, None]
    codes = rng.integers(0, SIZE, (count, LEVELS)).astype(np.uint8)
    return books, codes, summed(books, codes) + noise * rng.standard_normal((count, DIM)).astype(np.float32)


def mean_square(x):
    return float(np.square(x).sum(axis=1).mean())


def test_sums_of_codewords():
    books, codes, x = planted(50)
    np.testing.assert_allclose(x[7], sum(books[level, codes[7, level]] for level in range(LEVELS)), rtol=1e-6)


def test_a_wide_search_finds_the_best_sum_of_all():
    books, _, x = planted(60, noise=0.5)
    every = np.stack(np.meshgrid(*[np.arange(SIZE)] * LEVELS, indexing="ij"), axis=-1).reshape(-1, LEVELS)
    best = np.square(x[:, None] - summed(books, every)).sum(axis=2).min(axis=1)
    found = np.square(x - summed(books, Tables(books).search(x, 64))).sum(axis=1)
    np.testing.assert_allclose(found, best, rtol=1e-4, atol=1e-4)


def test_lengths_of_sums_without_summing():
    books, codes, x = planted(200)
    np.testing.assert_allclose(Tables(books).lengths(codes), np.linalg.norm(x.astype(np.float64), axis=1), rtol=1e-5)
    np.testing.assert_allclose(Tables(books[:1]).lengths(codes[:, :1]), np.linalg.norm(books[0][codes[:, 0]], axis=1), rtol=1e-5)


def test_wider_searches_are_no_worse():
    books, _, x = planted(500, noise=0.5)
    errors = [mean_square(x - summed(books, Tables(books).search(x, width))) for width in (1, 4, 16)]
    assert errors[0] > errors[1] >= errors[2]


def test_refit_is_the_ridge_regression(monkeypatch):
    monkeypatch.setattr(additive, "SWEEPS", 60)
    books, codes, x = planted(400, noise=0.3)
    weight = np.random.default_rng(1).uniform(0.5, 2, 400).astype(np.float32)
    start = books + 0.1 * np.random.default_rng(2).standard_normal(books.shape).astype(np.float32)
    share = weight / weight.mean()
    error = float((share * np.square(x - summed(start, codes)).sum(axis=1)).mean())
    design = np.zeros((400, LEVELS * SIZE))
    ridge = np.zeros(LEVELS * SIZE)
    for level in range(LEVELS):
        design[np.arange(400), level * SIZE + codes[:, level]] = 1
        mass = np.bincount(codes[:, level], share, SIZE)
        mean = mass @ start[level] / mass.sum()
        ridge[level * SIZE : (level + 1) * SIZE] = error / (mass @ np.square(start[level] - mean).sum(axis=1) / mass.sum())
    best = np.linalg.solve(design.T @ (share[:, None] * design) + np.diag(ridge), design.T @ (share[:, None] * x))
    found = refit(x, weight, codes, start).reshape(-1, DIM).astype(np.float64)

    def cost(books):
        return (share @ np.square(x - design @ books)).sum() + (ridge @ np.square(books)).sum()

    # Moving a constant from one level to another costs next to nothing, so that rows agree sooner than codewords do.
    assert cost(found) < 1.01 * cost(best) < 0.9 * cost(start.reshape(-1, DIM))
    np.testing.assert_allclose(design @ found, design @ best, atol=0.05)


def test_both_ways_to_refit_agree(monkeypatch):
    books, codes, x = planted(500, noise=0.3)
    weight = np.random.default_rng(1).uniform(0.5, 2, 500).astype(np.float32)
    start = books + 0.1 * np.random.default_rng(2).standard_normal(books.shape).astype(np.float32)
    found = []
    for dense in (0, 1000):
        monkeypatch.setattr(additive, "DENSE", dense)
        found.append(refit(x, weight, codes, start))
    np.testing.assert_allclose(found[0], found[1], atol=1e-3)
    assert (found[0] != start).any()


def test_refit_moves_nothing_that_is_exact():
    books, codes, x = planted(1000)
    assert mean_square(x - summed(refit(x, ones(1000), codes, books), codes)) < 1e-4


def test_refit_keeps_unused_codewords_finite():
    books, codes, x = planted(100)
    codes = codes % 2
    assert np.isfinite(refit(x, ones(100), codes, books)).all()
    assert np.isfinite(refit(np.zeros_like(x), ones(100), codes, np.zeros_like(books))).all()


def test_planted_books_are_found():
    _, _, x = planted(3000)
    books = fit_books(x, ones(3000), LEVELS, SIZE, np.random.default_rng(0), beam=8, refits=12)
    left = mean_square(x - summed(books, Tables(books).search(x, 8)))
    assert left < 0.02 * mean_square(x - x.mean(axis=0))


def test_turns_help_rows_not_seen():
    rng = np.random.default_rng(4)
    # Levels of one size: no greedy order finds them.
    books = rng.standard_normal((4, 16, 24)).astype(np.float32)
    x = summed(books, rng.integers(0, 16, (6000, 4))) + 0.3 * rng.standard_normal((6000, 24)).astype(np.float32)
    seen, rest = x[:3000], x[3000:]
    errors = []
    for refits in (0, 6):
        books = fit_books(seen, ones(3000), 4, 16, np.random.default_rng(0), beam=8, refits=refits)
        errors.append(mean_square(rest - summed(books, Tables(books).search(rest, 8))))
    assert errors[1] < 0.87 * errors[0]


def test_greedy_codes_are_those_met_on_the_way():
    _, _, x = planted(800, noise=0.2)
    books, codes = greedy_books(x, ones(800), 2, SIZE, np.random.default_rng(0), rounds=4)
    nearest = np.square(x[:, None] - books[0]).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(codes[:, 0], nearest)
    left = x - books[0][nearest]
    np.testing.assert_array_equal(codes[:, 1], np.square(left[:, None] - books[1]).sum(axis=2).argmin(axis=1))


def test_tables_are_kept_for_the_books_used_last():
    books = planted()[0].astype(np.float16)
    tables = search_tables(books)
    assert search_tables(books) is tables
    others = [books.copy() for _ in range(remembered.KEPT)]
    assert search_tables(others[0]) is not tables
    assert search_tables(books) is tables
    for other in others[1:]:
        search_tables(other)
    assert search_tables(books) is not tables
    del books, others, other, tables
    gc.collect()
    assert not additive._latest


@pytest.mark.parametrize("count", [1, 5, 12])
def test_few_rows(count):
    x = planted(count)[2]
    books = fit_books(x, ones(count), 2, 16, np.random.default_rng(0), beam=4, refits=2)
    assert np.isfinite(books).all()
    assert mean_square(x - summed(books, Tables(books).search(x, 4))) < 0.05 * mean_square(x)
