"""The range coder: its twin by hand, every level against the twin, and what hostile streams may do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold import kernels
from rankfold.errors import InputError

TOTAL, LOW = 1 << 14, 1 << 16
every_level = pytest.mark.parametrize("level", kernels.levels())


def shares(symbols):
    """Shares of the 256 values in proportion to how often they occur, at least 1 where they do."""
    seen = np.bincount(symbols.ravel(), minlength=256)
    found = np.maximum(seen * TOTAL // max(1, seen.sum()), seen > 0)
    found[found.argmax()] += TOTAL - found.sum()
    return found.astype(np.uint16)


def skewed(rng, planes, rows):
    return np.minimum(rng.geometric(rng.uniform(0.01, 0.9, (planes, 1)), (planes, rows)) - 1, 255).astype(np.uint8)


def coded(level, planes, counts, chosen):
    with kernels.use(level):
        return kernels.rans_encode(planes, counts, chosen)


def decoded(level, states, words, counts, chosen, shape):
    out = np.full(shape, 77, np.uint8)
    with kernels.use(level):
        return kernels.rans_decode(states, words, counts, chosen, out), out


@every_level
def test_one_symbol_by_hand(level):
    counts = np.zeros((1, 256), np.uint16)
    counts[0, [3, 9]] = 4096, 12288
    states, words = coded(level, np.uint8([[9]]), counts, np.zeros(1, np.int32))
    # 65536 = 5 * 12288 + 4096: five whole turns of 16384, the remainder, and the 4096 slots of the symbol before it.
    assert states.tolist() == [5 * 16384 + 4096 + 4096] + [LOW] * 7
    assert words.size == 0
    assert decoded(level, states, words, counts, np.zeros(1, np.int32), (1, 1))[1].tolist() == [[9]]


@every_level
@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 300])
@pytest.mark.parametrize("planes", [0, 1, 5])
def test_there_and_back(level, planes, rows):
    symbols = skewed(np.random.default_rng(rows), planes, rows)
    counts = np.stack([shares(plane) for plane in symbols]) if planes and rows else np.full((1, 256), 64, np.uint16)
    chosen = np.arange(planes, dtype=np.int32) % len(counts)
    states, words = coded(level, symbols, counts, chosen)
    twin = coded("reference", symbols, counts, chosen)
    assert np.array_equal(states, twin[0]) and np.array_equal(words, twin[1])
    whole, out = decoded(level, states, words, counts, chosen, symbols.shape)
    assert whole and np.array_equal(out, symbols)


@every_level
def test_length_is_the_entropy(level):
    symbols = skewed(np.random.default_rng(3), 1, 20_000)
    counts = shares(symbols)
    _, words = coded(level, symbols, counts[None], np.zeros(1, np.int32))
    seen = np.bincount(symbols[0], minlength=256)
    ideal = -(seen[seen > 0] * np.log2(counts[seen > 0] / TOTAL)).sum()
    assert abs(16 * words.size - ideal) < 0.002 * ideal + 8 * 16


@every_level
def test_a_value_that_is_always_there_costs_nothing(level):
    counts = np.zeros((1, 256), np.uint16)
    counts[0, 200] = TOTAL
    symbols, chosen = np.full((3, 5000), 200, np.uint8), np.zeros(3, np.int32)
    states, words = coded(level, symbols, counts, chosen)
    assert words.size == 0 and (states == LOW).all()
    assert np.array_equal(decoded(level, states, words, counts, chosen, symbols.shape)[1], symbols)


@every_level
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(0, 60), length=st.integers(0, 50))
def test_any_stream_decodes_alike_on_every_level(level, seed, rows, length):
    rng = np.random.default_rng(seed)
    counts = np.stack([shares(skewed(rng, 1, 500)) for _ in range(2)])
    chosen = rng.integers(0, 2, 3).astype(np.int32)
    states, words = rng.integers(0, 2**32, 8, np.uint32), rng.integers(0, 2**16, length, np.uint16)
    ours = decoded(level, states, words, counts, chosen, (3, rows))
    twin = decoded("reference", states, words, counts, chosen, (3, rows))
    assert ours[0] == twin[0] and np.array_equal(ours[1], twin[1])


@every_level
def test_streams_that_do_not_end_as_they_began_are_told(level):
    symbols = skewed(np.random.default_rng(5), 2, 400)
    counts, chosen = np.stack([shares(plane) for plane in symbols]), np.arange(2, dtype=np.int32)
    states, words = coded(level, symbols, counts, chosen)
    changed = words.copy()
    changed[len(changed) // 2] ^= 1
    for damaged in (words[:-1], np.append(words, np.uint16(0)), changed):
        assert not decoded(level, states, damaged, counts, chosen, symbols.shape)[0]


@every_level
def test_a_value_without_a_share_is_refused(level):
    counts = np.zeros((1, 256), np.uint16)
    counts[0, 0] = TOTAL
    with pytest.raises(InputError, match="a value whose share in counts is 0"):
        coded(level, np.uint8([[0, 1]]), counts, np.zeros(1, np.int32))


GOOD = {"planes": np.zeros((2, 3), np.uint8), "counts": np.full((1, 256), 64, np.uint16), "chosen": np.zeros(2, np.int32)}


@pytest.mark.parametrize(
    "changed,match",
    [
        ({"planes": np.zeros((2, 3), np.int8)}, "planes: got int8"),
        ({"planes": np.zeros((2, 6), np.uint8)[:, ::2]}, "planes: got not contiguous"),
        ({"counts": np.full((1, 255), 64, np.uint16)}, r"counts: got .*\(t, 256\)"),
        ({"counts": np.full((1, 256), 63, np.uint16)}, "do not sum to 16384"),
        ({"chosen": np.zeros(3, np.int32)}, r"chosen: got .*\(2\)"),
        ({"chosen": np.int32([0, 1])}, "chosen: got rows 0 to 1 of counts; expected 0 to 0"),
        ({"chosen": np.int32([-1, 0])}, "chosen: got rows -1 to 0"),
    ],
)
def test_doors(changed, match):
    given = GOOD | changed
    with pytest.raises(InputError, match=match):
        kernels.rans_encode(*given.values())
    with pytest.raises(InputError, match=match):
        kernels.rans_decode(np.zeros(8, np.uint32), np.zeros(0, np.uint16), given["counts"], given["chosen"], given["planes"])


def test_decoding_refuses_other_streams():
    with pytest.raises(InputError, match="states: got"):
        kernels.rans_decode(np.zeros(7, np.uint32), np.zeros(0, np.uint16), GOOD["counts"], GOOD["chosen"], np.zeros((2, 3), np.uint8))
    with pytest.raises(InputError, match="words: got"):
        kernels.rans_decode(np.zeros(8, np.uint32), np.zeros(0, np.uint8), GOOD["counts"], GOOD["chosen"], np.zeros((2, 3), np.uint8))
