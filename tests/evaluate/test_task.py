import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.evaluate.split import by_column, by_time
from rankfold.evaluate.task import Task
from rankfold.interactions import Interactions
from rankfold.search.rows import Rows

QUERIES = np.eye(3, dtype=np.float32)


def lists_of(rows):
    return [rows.of(query).tolist() for query in range(rows.count)]


@given(st.lists(st.tuples(st.lists(st.integers(0, 9)), st.lists(st.integers(0, 9))), max_size=5))
def test_held_is_membership(pairs):
    mine, others = Rows.from_lists([one for one, _ in pairs]), Rows.from_lists([two for _, two in pairs])
    expected = [row in two for one, two in pairs for row in sorted(set(one))]
    assert mine.shared_with(others).tolist() == expected


def test_a_task_from_interactions_leaves_nothing_of_the_future_in_seen():
    #                     user 0: 4 train, 5 valid, 6 test and 4 again; user 1: 7 train, 8 test; user 2: 5 valid only
    who = Interactions(np.array([0, 0, 0, 0, 1, 1, 2]), np.array([4, 5, 6, 4, 7, 8, 5]), np.array([1, 2, 3, 4, 1, 3, 2]))
    split = by_time(who.time, test_from=3, valid_from=2)
    test = Task.from_interactions(QUERIES, who, split, rows=10)
    assert lists_of(test.relevant) == [[6], [8], []] and lists_of(test.seen) == [[4, 5], [7], [5]]
    valid = Task.from_interactions(QUERIES, who, split, rows=10, part="valid")
    assert lists_of(valid.relevant) == [[5], [], [5]] and lists_of(valid.seen) == [[4], [7], []]
    # Popularity is counted from train events alone.
    assert test.events().tolist() == valid.events().tolist() == [0, 0, 0, 0, 1, 0, 0, 1, 0, 0]
    assert test.answerable().tolist() == [0, 1]


def test_take_keeps_everything_in_step():
    task = Task(QUERIES, Rows.from_lists([[1], [], [2, 3]]), Rows.from_lists([[0], [0], [4]]), {"new": np.array([True, False, False])})
    part = task.take(np.array([2, 0]))
    assert part.queries.tolist() == [[0, 0, 1], [1, 0, 0]] and lists_of(part.relevant) == [[2, 3], [1]] and lists_of(part.seen) == [[4], [0]]
    assert part.groups["new"].tolist() == [False, True]
    assert part.events().tolist() == [2, 0, 0, 0, 1]


def test_samples_are_seeded_and_answerable():
    queries = np.ones((50, 2), np.float32)
    task = Task(queries, Rows.from_lists([[query] if query % 2 else [] for query in range(50)]))
    assert lists_of(task.sample(10, seed=1).relevant) == lists_of(task.sample(10, seed=1).relevant)
    assert lists_of(task.sample(10, seed=1).relevant) != lists_of(task.sample(10, seed=2).relevant)
    assert task.sample(10).count == 10 and (task.sample(10).relevant.lengths() == 1).all()
    assert task.sample(1000).count == 25
    with pytest.raises(InputError, match="queries: got 0"):
        task.sample(0)


def test_popularity_is_given_or_counted_or_unknown():
    relevant = Rows.from_lists([[1], [1], [1]])
    assert Task(QUERIES, relevant).events() is None and Task(QUERIES, relevant, Rows.empty(3)).events() is None
    assert Task(QUERIES, relevant, Rows.from_lists([[2], [2], [0]])).events(5).tolist() == [1, 0, 2, 0, 0]
    assert Task(QUERIES, relevant, popularity=np.array([3, 4])).events(2).tolist() == [3, 4]
    assert Task(QUERIES, relevant, popularity=np.array([3, 4])).events(4).tolist() == [3, 4, 0, 0]
    with pytest.raises(InputError, match="popularity: got 2 rows; expected at most 1"):
        Task(QUERIES, relevant, popularity=np.array([3, 4])).events(1)


def test_the_digest_tells_tasks_apart():
    relevant, seen = Rows.from_lists([[1], [1], [1]]), Rows.from_lists([[2], [], []])
    first = Task(QUERIES, relevant, seen).digest()
    assert first == Task(QUERIES.copy(), Rows.from_lists([[1], [1], [1]]), seen, {"new": np.ones(3, bool)}).digest()
    others = [Task(QUERIES, relevant), Task(2 * QUERIES, relevant, seen), Task(QUERIES, Rows.from_lists([[1], [1], [3]]), seen)]
    assert len({first, *(task.digest() for task in others)}) == 4


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ((QUERIES, Rows.empty(2)), "relevant: got lists of 2 queries; expected Rows of 3"),
        ((QUERIES, [[1], [2], [3]]), "relevant: got list"),
        ((QUERIES, Rows.empty(3), Rows.empty(4)), "seen: got lists of 4 queries"),
        ((QUERIES, Rows.from_lists([[], [1, 2], []]), Rows.from_lists([[1], [2], []])), "query 1 has row 2 in seen too"),
        ((QUERIES, Rows.empty(3), None, {"new": np.array([True])}), r"groups\['new'\]"),
        ((QUERIES, Rows.empty(3), None, {}, np.array([-1.0])), "popularity"),
        ((np.array([[np.nan]]), Rows.empty(1)), "queries: row 0"),
    ],
)
def test_broken_tasks_are_refused(arguments, match):
    with pytest.raises(InputError, match=match):
        Task(*arguments)


def test_interactions_of_other_tables_are_refused():
    who, split = Interactions(np.array([0, 1]), np.array([4, 12])), by_column([0, 2])
    with pytest.raises(InputError, match="row number 12; expected 0 to 9"):
        Task.from_interactions(QUERIES, who, split, rows=10)
    with pytest.raises(InputError, match="query: got values from 1 to 1; expected 0 to 0"):
        Task.from_interactions(QUERIES[:1], who, split, rows=20)
    with pytest.raises(InputError, match="expected valid or test"):
        Task.from_interactions(QUERIES, who, split, rows=20, part="train")
    with pytest.raises(InputError, match="masks of 3 interactions; expected 2"):
        Task.from_interactions(QUERIES, who, by_column([0, 0, 2]), rows=20)
