"""Trellis kernels: every level against the NumPy twins, and the twins against what no search can beat."""

import itertools

import numpy as np
import pytest

from rankfold import kernels
from rankfold.errors import InputError

LEVELS = kernels.levels()
native_levels = pytest.mark.parametrize("name", LEVELS[:-1])
every_level = pytest.mark.parametrize("name", LEVELS)


def trellis(rng, window, advance, tables=1):
    """reach, advance, which, tables of a trellis whose coordinates cost about as much as each other."""
    advance = np.array(advance, np.uint8)
    while advance.sum() % 8 or advance.sum() < window:
        advance = np.append(advance, np.uint8(1))
    values = np.clip(np.rint(rng.normal(size=(tables, 1 << window)) * 40), -128, 127).astype(np.int8)
    reach = (rng.uniform(0.5, 1, len(advance)) * 2.0 ** advance.astype(float) / 40).astype(np.float32)
    return reach, advance, rng.integers(0, tables, len(advance)).astype(np.uint8), values


def mixed(rng, count):
    return rng.integers(0, 7, count)


def encoded(name, targets, parts):
    out, cost = np.full((len(targets), int(parts[1].sum()) // 8), 0xAA, np.uint8), np.full(len(targets), -1, np.float32)
    with kernels.use(name):
        kernels.trellis_encode(targets, *parts, out, cost)
    return out, cost


def decoded(name, codes, parts):
    out = np.full((len(codes), len(parts[0])), np.nan, np.float32)
    with kernels.use(name):
        kernels.trellis_decode(codes, *parts, out)
    return out


def errors(targets, codes, parts):
    """Squared errors in float64."""
    reach, advance, which, tables = parts
    steps = decoded("reference", codes, (np.ones_like(reach), advance, which, tables)).astype(np.float64)
    return ((targets - reach.astype(np.float64) * steps) ** 2).sum(axis=1)


def targets_for(rng, rows, parts):
    return (rng.normal(size=(rows, len(parts[0]))) * parts[0] * 40).astype(np.float32)


def assert_levels_agree(targets, parts):
    codes, cost = encoded("reference", targets, parts)
    values = decoded("reference", codes, parts)
    for name in LEVELS[:-1]:
        ours = encoded(name, targets, parts)
        np.testing.assert_array_equal(ours[0], codes, name)
        np.testing.assert_array_equal(ours[1], cost, name)
        np.testing.assert_array_equal(decoded(name, codes, parts), values, name)


@pytest.mark.parametrize("window", range(6, 13))
def test_encode_mixed_rates_at_every_window(window):
    rng = np.random.default_rng(window)
    parts = trellis(rng, window, mixed(rng, 21), tables=3)
    assert_levels_agree(targets_for(rng, 19, parts), parts)


@pytest.mark.parametrize("bits", range(7))
def test_encode_at_every_rate(bits):
    rng = np.random.default_rng(bits)
    parts = trellis(rng, 8, [bits] * 40)
    assert_levels_agree(targets_for(rng, 17, parts), parts)


@pytest.mark.parametrize("rows", [0, 1, 15, 16, 17, 33, 64, 260])
def test_encode_any_count_of_rows(rows):
    rng = np.random.default_rng(rows)
    parts = trellis(rng, 7, mixed(rng, 9), tables=2)
    assert_levels_agree(targets_for(rng, rows, parts), parts)


@pytest.mark.parametrize("advance", [[6, 2], [0, 0, 6, 0, 2, 0], [1] * 8, [0] * 30 + [4, 4], [6] * 4, [6] * 1000, [1, 0] * 200])
def test_encode_odd_shapes(advance):
    rng = np.random.default_rng(len(advance))
    parts = trellis(rng, 6, advance, tables=2)
    assert_levels_agree(targets_for(rng, 5, parts), parts)


def hard_rows(rng, parts):
    """Rows far outside the tables, and rows of nothing."""
    rows = targets_for(rng, 12, parts)
    rows[0], rows[1] = 0, 1e20
    rows[2], rows[3] = rows[2] * 1e-20, rows[3] * 1e15
    rows[4] *= 20
    rows[5, 3] = 1e6
    rows[6, ::2] = -1e30
    rows[7] = 3e38
    rows[8] = 1e-45
    return rows


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_encode_outliers_alike(bits):
    rng = np.random.default_rng(bits)
    parts = trellis(rng, 8, [bits] * 48)
    assert_levels_agree(hard_rows(rng, parts), parts)


@pytest.mark.parametrize("scale", [0, 1e-40, 1e-30, 1e-10, 1e10, 1e30, 1e36])
def test_encode_at_any_scale_of_the_trellis(scale):
    rng = np.random.default_rng(7)
    reach, *rest = trellis(rng, 8, mixed(rng, 20), tables=2)
    parts = (reach * np.float32(scale), *rest)
    assert_levels_agree(targets_for(rng, 9, parts), parts)


@every_level
def test_the_scale_of_the_trellis_changes_nothing(name):
    rng = np.random.default_rng(8)
    parts = trellis(rng, 8, mixed(rng, 30), tables=2)
    targets = targets_for(rng, 20, parts)
    codes, cost = encoded(name, targets, parts)
    for scale in np.float32([2.0**-100, 2.0**-20, 2.0**40]):
        again, scaled = encoded(name, targets * scale, (parts[0] * scale, *parts[1:]))
        np.testing.assert_array_equal(again, codes)
        np.testing.assert_array_equal(scaled, np.float32(cost.astype(np.float64) * float(scale) ** 2))


@every_level
def test_cost_is_the_error_of_the_codes(name):
    rng = np.random.default_rng(9)
    parts = trellis(rng, 9, mixed(rng, 40), tables=3)
    targets = np.concatenate([targets_for(rng, 20, parts), hard_rows(rng, parts)[:7]])
    codes, cost = encoded(name, targets, parts)
    with np.errstate(over="ignore"):
        expected = errors(targets, codes, parts).astype(np.float32)
    np.testing.assert_allclose(cost, expected, rtol=1e-6)


@pytest.mark.parametrize("window,advance", [(6, [2] * 8), (6, [1, 0, 1, 2, 4, 0, 3, 5]), (6, [3, 5, 1, 1, 6])])
def test_no_ring_of_two_bytes_is_much_nearer(window, advance):
    rng = np.random.default_rng(10)
    parts = trellis(rng, window, advance, tables=2)
    targets = targets_for(rng, 60, parts)
    codes = np.array(list(itertools.product(range(256), repeat=2)), np.uint8)
    values = decoded("reference", codes, parts).astype(np.float64)
    best = np.array([((row - values) ** 2).sum(axis=1).min() for row in targets])
    cost = encoded(LEVELS[0], targets, parts)[1]
    assert (cost >= best * (1 - 1e-5)).all()
    assert cost.sum() <= best.sum() * 1.1  # so few bits leave little but the wrap; 16 trials find the best ring of most rows
    assert np.mean(cost <= best * (1 + 1e-5)) > 0.7


def best_rings(targets, parts, states=None):
    """The squared error of the best ring in float64, one row after the other: of all rings, or of those with the given state at coordinate 0."""
    reach, advance, which, tables = parts
    size = tables.shape[1]
    found = []
    for number, row in enumerate(targets.astype(np.float64)):
        ends = np.arange(size) if states is None else states[number : number + 1]
        costs = np.full((len(ends), size), np.inf)
        costs[np.arange(len(ends)), ends] = 0
        for j, bits in enumerate(advance.tolist()):
            costs = costs + (row[j] - np.float64(reach[j]) * tables[which[j]]) ** 2
            costs = np.tile(costs.reshape(len(ends), size >> bits, 1 << bits).min(axis=2), 1 << bits)
        found.append(costs[np.arange(len(ends)), ends].min())
    return np.array(found)


@pytest.mark.parametrize("bytes_,limit", [(3, 1.06), (4, 1.02), (6, 1.004), (8, 1.004), (16, 1.002)])
def test_rings_are_nearly_the_best(bytes_, limit):
    rng = np.random.default_rng(bytes_)
    parts = trellis(rng, 6, [2] * (4 * bytes_))
    targets = targets_for(rng, 60, parts)
    best, cost = best_rings(targets, parts), encoded(LEVELS[0], targets, parts)[1]
    assert (cost >= best * (1 - 1e-5)).all()
    assert cost.sum() <= best.sum() * limit


@pytest.mark.parametrize("bits", [1, 2, 3, 4, 6, "mixed"])
def test_narrow_numbers_lose_next_to_nothing(bits):
    """Against a float64 search between the same ends: under 0.002 dB."""
    rng = np.random.default_rng(11)
    parts = trellis(rng, 8, mixed(rng, 400) if bits == "mixed" else [bits] * 400)
    targets = targets_for(rng, 6, parts)
    targets[0, ::50] *= 20
    codes, cost = encoded(LEVELS[0], targets, parts)
    exact = best_rings(targets, parts, codes[:, 0].astype(np.intp))  # with windows of eight bits the first byte is the first state
    assert (cost >= exact * (1 - 1e-6)).all()
    assert (cost <= exact * 10**0.0002).all()


@every_level
def test_far_targets_get_the_ring_that_reaches_farthest(name):
    rng = np.random.default_rng(12)
    parts = trellis(rng, 6, [2] * 64)
    limit = 8 * np.abs(parts[0] * np.abs(parts[3]).max())
    for sign in (1, -1):
        targets = (limit * np.float32([[1], [2], [1e10], [1e30]]) * sign).astype(np.float32)
        values = decoded(name, encoded(name, targets, parts)[0], parts)
        np.testing.assert_array_equal(values, np.broadcast_to(values[0], values.shape))
        error = ((targets[0].astype(np.float64) - values[0]) ** 2).sum()
        assert error <= best_rings(targets[:1], parts)[0] * (1 + 1e-5)


@every_level
def test_a_ring_that_was_decoded_is_found_again(name):
    rng = np.random.default_rng(13)
    parts = trellis(rng, 10, mixed(rng, 60), tables=2)
    codes = rng.integers(0, 256, (20, int(parts[1].sum()) // 8)).astype(np.uint8)
    _, cost = encoded(name, decoded(name, codes, parts), parts)
    assert (cost < 1e-9).all()


def scan(name, parts, whole, codes, step, offset):
    _, advance, which, tables = parts
    out = np.full((len(whole), len(codes)), np.nan, np.float32)
    with kernels.use(name):
        kernels.trellis_scan(whole, codes, advance, which, tables, step, offset, out)
    return out


def scan_case(rng, parts, rows, queries, most=3000):
    whole = rng.integers(-most, most + 1, (queries, len(parts[0]))).astype(np.int16)
    codes = rng.integers(0, 256, (rows, int(parts[1].sum()) // 8)).astype(np.uint8)
    return whole, codes, rng.normal(size=queries).astype(np.float32), rng.normal(size=queries).astype(np.float32)


@native_levels
@pytest.mark.parametrize("window", [6, 8, 12])
@pytest.mark.parametrize("count,bits", [(2, 6), (8, 1), (64, 2), (65, 1), (100, 4), (130, 3), (384, 2), (600, "mixed"), (30, "mixed"), (90, 6)])
def test_scan(name, window, count, bits):
    rng = np.random.default_rng(count)
    parts = trellis(rng, window, mixed(rng, count) if bits == "mixed" else [bits] * count, tables=1 + count % 3)
    for rows, queries in [(0, 1), (1, 1), (3, 2), (70, 1), (67, 5), (33, 17)]:
        case = scan_case(rng, parts, rows, queries)
        np.testing.assert_array_equal(scan(name, parts, *case), scan("reference", parts, *case))


@every_level
@pytest.mark.parametrize("queries", [1, 4])
@pytest.mark.parametrize("order", ["sorted", "scattered", "stripes"])
def test_scan_is_the_product_with_decoded_rows(name, queries, order):
    rng = np.random.default_rng(14)
    reach, advance, which, tables = trellis(rng, 8, mixed(rng, 300), tables=7)
    which = {"sorted": np.sort(which), "scattered": which, "stripes": (np.arange(len(which)) % 7).astype(np.uint8)}[order]
    parts = np.ones_like(reach), advance, which, tables
    whole, codes, _, _ = scan_case(rng, parts, 40, queries)
    expected = whole.astype(np.int64) @ decoded(name, codes, parts).astype(np.int64).T
    ones, zeros = np.ones(queries, np.float32), np.zeros(queries, np.float32)
    np.testing.assert_array_equal(scan(name, parts, whole, codes, ones, zeros), expected.astype(np.float32))


@every_level
@pytest.mark.parametrize("queries", [1, 9])
@pytest.mark.parametrize("value", [-32768, -32640, 32639, 32640, 32767])
@pytest.mark.parametrize("entry", [-128, 127])
def test_scan_at_the_ends_of_its_types(name, queries, value, entry):
    parts = np.ones(256, np.float32), np.full(256, 2, np.uint8), np.zeros(256, np.uint8), np.full((1, 256), entry, np.int8)
    whole, codes = np.full((queries, 256), value, np.int16), np.zeros((5, 64), np.uint8)
    out = scan(name, parts, whole, codes, np.ones(queries, np.float32), np.zeros(queries, np.float32))
    assert (out == np.float32(256 * value * entry)).all()


@every_level
def test_scan_finds_every_entry(name):
    tables = np.random.default_rng(15).permutation(256).astype(np.uint8).view(np.int8).reshape(1, 256)
    parts = np.ones(2, np.float32), np.uint8([4, 4]), np.zeros(2, np.uint8), tables
    codes = np.arange(256, dtype=np.uint8)[:, None]
    for whole, turn in (([1, 0], codes[:, 0]), ([0, 1], codes[:, 0] << 4 | codes[:, 0] >> 4)):
        out = scan(name, parts, np.int16([whole]), codes, np.ones(1, np.float32), np.zeros(1, np.float32))
        np.testing.assert_array_equal(out[0], tables[0, turn])


@pytest.mark.parametrize(
    "changed,match",
    [
        ({"tables": np.zeros((1, 100), np.int8)}, "tables: got 100 values each; expected a power of two from 64 to 4096"),
        ({"tables": np.zeros((1, 8192), np.int8)}, "tables: got 8192 values"),
        ({"tables": np.zeros((1, 64), np.uint8)}, "tables: got uint8"),
        ({"advance": np.uint8([7, 1])}, "advance: got 7 bits at most and 8 in all"),
        ({"advance": np.uint8([5, 2])}, "advance: got 5 bits at most and 7 in all"),
        ({"advance": np.uint8([0, 0])}, "advance: .* at least one window of 6 bits"),
        ({"tables": np.zeros((1, 512), np.int8)}, "advance: .* at least one window of 9 bits"),
        ({"which": np.uint8([0, 1])}, "which: got table 1; expected 0 to 0"),
        ({"reach": np.ones(3, np.float32)}, "reach: got"),
        ({"targets": np.zeros((2, 3), np.float32)}, "targets: got"),
        ({"out": np.zeros((2, 2), np.uint8)}, r"out: got .*\(2, 1\)"),
        ({"cost": np.zeros(2)}, "cost: got float64"),
    ],
)
def test_encode_refuses(changed, match):
    good = {"targets": np.zeros((2, 2), np.float32), "reach": np.ones(2, np.float32), "advance": np.uint8([4, 4]), "which": np.zeros(2, np.uint8)}
    good |= {"tables": np.zeros((1, 64), np.int8), "out": np.zeros((2, 1), np.uint8), "cost": np.zeros(2, np.float32)}
    with pytest.raises(InputError, match=match):
        kernels.trellis_encode(*(good | changed).values())


def test_decode_and_scan_refuse():
    parts, one = (np.ones(2, np.float32), np.uint8([4, 4]), np.zeros(2, np.uint8), np.zeros((1, 64), np.int8)), np.ones(1, np.float32)
    with pytest.raises(InputError, match=r"codes: got .*\(n, 1\)"):
        kernels.trellis_decode(np.zeros((3, 2), np.uint8), *parts, np.zeros((3, 2), np.float32))
    with pytest.raises(InputError, match=r"out: got .*\(1, 3\)"):
        kernels.trellis_scan(np.zeros((1, 2), np.int16), np.zeros((3, 1), np.uint8), *parts[1:], one, one, np.zeros((1, 4), np.float32))
    with pytest.raises(InputError, match="queries: got int8"):
        kernels.trellis_scan(np.zeros((1, 2), np.int8), np.zeros((3, 1), np.uint8), *parts[1:], one, one, np.zeros((1, 3), np.float32))
