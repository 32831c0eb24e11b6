"""Tables of a trellis: decibels on Gaussian data, few rows, weights, and windows as kernels read them."""

import numpy as np
import pytest

from rankfold import kernels
from rankfold.fitting.trellis import WHOLE, decode, encode, fit_trellis, gaussian_table, in_bytes, windows
from rankfold.fitting.waterfilling import DECIBELS


def gaussian(count, dim, seed=0):
    return np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)


def ones(count):
    return np.ones(count, np.float32)


def decibels(y, decoded):
    return -10 * np.log10(float(np.square(y - decoded).mean() / np.square(y).mean()))


@pytest.mark.parametrize(("window", "rate"), [(6, 1), (6, 6), (8, 2), (8, 5)])
def test_start_spreads_the_windows_that_meet_at_a_step(window, rate):
    table = gaussian_table(window, rate, np.random.default_rng(0))
    assert table.dtype == np.float32 and len(np.unique(table)) == 1 << window
    np.testing.assert_allclose(np.sort(table), -np.sort(table)[::-1], atol=1e-6)
    cell = np.argsort(np.argsort(table)) >> (window - rate)
    number, older = np.arange(1 << window), 1 << (window - rate)
    for kept in range(older):
        assert len(set(cell[number % older == kept])) == 1 << rate
        reached = np.sort(cell[number >> rate == kept])
        # They span the line: what is left of a cell at either end is less than their even share of it.
        assert reached[0] < max(1, (1 << rate) / len(reached) * 2) and reached[-1] >= (1 << rate) - max(1, (1 << rate) / len(reached) * 2)


@pytest.mark.parametrize("rate", [1, 2, 4])
def test_gaussian_rows_keep_the_decibels_that_allocation_counts_on(rate):
    advance = np.full(32, rate, np.uint8)
    parts = fit_trellis(gaussian(400, 32), ones(400), advance, 8, np.random.default_rng(1), rounds=3)
    fresh = gaussian(150, 32, seed=5)
    assert decibels(fresh, decode(parts, encode(parts, fresh))) == pytest.approx(DECIBELS[8][rate - 1], abs=0.4)


def test_windows_are_those_that_decoding_reads():
    rng = np.random.default_rng(2)
    advance = np.uint8([3, 1, 1, 6, 2, 2, 1])
    parts = in_bytes(rng.standard_normal((3, 512)).astype(np.float32), rng.random(7) + 0.1, advance, np.array([2, 0, 0, 1, 0, 1, 2]))
    codes = rng.integers(0, 256, (40, 2)).astype(np.uint8)
    read = parts["tables"][parts["which"], windows(parts, codes)] * parts["reach"]
    np.testing.assert_array_equal(read.astype(np.float32), decode(parts, codes))


def test_tables_fill_the_bytes_and_reach_brings_back_the_size():
    advance, deviation = np.uint8([1, 2, 1, 4]), np.array([5.0, 4.0, 5.5, 0.0])
    y = (gaussian(300, 4) * deviation).astype(np.float32)
    parts = fit_trellis(y, ones(300), advance, 6, np.random.default_rng(0), rounds=2)
    assert parts["tables"].shape == (3, 64) and parts["tables"].dtype == np.int8
    assert (np.abs(parts["tables"].astype(int)).max(axis=1) == WHOLE).all()
    np.testing.assert_array_equal(parts["which"], [0, 1, 0, 2])
    spread = decode(parts, encode(parts, y)).std(axis=0)
    assert (np.abs(spread[:3] / deviation[:3] - 0.9) < 0.15).all() and spread[3] == 0


def test_rounds_lose_less_on_rows_that_are_no_gaussians():
    rng = np.random.default_rng(3)
    y, fresh = (np.sign(rng.standard_normal((count, 16))).astype(np.float32) for count in (600, 200))
    advance = np.full(16, 1, np.uint8)
    errors = []
    for rounds in (0, 6):
        parts = fit_trellis(y, ones(600), advance, 6, np.random.default_rng(0), rounds=rounds)
        errors.append(np.square(fresh - decode(parts, encode(parts, fresh))).mean())
    assert errors[1] < 0.4 * errors[0]


def test_rows_of_large_weight_count_more():
    rng = np.random.default_rng(4)
    heavy, light = np.sign(rng.standard_normal((200, 16))), rng.standard_normal((200, 16))
    y = np.concatenate([heavy, light]).astype(np.float32)
    advance, errors = np.full(16, 1, np.uint8), []
    for weight in (1.0, 200.0):
        parts = fit_trellis(y, np.repeat([weight, 1.0], 200).astype(np.float32), advance, 6, np.random.default_rng(0))
        errors.append(np.square(y[:200] - decode(parts, encode(parts, y[:200]))).mean())
    assert errors[1] < 0.9 * errors[0]
    weight = np.repeat([300.0, 1.0], 200).astype(np.float32)
    large = np.concatenate([y[:200], 10 * y[200:]])
    reach = [fit_trellis(large, each, advance, 6, np.random.default_rng(0), rounds=0)["reach"].mean() for each in (ones(400), weight)]
    assert reach[0] > 4 * reach[1]


@pytest.mark.parametrize("count", [1, 3])
def test_few_rows_keep_the_start(count):
    parts = fit_trellis(gaussian(count, 8), ones(count), np.full(8, 2, np.uint8), 8, np.random.default_rng(0))
    fresh = gaussian(200, 8, seed=8) * parts["reach"] * 45
    assert decibels(fresh, decode(parts, encode(parts, fresh))) > 6


def test_rows_of_zeros_and_huge_rows_stay_finite():
    parts = fit_trellis(np.zeros((5, 8), np.float32), ones(5), np.full(8, 1, np.uint8), 8, np.random.default_rng(0))
    np.testing.assert_array_equal(decode(parts, encode(parts, gaussian(4, 8))), np.zeros((4, 8)))
    parts = fit_trellis(gaussian(50, 8), ones(50), np.full(8, 1, np.uint8), 8, np.random.default_rng(0), rounds=1)
    assert np.isfinite(decode(parts, encode(parts, gaussian(4, 8) * np.float32(1e12)))).all()


def test_equal_rows_at_the_end_and_no_rows_at_all():
    parts = fit_trellis(gaussian(50, 8), ones(50), np.full(8, 2, np.uint8), 8, np.random.default_rng(0), rounds=1)
    y = gaussian(9, 8)
    y[5:] = y[2]
    codes = encode(parts, y)
    np.testing.assert_array_equal(codes, np.concatenate([encode(parts, y[row : row + 1]) for row in range(9)]))
    assert len(np.unique(codes[:6], axis=0)) == 5 and encode(parts, y[:0]).shape == (0, 2)


def test_same_seed_same_tables_on_every_level():
    made = []
    for level in (kernels.level(), "reference"):
        with kernels.use(level):
            made.append(fit_trellis(gaussian(40, 8), ones(40), np.full(8, 2, np.uint8), 6, np.random.default_rng(1), rounds=2))
    assert all(np.array_equal(made[0][name], made[1][name]) for name in made[0])
    other = fit_trellis(gaussian(40, 8), ones(40), np.full(8, 2, np.uint8), 6, np.random.default_rng(2), rounds=2)
    assert not np.array_equal(other["tables"], made[0]["tables"])
