"""From a budget to a decision: limits kept, figures of users who chose nothing, the same again, and refusals that say what can be had."""

import numpy as np
import pytest

import rankfold.tune.decide as decide_module
from rankfold.compression import compress
from rankfold.errors import BudgetError, InputError
from rankfold.interactions import Interactions
from rankfold.store import save
from rankfold.tune.budget import Ask
from rankfold.tune.decide import check_ask, chosen, decide, decide_on, search_of
from rankfold.tune.evidence import item_evidence, user_evidence
from rankfold.tune.halving import Search
from rankfold.tune.recipe import NOTE, read_recipe, write_recipe
from rankfold.vectors import as_vectors


def test_a_row_size_is_kept_and_figures_are_of_others(world):
    vectors, users, events = world
    decision = decide(vectors, users, events, target="8x")
    assert decision.best.row_bytes <= 8 and decision.holds == "yes" and decision.best in decision.points
    assert decision.best.loss.n == decision.evidence.report.baseline.count and decision.evidence.judged
    assert decision.best.after.task == decision.evidence.report.baseline.task != decision.evidence.choose.baseline.task
    assert decision.table.segments[0].codec.row_bytes(16) == decision.best.row_bytes
    smaller = [point for point in decision.points if point.row_bytes <= decision.best.row_bytes / 2]
    assert smaller, "smaller sizes are shown beside the choice"


def test_the_same_again_and_by_its_recipe(world, tmp_path):
    vectors, users, events = world
    one, two = (decide(vectors, users, events, row_bytes=6) for _ in range(2))
    assert one.best.name == two.best.name and one.recipe == two.recipe and one.frontier() == two.frontier()
    write_recipe(tmp_path / "r.toml", one.recipe)
    recipe = read_recipe(tmp_path / "r.toml")
    queries = one.evidence.choose.task.queries
    again = compress(vectors, recipe.codec, weight=one.evidence.weight, queries=queries, unit=recipe.unit, fallback=None, seed=recipe.seed)
    first = save(one.table, tmp_path / "a", note=NOTE, details=one.recipe.details())
    second = save(again, tmp_path / "b", note=NOTE, details=recipe.details())
    assert first.name == second.name
    assert sum(file.stat().st_size for file in first.iterdir()) == one.total_bytes[one.best.name]


