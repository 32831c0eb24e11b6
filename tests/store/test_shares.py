import numpy as np
import pytest

from rankfold.errors import ArtifactError
from rankfold.store.shares import Shares, choose, entropy_bytes, quantised, read_shares, seen_in

TOTAL = 1 << 14


def test_entropy_by_hand():
    # Four values alike often: two bits each; one value alone: nothing.
    planes = np.stack([np.arange(400) % 4, np.full(400, 9)]).astype(np.uint8)
    assert entropy_bytes(seen_in(planes)) == pytest.approx(100)
    assert entropy_bytes(np.zeros((1, 256), np.int64)) == 0


@pytest.mark.parametrize("seed", range(20))
def test_shares_cover_what_occurs_and_nothing_else(seed):
    rng = np.random.default_rng(seed)
    seen = (rng.pareto(0.3, (3, 256)).clip(0, 1e12) * (rng.random((3, 256)) < rng.random())).astype(np.int64)
    seen[2] = 0
    counts = quantised(seen)
    assert (counts.sum(axis=1) == TOTAL).all()
    assert np.array_equal(counts[:2] > 0, seen[:2] > 0) or not seen[:2].any(axis=1).all()
    assert (counts[2] == 64).all()


def test_shares_of_one_giant_and_many_rare_values():
    seen = np.ones((1, 256), np.int64)
    seen[0, 5] = 1 << 46
    counts = quantised(seen)[0]
    assert counts[5] == TOTAL - 255 and (np.delete(counts, 5) == 1).all()


def test_every_place_takes_the_cheapest_table():
    rng = np.random.default_rng(0)
    narrow, flat = rng.integers(0, 4, 20_000), rng.integers(0, 256, 20_000)
    shares, cost = choose(seen_in(np.stack([narrow, flat]).astype(np.uint8)))
    assert shares.chosen.tolist() == [1, 0]
    assert cost == pytest.approx(20_000 / 4 + 20_000 + len(shares.to_bytes()), rel=1e-3)


def test_places_alike_share_one_table_when_their_own_cost_more_than_they_save():
    planes = np.random.default_rng(1).binomial(255, 0.5, (64, 300)).astype(np.uint8)
    shares, _ = choose(seen_in(planes))
    assert len(shares.counts) == 2 and (shares.chosen == 1).all()
    different = np.stack([planes[0] // 2 + 10 * place for place in range(8)])
    shares, _ = choose(seen_in(np.tile(different, 100).astype(np.uint8)))
    assert len(shares.counts) == 9 and sorted(shares.chosen) == list(range(1, 9))


def test_no_items_cost_nothing():
    shares, cost = choose(np.zeros((3, 256), np.int64))
    assert not shares.chosen.any() and cost == len(shares.to_bytes()) == 8


@pytest.mark.parametrize("places", [1, 7])
def test_written_and_read_back(places):
    rng = np.random.default_rng(places)
    shares, _ = choose(seen_in(np.minimum(rng.geometric(rng.uniform(0.01, 1, (places, 1)), (places, 9_000)), 255).astype(np.uint8)))
    raw = shares.to_bytes()
    found, length = read_shares(memoryview(raw + b"more"), places)
    assert length == len(raw)
    assert np.array_equal(found.counts, shares.counts) and np.array_equal(found.chosen, shares.chosen)
    assert found.counts.dtype == np.uint16 and found.chosen.dtype == np.int32
    for cut in range(len(raw)):
        with pytest.raises(ArtifactError):
            read_shares(memoryview(raw[:cut]), places)


@pytest.mark.parametrize(
    "change,match",
    [
        (lambda raw: b"\x09\x00" + raw[2:], "9 tables for items of 2 bytes"),
        (lambda raw: raw[:34] + bytes([raw[34] ^ 1]) + raw[35:], "shares; expected 16384"),
        (lambda raw: raw[:-2] + b"\x05\x00", "table 5; expected 0 to 1"),
    ],
)
def test_lies_are_refused(change, match):
    counts = np.zeros(256, np.uint16)
    counts[:3] = 100, TOTAL - 101, 1
    raw = Shares(np.stack([np.full(256, 64, np.uint16), counts]), np.int32([1, 0])).to_bytes()
    assert read_shares(memoryview(raw), 2)[1] == len(raw)
    with pytest.raises(ArtifactError, match=match):
        read_shares(memoryview(change(raw)), 2)
