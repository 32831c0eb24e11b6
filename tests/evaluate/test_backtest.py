import json

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate import compare
from rankfold.evaluate.backtest import KNOWN, NEW, NEW_ITEMS, backtest
from rankfold.evaluate.exact import ExactSearcher
from rankfold.evaluate.measure import evaluate
from rankfold.evaluate.ownmetric import Metric
from rankfold.evaluate.split import Split
from rankfold.evaluate.task import Task
from rankfold.interactions import Interactions
from rankfold.search.ranking import Ranking
from rankfold.vectors import as_vectors

USERS, ITEMS, DIM = 120, 300, 8


@pytest.fixture(scope="module")
def world():
    """Items 200 to 299 are taken from time 800 on only; users 100 to 119 come at 500; `broken` has the late items spoilt."""
    rng = np.random.default_rng(0)
    items, users = rng.standard_normal((ITEMS, DIM)), rng.standard_normal((USERS, DIM))
    user, item, time = [], [], []
    for one in range(USERS):
        for moment in range(0 if one < 100 else 500, 1000, 25):
            able = np.arange(200 if moment < 800 else ITEMS)
            taste = users[one] @ items[able].T + rng.gumbel(size=able.size)
            user.append(one)
            item.append(int(able[taste.argmax()]))
            time.append(moment + one % 25)
    broken = items.copy()
    broken[200:] = rng.standard_normal((100, DIM))
    events = Interactions(np.array(user), np.array(item), np.array(time))
    return users.astype(np.float32), events, as_vectors(items.astype(np.float32)), as_vectors(broken.astype(np.float32))


def run(world, after=None, events=None, **options):
    users, given, items, broken = world
    return backtest(ExactSearcher(items), ExactSearcher(broken if after is None else after), users, given if events is None else events, **options)


def test_the_worst_window_is_the_one_that_was_spoilt(world):
    found = run(world, windows=4)
    assert [window.span.start for window in found.windows] == sorted(window.span.start for window in found.windows)
    # Late items were spoilt; they are taken from 800 on.
    drops = [window.losses["ndcg@10"].drop for window in found.worst_first()]
    assert found.worst.span.stop > 800 and found.worst.losses["ndcg@10"].low > 0.05
    assert drops == sorted(drops, reverse=True) and all(window.losses["ndcg@10"].drop < 0.05 for window in found.windows if window.span.stop < 800)
    document = found.to_dict()
    assert document["windows"][0]["start"] == found.worst.span.start and json.loads(json.dumps(document, allow_nan=False)) == document
    assert found.worst.fidelity["rbo@10"].mean < found.windows[0].fidelity["rbo@10"].mean


def test_a_window_is_the_task_of_its_time(world):
    users, events, items, broken = world
    window = run(world, windows=4).windows[2]
    early, inside = events.time < window.span.start, (events.time >= window.span.start) & (events.time < window.span.stop)
    task = Task.from_interactions(users, events, Split(early, np.zeros_like(early), inside, "by hand"), rows=ITEMS)
    before, after = (evaluate(ExactSearcher(vectors), task, metrics=["ndcg@10", "recall@10"]) for vectors in (items, broken))
    assert compare(before, after) == window.losses
    assert window.users == before.count and window.events == inside.sum()
    assert window.events - window.repeats >= task.relevant.values.size


def test_nothing_is_lost_where_nothing_changed(world):
    for window in run(world, after=world[2], windows=3).windows:
        assert all((loss.drop, loss.low, loss.high) == pytest.approx((0, 0, 0), abs=1e-12) for loss in window.losses.values())
        assert window.fidelity["rbo@10"].mean == pytest.approx(1)


def test_new_users_and_new_items_have_figures_of_their_own(world):
    first, second = run(world, windows=2, trained_until=499).windows
    assert set(first.parts) == {NEW, KNOWN, NEW_ITEMS}
    assert first.parts[NEW].n == 20 and first.parts[NEW].n + first.parts[KNOWN].n == first.users
    assert NEW not in second.parts and second.parts[NEW_ITEMS].low > 0.5


def test_the_past_is_masked_and_nothing_of_the_future_is(world):
    users, events, items, _ = world
    asked = []

    class Spy(ExactSearcher):
        def search(self, queries, k, *, exclude=None, allow=None):
            asked.append(exclude)
            return super().search(queries, k, exclude=exclude, allow=allow)

    found = backtest(Spy(items), ExactSearcher(items), users, events, windows=2)
    for window, seen in zip(found.windows, asked, strict=True):
        past = events.where(events.time < window.span.start)
        assert seen.values.size <= np.unique(past.user * ITEMS + past.item).size
        assert np.isin(np.unique(seen.values), past.item).all()


def test_windows_begin_after_training_and_say_so_when_it_is_not_known(world):
    assert [finding.code for finding in run(world, windows=2).findings if finding.code == "training-unknown"] == ["training-unknown"]
    known = run(world, windows=2, trained_until=700)
    assert known.windows[0].span.start > 700
    assert "training-unknown" not in [finding.code for finding in known.findings]


def with_split(events, train_until, **changes):
    split = np.where(events.time <= train_until, 0, 2).astype(np.int8)
    for place, part in changes.get("moved", []):
        split[place] = part
    return Interactions(events.user, events.item, events.time, split=split)


