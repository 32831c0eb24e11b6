import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate.cooccurrence import co_occurrence, companions
from rankfold.interactions import Interactions


@pytest.fixture(scope="module")
def world():
    """Users take items of one of 20 groups of 10; the vectors of a group lie together."""
    rng = np.random.default_rng(0)
    group = np.arange(200) // 10
    x = (rng.standard_normal((20, 8))[group] + 0.2 * rng.standard_normal((200, 8))).astype(np.float32)
    user = np.repeat(np.arange(300), 6)
    item = 10 * np.repeat(rng.integers(0, 20, 300), 6) + rng.integers(0, 10, user.size)
    return x, Interactions(user, item), rng


def test_companions_equal_their_definition(world):
    _, events, _ = world
    asked, best = companions(events, 200, k=4, sample=1_000, seed=0)
    taken = np.zeros((300, 200))
    taken[events.user, events.item] = 1
    together, users = taken.T @ taken, taken.sum(axis=0)
    alike = together / np.sqrt(np.outer(users, users), where=np.outer(users, users) > 0, out=np.ones((200, 200)))
    np.fill_diagonal(alike, 0)
    assert asked.tolist() == np.flatnonzero(users >= 5).tolist()
    for one, mine in zip(asked.tolist(), best.tolist()):
        order = np.lexsort((np.arange(200), -np.round(alike[one], 12)))
        np.testing.assert_allclose(alike[one][[row for row in mine if row >= 0]], [alike[one][row] for row in order[:4] if alike[one][row] > 0])


def test_vectors_that_keep_groups_keep_recall(world):
    x, events, rng = world
    same, gone = (co_occurrence(x, y, events, k=5, depth=10).recall for y in (x, rng.permutation(x)))
    assert same.drop == pytest.approx(0, abs=1e-12) and same.before > 0.9
    assert gone.low > 0.7


def test_rare_items_are_not_asked_and_drawing_is_by_seed(world):
    x, events, _ = world
    few, _ = companions(events, 200, k=3, sample=20, seed=1)
    assert few.size == 20 and few.tolist() == companions(events, 200, k=3, sample=20, seed=1)[0].tolist()
    lonely = Interactions(np.arange(4), np.zeros(4, int))
    with pytest.raises(InputError, match="no item with 5 users"):
        co_occurrence(x, x, lonely)
    with pytest.raises(InputError, match="no item with 5 users"):
        co_occurrence(x, x, Interactions(np.empty(0, int), np.empty(0, int)))
    with pytest.raises(InputError, match="got item 7; expected 0 to 4"):
        co_occurrence(x[:5], x[:5], Interactions(np.arange(8), np.full(8, 7)), k=1, depth=2)
    with pytest.raises(InputError, match="k <= depth"):
        co_occurrence(x, x, events, k=60)
