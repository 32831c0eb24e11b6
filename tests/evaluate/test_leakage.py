import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.evaluate.leakage import find_leaks, memory, reused_ids
from rankfold.evaluate.split import Split, by_column, by_time
from rankfold.interactions import Interactions
from rankfold.search.rows import Rows
from rankfold.vectors import as_vectors


def interactions(rows):
    user, item, time, split = (np.array(column) for column in zip(*rows, strict=True))
    return Interactions(user, item, time, split=split.astype(np.int8))


CLEAN = [(0, 1, 10, 0), (0, 2, 11, 0), (1, 1, 12, 0), (0, 3, 20, 2), (1, 2, 21, 2)]


def codes(events):
    return [finding.code for finding in find_leaks(events, by_column(events.split)).findings]


def test_a_clean_split_has_none():
    leaks = find_leaks(interactions(CLEAN), by_column(interactions(CLEAN).split))
    assert (leaks.train, leaks.test, leaks.copies, leaks.repeats, leaks.late, leaks.twice) == (3, 2, 0, 0, 0, 0)
    leaks.refuse()
    assert leaks.to_dict()["findings"] == []


@pytest.mark.parametrize(
    ("planted", "code", "stops"),
    [
        ((0, 3, 20, 0), "test-in-train", True),  # the very event, in both parts
        ((1, 4, 30, 0), "looks-ahead", True),  # younger than the first test event
        ((1, 2, 5, 0), "repeats", False),  # the pair of a test event, taken before
        ((0, 1, 10, 0), "twice", False),  # one event two times in train
    ],
)
def test_each_planted_leak_is_found(planted, code, stops):
    events = interactions([*CLEAN, planted])
    assert code in codes(events)
    leaks = find_leaks(events, by_column(events.split))
    if stops:
        with pytest.raises(InputError, match="leak"):
            leaks.refuse()
    else:
        leaks.refuse()


def test_splits_that_look_ahead_by_design_may_be_let_through_but_copies_never():
    ahead = interactions([*CLEAN, (1, 4, 30, 0)])
    find_leaks(ahead, by_column(ahead.split)).refuse(ahead=False)
    copied = interactions([*CLEAN, (0, 3, 20, 0)])
    with pytest.raises(InputError, match="1 of 2 test events are in training too"):
        find_leaks(copied, by_column(copied.split)).refuse(ahead=False)


def test_valid_events_count_as_training_of_the_test():
    events = interactions([*CLEAN, (0, 3, 20, 1)])
    assert find_leaks(events, by_column(events.split)).copies == 1


def test_without_times_equal_pairs_are_copies():
    events = Interactions(np.array([0, 0, 1]), np.array([1, 1, 1]), split=np.array([0, 2, 2], np.int8))
    leaks = find_leaks(events, by_column(events.split))
    assert (leaks.copies, leaks.repeats, leaks.late) == (1, 0, None)


def test_a_global_cut_in_time_never_copies_or_looks_ahead():
    rng = np.random.default_rng(0)
    events = Interactions(rng.integers(0, 9, 3_000), rng.integers(0, 20, 3_000), rng.integers(0, 50, 3_000).astype(float))
    leaks = find_leaks(events, by_time(events.time))
    assert leaks.copies == 0 and leaks.late == 0 and leaks.repeats > 0 and leaks.twice > 0


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)), min_size=2, max_size=30))
def test_counts_equal_their_definition(rows):
    rows = [*rows, (0, 0, 0, 0), (1, 1, 2, 2)]
    events = interactions(rows)
    leaks = find_leaks(events, by_column(events.split))
    known, test = [row[:3] for row in rows if row[3] < 2], [row[:3] for row in rows if row[3] == 2]
    copies = [row for row in test if row in known]
    assert leaks.copies == len(copies)
    assert leaks.repeats == sum(row not in known and row[:2] in [one[:2] for one in known] for row in test)
    assert leaks.late == sum(row[2] > min(one[2] for one in test) for row in known)
    assert leaks.twice == len(known) - len(set(known)) + len(test) - len(set(test))


def test_a_split_of_other_events_is_refused():
    ones = np.array([True, False])
    with pytest.raises(InputError, match="masks of 2 interactions; expected 5"):
        find_leaks(interactions(CLEAN), Split(ones, np.zeros(2, bool), ~ones, "by hand"))


@pytest.fixture(scope="module")
def fitted():
    """User vectors fitted by least squares to some of what users took: to what they had before, and to all of it."""
    rng = np.random.default_rng(1)
    items = rng.standard_normal((400, 32)).astype(np.float32)
    taste = rng.standard_normal((150, 32))
    taken = np.argsort(-(taste @ items.T / 4 + rng.gumbel(size=(150, 400))), axis=1)[:, :12]
    seen, later = Rows.from_lists(taken[:, ::2]), Rows.from_lists(taken[:, 1::2])

    def fit(lists):
        return np.stack([items[lists.of(user)].sum(axis=0) for user in range(150)])

    both = Rows.from_lists(taken)
    return as_vectors(items), fit(seen), fit(both), taste.astype(np.float32), seen, later


def test_vectors_trained_on_the_test_are_found_out(fitted):
    vectors, honest, leaky, taste, seen, later = fitted
    clean = memory(vectors, honest, seen, later)
    assert clean.finding is None and clean.gap.low > 0.05 and clean.before > clean.later
    planted = memory(vectors, leaky, seen, later)
    assert planted.finding.code == "as-if-seen" and abs(planted.gap.mean) < 0.02
    # Vectors that never met an event look the same, and the sentence says so.
    assert "not trained on events at all" in memory(vectors, taste, seen, later).finding.text
    assert memory(vectors, honest, seen, later, unit=True, sample=40).to_dict()["gap"]["n"] == 40


def test_users_with_both_are_needed(fitted):
    vectors, honest, _, _, seen, _ = fitted
    with pytest.raises(InputError, match="no query has rows in both"):
        memory(vectors, honest, seen, Rows.empty(150))


def test_ids_that_changed_hands_are_found_also_after_a_turn_of_the_space():
    rng = np.random.default_rng(2)
    centres = rng.standard_normal((20, 12))
    x = centres[rng.integers(0, 20, 500)] + 0.4 * rng.standard_normal((500, 12))
    turn = np.linalg.qr(rng.standard_normal((12, 12)))[0]
    moved = x.copy()
    moved[[7, 99, 300]] = rng.standard_normal((3, 12)) * 2
    before, after = as_vectors(x.astype(np.float32)), as_vectors((moved @ turn).astype(np.float32)[::-1], np.arange(500)[::-1])
    found = reused_ids(before, after)
    assert set(found.suspects.tolist()) <= {7, 99, 300} and found.suspects.size >= 2
    assert reused_ids(before, as_vectors((x @ turn).astype(np.float32))).suspects.size == 0
    # Another space altogether says nothing of single ids.
    assert reused_ids(before, as_vectors(rng.standard_normal((500, 12)).astype(np.float32))).suspects.size == 0


def test_too_few_common_ids_are_refused():
    some = as_vectors(np.eye(8, dtype=np.float32))
    with pytest.raises(InputError, match="have 8 ids in common; expected more than 40"):
        reused_ids(some, some)
    with pytest.raises(InputError, match="have 0 ids in common"):
        reused_ids(some, as_vectors(np.eye(8, dtype=np.float32), [f"i{row}" for row in range(8)]), k=2)
