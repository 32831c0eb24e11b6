import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.evaluate.exact import ExactSearcher
from rankfold.evaluate.fidelity import overlap
from rankfold.evaluate.scenarios import scenarios
from rankfold.search import Rows, Searcher
from rankfold.vectors import as_vectors


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 4, 500)
    items = as_vectors((rng.standard_normal((4, 12))[kind] + 0.6 * rng.standard_normal((500, 12))).astype(np.float32))
    users = rng.standard_normal((70, 12)).astype(np.float32)
    seen = Rows.from_lists([rng.choice(500, 20, replace=False) for _ in range(70)])
    return items, users, seen, np.array([f"kind {one}" for one in kind])


def test_exact_tables_keep_every_list(world):
    items, users, seen, kinds = world
    found = scenarios(compress(items, from_spec({"codec": "half"})), items, users=users, seen=seen, categories=kinds)
    assert list(found.overlap) == ["user to item", "item to item", "filtered, a tenth of the rows", "within one category, the worst"]
    assert all(mean.mean > 0.98 for mean in found.overlap.values())


def test_figures_are_those_of_the_lists_and_the_worst_category_is_named(world):
    items, users, seen, kinds = world
    x = items.read().copy()
    x[kinds == "kind 2"] = np.random.default_rng(1).standard_normal((int((kinds == "kind 2").sum()), 12))
    table = compress(as_vectors(x), from_spec({"codec": "int8"}))
    found = scenarios(table, items, users=users, seen=seen, categories=kinds)
    assert found.worst_category == "kind 2" and found.overlap["within one category, the worst"].mean < 0.3
    lists = [searcher.search(users, 10, exclude=seen).rows for searcher in (Searcher(table), ExactSearcher(items))]
    assert found.overlap["user to item"].mean == pytest.approx(overlap(*lists).mean())


def test_without_users_rows_ask(world):
    items, _, _, kinds = world
    found = scenarios(compress(items, from_spec({"codec": "int8"}), unit=True), items, categories=kinds)
    assert list(found.overlap)[0] == "item to item" and found.to_dict()["overlap"]["item to item"]["n"] == 500


def test_categories_too_small_are_not_asked(world):
    items = world[0]
    few = np.full(500, "")
    few[:40] = "small"
    assert scenarios(compress(items, from_spec({"codec": "half"})), items, categories=few).worst_category is None


def test_other_shapes_are_refused(world):
    items, users, _, kinds = world
    table = compress(items, from_spec({"codec": "half"}))
    with pytest.raises(InputError, match="categories: got shape"):
        scenarios(table, items, categories=kinds[:3])
    with pytest.raises(InputError, match="more rows than k"):
        scenarios(table, items, k=500)