def test_a_split_column_says_until_when(world):
    found = run(world, events=with_split(world[1], 600), windows=2)
    assert found.windows[0].span.start > 600 and "training-unknown" not in [finding.code for finding in found.findings]


def test_planted_leaks_are_refused(world):
    events = world[1]
    last = int(events.time.argmax())
    with pytest.raises(InputError, match="leak: 1 of .* younger than the first test event"):
        run(world, events=with_split(events, 600, moved=[(last, 0)]))
    copied = Interactions(
        np.append(events.user, events.user[last]),
        np.append(events.item, events.item[last]),
        np.append(events.time, events.time[last]),
        split=np.append(with_split(events, 600).split, 0).astype(np.int8),
    )
    with pytest.raises(InputError, match="leak: 1 of .* test events are in training too"):
        run(world, events=copied)
    with pytest.raises(InputError, match="trained_until: got 300, but .* training events by the split column are younger"):
        run(world, events=with_split(events, 600), trained_until=300)


def test_vectors_that_know_the_future_are_told_of(world):
    users, events, items, _ = world
    x, late = items.read(), events.time >= 500

    def fit(mask):
        out = np.zeros_like(users)
        np.add.at(out, events.user[mask], x[events.item[mask]])
        return out

    def codes(queries):
        return [finding.code for finding in backtest(ExactSearcher(items), ExactSearcher(items), queries, events, windows=2, trained_until=499).findings]

    # Users as sums of what they took: of the past alone, and of the future alone.
    assert "as-if-seen" not in codes(fit(~late)) and "as-if-seen" in codes(fit(late))


def test_own_metrics_and_propensities(world):
    users, events, items, broken = world
    rng = np.random.default_rng(1)
    chance = rng.uniform(0.05, 1, events.count)
    given = Interactions(events.user, events.item, events.time, propensity=chance)
    own = Metric("first", 1, lambda rows, relevant: relevant.holds(rows)[:, 0])
    found = run(world, events=given, windows=2, metrics=[own, "hit@5"], clip=10.0)
    assert found.metric == "first" and set(found.worst.losses) == {"first", "hit@5", "recall@10 reweighted"}
    assert "clipped" in [finding.code for finding in found.findings]
    even = Interactions(events.user, events.item, events.time, propensity=np.full(events.count, 0.5))
    window = run(world, events=even, windows=2).windows[0]
    early, inside = events.time < window.span.start, (events.time >= window.span.start) & (events.time < window.span.stop)
    task = Task.from_interactions(users, events, Split(early, np.zeros_like(early), inside, "by hand"), rows=ITEMS)
    rows = ExactSearcher(items).search(task.queries, 10, exclude=task.seen).rows
    pooled = task.relevant.holds(rows).sum() / task.relevant.values.size
    assert window.losses["recall@10 reweighted"].before == pytest.approx(pooled)


def test_at_most_so_many_users_are_drawn(world):
    assert {window.users for window in run(world, windows=2, users=30).windows} == {30}


def test_a_searcher_of_ones_own_may_be_judged_and_a_weak_one_is_told_of(world):
    class Same:
        count = ITEMS

        def search(self, queries, k, *, exclude=None, allow=None):
            rows = np.full((len(queries), k), -1)
            for query in range(len(queries)):
                rows[query] = np.setdiff1d(np.arange(200, ITEMS), exclude.of(query))[:k]
            return Ranking(rows, np.zeros((len(queries), k), np.float32))

    found = backtest(Same(), Same(), world[0], world[1], windows=2)
    assert found.memory is None and found.windows[0].weak and "weak-teacher" in [finding.code for finding in found.findings]


@pytest.mark.parametrize(
    ("change", "options", "match"),
    [
        ({"time": None}, {}, "interactions: have no time"),
        ({}, {"windows": 0}, "windows: got 0; expected 1 to 100"),
        ({}, {"windows": True}, "windows: got True"),
        ({}, {"windows": 101}, "windows: got 101"),
        ({"time": np.zeros(4400, int)}, {}, "windows: 6 do not fit"),
        ({}, {"windows": 60, "trained_until": 990}, "windows: 60 do not fit the .* events at 9 moments"),
        ({}, {"trained_until": 5000}, "none is later"),
        ({}, {"trained_until": -1}, "none is earlier"),
        ({}, {"trained_until": float("nan")}, "none is later"),
        ({"item": np.zeros(4400, int)}, {"windows": 2}, "nobody took anything new from"),
        ({}, {"metrics": "ndcg@10"}, "expected a list of names"),
    ],
)
def test_bad_input_is_refused(world, change, options, match):
    events = world[1]
    columns = {"user": events.user, "item": events.item, "time": events.time, **change}
    columns = {name: None if value is None else value[: events.count] for name, value in columns.items()}
    with pytest.raises(InputError, match=match):
        run(world, events=Interactions(**columns), **options)


def test_searchers_of_other_tables_are_refused(world):
    with pytest.raises(InputError, match="after: ranks 5 rows; expected 300"):
        run(world, after=as_vectors(np.eye(5, DIM, dtype=np.float32)))
