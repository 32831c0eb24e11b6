import numpy as np
import pytest

from rankfold.codecs.half import Half
from rankfold.codes import Codes
from rankfold.errors import InputError
from rankfold.evaluate.buckets import popularity_buckets
from rankfold.evaluate.collisions import collisions, same_code
from rankfold.table import Segment, Table


def table_of(*parts, alive=None):
    segments, first = [], 0
    for columns in parts:
        codes = Codes(columns)
        segments.append(Segment(Half(), {}, codes, first))
        first += codes.count
    return Table(4, False, np.arange(first), tuple(segments), alive)


def hashed(codes):
    return table_of({"code": np.asarray(codes, np.uint16)})


def test_rows_are_counted_by_their_whole_code():
    groups = np.array([[1, 0], [1, 0], [1, 2], [1, 0], [7, 7]], np.uint8)
    scale = np.array([5, 5, 5, 6, 5], np.uint8)
    assert same_code(table_of({"groups": groups})).tolist() == [3, 3, 1, 3, 1]
    assert same_code(table_of({"groups": groups, "scale": scale})).tolist() == [2, 2, 1, 1, 1]


def test_zero_bytes_at_the_end_of_a_code_count():
    assert same_code(table_of({"groups": np.array([[1, 0, 0], [1, 0, 5], [1, 0, 0]], np.uint8)})).tolist() == [2, 1, 2]


def test_segments_are_apart_and_removed_rows_are_gone():
    part = {"code": np.array([3, 3, 4], np.uint8)}
    assert same_code(table_of(part, part)).tolist() == [2, 2, 1, 2, 2, 1]
    assert same_code(table_of(part, part, alive=np.array([True, False, True, True, True, True]))).tolist() == [1, 0, 1, 2, 2, 1]
    assert same_code(table_of(part, part, alive=np.array([False] * 3 + [True] * 3))).tolist() == [0, 0, 0, 2, 2, 1]


def test_known_audit():
    events = np.array([50, 30, 10, 5, 5, 0])
    audit = collisions(hashed([1, 2, 2, 3, 3, 3]), popularity_buckets(events), popularity=events, groups={"new": np.array([0, 0, 0, 0, 1, 1], bool)})
    assert audit.largest == 3
    assert {name: (part.rows, part.shared, part.traffic) for name, part in audit.parts.items()} == {
        "all": (6, 5, 0.5),
        "head": (1, 0, 0.0),
        "mid": (1, 1, 1.0),
        "tail": (4, 4, 1.0),
        "new": (2, 2, 1.0),
    }
    assert audit.to_dict()["parts"]["all"]["share"] == 0.833333


def test_a_biased_hash_is_flagged_and_a_random_one_is_not():
    rng = np.random.default_rng(0)
    n = 5000
    buckets = popularity_buckets(1 / np.arange(1, n + 1))
    fair = rng.integers(0, 20_000, n)
    # The biased hash gives the tail an eighth of the code space.
    biased = np.where(buckets.number == 2, fair % 2_500, fair)
    assert collisions(hashed(biased), buckets).p_value < 0.01
    values = [collisions(hashed(rng.integers(0, 20_000, n)), buckets, draws=400).p_value for _ in range(40)]
    assert np.mean([value < 0.05 for value in values]) <= 0.15 and min(values) > 0.001 and max(values) > 0.5


def test_nothing_shared_is_no_bias_and_the_seed_settles_the_rest():
    buckets = popularity_buckets(np.arange(1, 101))
    assert collisions(hashed(np.arange(100)), buckets).p_value == 1.0
    codes = np.arange(100) // 2 * (np.arange(100) < 30) + np.arange(100) * (np.arange(100) >= 30)
    assert collisions(hashed(codes), buckets, seed=3) == collisions(hashed(codes), buckets, seed=3)


def test_traffic_is_unknown_without_popularity():
    audit = collisions(hashed([1, 1]), popularity_buckets([1, 1]))
    assert np.isnan(audit.parts["all"].traffic) and audit.to_dict()["parts"]["all"]["traffic"] is None


def test_other_lengths_are_refused():
    with pytest.raises(InputError, match="buckets: got 2 rows; expected 3"):
        collisions(hashed([1, 2, 3]), popularity_buckets([1, 1]))
    with pytest.raises(InputError, match=r"popularity: .*expected numbers of shape \(2,\)"):
        collisions(hashed([1, 2]), popularity_buckets([1, 1]), popularity=[1, 2, 3])
    with pytest.raises(InputError, match="draws: got 0"):
        collisions(hashed([1, 2]), popularity_buckets([1, 1]), draws=0)