def test_what_was_tried_is_not_tried_again(world, tmp_path):
    vectors, users, events = world
    evidence = user_evidence(vectors, users, events)
    first = decide_on(vectors, evidence, Ask(row_bytes=6), work=tmp_path)
    files = {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    # As after a kill: some trials are there, one is cut short, a hidden one was never finished.
    next(iter(sorted(tmp_path.glob("*.json")))).write_text('{"name": "tre')
    (tmp_path / ".x.json.1").write_text("{")
    again = decide_on(vectors, evidence, Ask(row_bytes=6), work=tmp_path)
    assert again.best.name == first.best.name and again.frontier() == first.frontier() and again.recipe == first.recipe
    assert sum(file.stat().st_mtime_ns != files.get(file.name) for file in tmp_path.glob("*.json")) == 1


def test_two_hundred_totals_are_kept_or_refused_with_the_nearest(world, tmp_path, monkeypatch):
    vectors, users, events = world
    # The same sizes come again and again: each list is made once.
    real, known = decide_module.candidates, {}

    def listed(x, limit, *, least, **how):
        if (limit, least) not in known:
            known[limit, least] = real(x, limit, least=least, **how)
        return known[limit, least]

    monkeypatch.setattr(decide_module, "candidates", listed)
    evidence = user_evidence(vectors, users, events)
    totals = np.exp(np.random.default_rng(0).uniform(np.log(4_000), np.log(60_000), 200)).astype(int).tolist()
    shared = search_of(vectors, evidence, Ask(total_bytes=60_000)).trials
    least, kept, refused = 60_000, [], []
    for number, total in enumerate(totals):
        try:
            search = Search(shared, Ask(total_bytes=total), [])
            check_ask(search.ask, vectors)
            codec, trial = chosen(search)[0][0]
        except BudgetError as error:
            assert any(words in str(error) for words in ("nearest that was made takes", "alone", "smallest size"))
            refused.append(total)
            continue
        assert trial.total_bytes == shared.artifact_bytes(codec) <= total
        least = min(trial.total_bytes, least)
        kept.append(total)
        if number % 20 == 0:
            written = save(shared.table(codec), tmp_path / "store", note=NOTE, details=shared.recipe(codec).details())
            assert sum(file.stat().st_size for file in written.iterdir()) == trial.total_bytes
    # Nothing was refused that something made within another budget would have fitted.
    assert len(kept) > 100 and len(refused) > 10 and max(refused) < least


def test_a_loss_takes_the_smallest(world):
    vectors, users, events = world
    lax, strict = (decide(vectors, users, events, max_loss=loss) for loss in ("40%", "10%"))
    size = [one.total_bytes[one.best.name] for one in (lax, strict)]
    assert size[0] < size[1] and lax.holds == "yes" and "Fewest bytes" in lax.why
    with pytest.raises(BudgetError, match="together with row_bytes; the nearest"):
        decide(vectors, users, events, max_loss="1%", row_bytes=3)


def test_a_latency_that_nothing_keeps_is_refused_and_one_that_all_keep_takes_the_best(world):
    vectors, users, events = world
    decision = decide(vectors, users, events, p99="10s", row_bytes=12)
    assert decision.p99_ms[decision.best.name] > 0 and decision.kept[1].holds == "yes"
    with pytest.raises(BudgetError, match="p99: 1e-06 ms; the nearest that was measured takes"):
        decide(vectors, users, events, p99=1e-6, row_bytes=4)


def test_without_events_and_without_users_it_says_what_it_cannot(world):
    vectors, users, _ = world
    by_lists = decide(vectors, users, row_bytes=6)
    assert by_lists.best.loss is None and [finding.code for finding in by_lists.evidence.findings] == ["no-interactions"]
    by_rows = decide(vectors, row_bytes=6, unit=True)
    assert by_rows.evidence.metric == "overlap@100" and [finding.code for finding in by_rows.evidence.findings] == ["no-users"] and by_rows.table.unit
    within = decide(vectors, max_loss="30%")
    assert within.kept[0].got is not None and within.best.row_bytes < 32


def test_a_time_limit_still_decides(world):
    vectors, users, events = world
    decision = decide(vectors, users, events, row_bytes=8, time_limit="0s")
    assert len(decision.points) == 1 and any("time limit" in one.fate for one in decision.tried)


def test_bad_asks_are_refused_before_anything_is_measured(world):
    vectors, users, events = world
    with pytest.raises(InputError, match="budget: got none"):
        decide(vectors, users, events)
    with pytest.raises(BudgetError, match="total: got 100 bytes; the ids"):
        decide(vectors, users, events, total=100)
    with pytest.raises(InputError, match="given without users"):
        decide(vectors, interactions=events, row_bytes=8)
    with pytest.raises(InputError, match="weight: got 'all'"):
        decide(vectors, users, events, row_bytes=8, weight="all")
    with pytest.raises(BudgetError, match="smallest size that can be had is 2"):
        decide(vectors, users, events, row_bytes=1)


def test_one_user_is_refused_and_a_weak_baseline_is_told(world):
    vectors, users, _ = world
    alone = Interactions(np.zeros(10, np.int64), np.arange(10), None, None, np.array([0] * 6 + [2] * 4))
    with pytest.raises(InputError, match="fewer than 2 users in a half"):
        decide(vectors, users, alone, row_bytes=8)
    rng = np.random.default_rng(0)
    # Everybody takes the same few items, which the vectors know nothing of.
    popular = rng.permutation(600)[:30]
    user = np.repeat(np.arange(240), 12)
    item = np.concatenate([rng.choice(popular, 12, replace=False) for _ in range(240)])
    events = Interactions(user, item, None, None, np.tile([0] * 8 + [2] * 4, 240))
    decision = decide(as_vectors(vectors.read()), users, events, row_bytes=8)
    assert "weak-teacher" in [finding.code for finding in decision.evidence.findings]


def test_item_evidence_gives_no_weight(world):
    decision = decide_on(world[0], item_evidence(world[0]), Ask(row_bytes=8), weight="none")
    assert decision.recipe.weight == "none" and decision.evidence.weight is None
