import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate import compare
from rankfold.evaluate.exact import ExactSearcher
from rankfold.evaluate.measure import evaluate
from rankfold.evaluate.offpolicy import Log, clip_bias, compare_policies, list_chances, off_policy, reweighted_recall
from rankfold.evaluate.task import Task
from rankfold.search.rows import Rows
from rankfold.vectors import as_vectors

REWARD = np.array([1.0, 0.0, 1.0, 0.0])
CHANCE = np.array([0.5, 0.5, 0.25, 0.25])


def world(seed, contexts=40, actions=12):
    """True click rates, a logging policy and two rankings' policies over all (context, action)."""
    rng = np.random.default_rng(seed)
    utility = rng.standard_normal((contexts, actions))
    rate = 1 / (1 + np.exp(-utility + 1))
    logging = np.exp(0.7 * utility + 0.5 * rng.standard_normal((contexts, actions)))
    logging /= logging.sum(axis=1, keepdims=True)
    policies = []
    for noise in (0.3, 1.0):
        top = np.argsort(-(utility + noise * rng.standard_normal(utility.shape)), axis=1)[:, :4]
        policy = np.zeros_like(rate)
        np.put_along_axis(policy, top, 0.25, axis=1)
        policies.append(policy)
    return rate, logging, policies


def draw(rng, rate, logging, events):
    context = rng.integers(0, len(rate), events)
    action = (rng.random(events)[:, None] > np.cumsum(logging, axis=1)[context]).sum(axis=1).clip(max=rate.shape[1] - 1)
    return context, action, (rng.random(events) < rate[context, action]).astype(float)


def test_known_answers():
    found = off_policy(Log(REWARD, CHANCE), [1.0, 0.0, 0.5, 0.5])
    # Weights 2, 0, 2, 2.
    assert found.ips.value == pytest.approx(4 / 4) and found.snips.value == pytest.approx(4 / 6)
    assert found.effective == pytest.approx(36 / 12) and not found.is_enough
    assert (found.dr, found.clipped, found.bias, found.ips.n) == (None, 0, 0, 4)


def test_doubly_robust_is_exact_with_a_right_model_and_ips_with_one_of_zeros():
    log, target = Log(REWARD, CHANCE), np.array([1.0, 0.0, 0.5, 0.5])
    found = off_policy(log, target, model=(np.zeros(4), np.zeros(4)))
    assert found.dr.value == pytest.approx(found.ips.value)
    right = off_policy(log, target, model=(REWARD, [0.3, 0.5, 0.7, 0.9]))
    assert right.dr.value == pytest.approx(0.6)


def test_the_policy_that_logged_earned_the_mean():
    found = off_policy(Log(REWARD, CHANCE), CHANCE)
    for estimate in (found.ips, found.snips):
        assert estimate.value == pytest.approx(0.5)
    assert found.effective == 4 and found.to_dict()["dr"] is None


def test_clipping_states_its_bias():
    log, target = Log(REWARD, CHANCE), np.array([1.0, 0.0, 1.0, 0.5])
    whole, cut = off_policy(log, target), off_policy(log, target, clip=2.0)
    assert cut.clipped == 0.25 and cut.bias == pytest.approx((4 - 2) / 4)
    assert 0 <= whole.ips.value - cut.ips.value <= cut.bias
    assert off_policy(log, target, clip=4.0).bias == 0
    assert clip_bias([0.1, 0.5], 20) == 0
    # Weights 10 and 2 are shares 5/6 and 1/6; cut to 2 and 2 they are halves.
    assert clip_bias([0.1, 0.5], 2) == pytest.approx(1 / 3)


def test_intervals_cover_the_truth_of_a_simulated_world():
    rate, logging, (policy, worse) = world(0)
    truth, truth_worse = ((rate * chances).sum() / len(rate) for chances in (policy, worse))
    rng = np.random.default_rng(1)
    covered, rounds = dict.fromkeys(("ips", "snips", "dr", "drop"), 0), 1_000
    guess = np.clip(rate + 0.1 * rng.standard_normal(rate.shape), 0, 1)
    for _ in range(rounds):
        context, action, reward = draw(rng, rate, logging, 1_000)
        log = Log(reward, logging[context, action])
        found = off_policy(log, policy[context, action], model=(guess[context, action], (guess * policy).sum(axis=1)[context]))
        for name in ("ips", "snips", "dr"):
            estimate = getattr(found, name)
            covered[name] += estimate.low <= truth <= estimate.high
        loss = compare_policies(log, policy[context, action], worse[context, action])["snips"]
        covered["drop"] += loss.low <= 1 - truth_worse / truth <= loss.high
    # 93 and 97 %, with two standard errors of 1,000 rounds.
    assert {name: share for name, share in covered.items() if not 0.93 * rounds - 16 <= share <= 0.97 * rounds + 11} == {}


def test_a_loss_of_policies_is_paired():
    rate, logging, (policy, worse) = world(2)
    context, action, reward = draw(np.random.default_rng(3), rate, logging, 4_000)
    log = Log(reward, logging[context, action])
    models = tuple((rate[context, action], (rate * one).sum(axis=1)[context]) for one in (policy, worse))
    losses = compare_policies(log, policy[context, action], worse[context, action], models=models)
    assert set(losses) == {"ips", "snips", "dr"} and all(loss.is_known for loss in losses.values())
    assert losses["dr"].high - losses["dr"].low < losses["ips"].high - losses["ips"].low
    same = compare_policies(log, policy[context, action], policy[context, action])["snips"]
    assert (same.drop, same.low, same.high) == (0, 0, 0)


def test_intervals_are_over_groups_where_events_hang_together():
    rng = np.random.default_rng(4)
    reward, group = np.repeat(rng.random(100) < 0.4, 20).astype(float), np.repeat(np.arange(100), 20)
    alone, together = (off_policy(Log(reward, np.full(2_000, 0.5), one), np.full(2_000, 0.5)).snips for one in (None, group))
    assert together.n == 100 and alone.n == 2_000 and alone.value == together.value
    assert (together.high - together.low) / (alone.high - alone.low) == pytest.approx(np.sqrt(20), rel=0.05)


def test_a_policy_that_earned_nothing_has_no_percentage():
    log = Log(np.array([1.0, 0.0, 1.0, 0.0]), np.full(4, 0.5))
    loss = compare_policies(log, [0, 1, 0, 1], [1, 1, 1, 1])["ips"]
    assert not loss.is_known and "baseline is 0" in loss.reason


def test_chances_of_lists():
    rows = np.array([[3, 1, 2, 0], [5, -1, -1, -1], [-1, -1, -1, -1]])
    assert list_chances(rows, np.array([0, 0, 1, 1, 2]), np.array([1, 9, 5, -1, 0])).tolist() == [0.25, 0, 1, 0, 0]
    with pytest.raises(InputError, match="query: got 0 to 3; expected 0 to 2"):
        list_chances(rows, np.array([0, 3]), np.array([1, 1]))
    with pytest.raises(InputError, match="query, action"):
        list_chances(rows, np.array([0.5]), np.array([1]))


def test_reweighted_recall_corrects_what_popular_items_flatter():
    """A ranking that finds popular items alone: its plain recall on what was observed is far above the truth, the reweighted one is not."""
    rng = np.random.default_rng(5)
    users, items = 400, 100
    liked = rng.random((users, items)) < 0.2
    chance = np.where(np.arange(items) < 10, 0.9, 0.1)
    observed = liked & (rng.random((users, items)) < chance)
    judged = observed.any(axis=1)
    relevant = Rows.from_lists([np.flatnonzero(line) for line in observed[judged]])
    rows = np.broadcast_to(np.arange(10), (int(judged.sum()), 10))
    truth = liked[:, :10].sum() / liked.sum()
    plain = relevant.holds(rows).sum() / relevant.values.size
    found = reweighted_recall(relevant, chance[relevant.values]).per_query(rows, relevant).mean()
    assert plain > 4 * truth and found == pytest.approx(truth, rel=0.15)
    assert reweighted_recall(relevant, np.full(relevant.values.size, 0.3)).per_query(rows, relevant).mean() == pytest.approx(plain)
    clipped = reweighted_recall(relevant, chance[relevant.values], clip=5.0).per_query(rows, relevant).mean()
    assert abs(clipped - found) <= clip_bias(chance[relevant.values], 5.0) + 1e-12


def test_it_is_a_metric_like_any_other():
    rng = np.random.default_rng(6)
    items, users = rng.standard_normal((80, 6)).astype(np.float32), rng.standard_normal((50, 6)).astype(np.float32)
    relevant = Rows.from_lists([rng.choice(80, 4, replace=False) for _ in range(50)])
    metric = reweighted_recall(relevant, rng.uniform(0.2, 1, relevant.values.size), k=20)
    reports = [evaluate(ExactSearcher(as_vectors(x)), Task(users, relevant), metrics=[metric]) for x in (items, items[::-1].copy())]
    assert set(compare(*reports)) == {"recall@20 reweighted"}
    with pytest.raises(InputError, match="of other rows than those judged"):
        metric.per_query(reports[0].ranking.rows[:9], relevant.slice(0, 9))


@pytest.mark.parametrize(
    ("build", "match"),
    [
        (lambda: Log([1.0, 0.0], [0.5, 0.0]), "propensity: event 1 has 0.0"),
        (lambda: Log([1.0, 0.0], [0.5, 1.5]), "propensity: event 1 has 1.5"),
        (lambda: Log([1.0, np.nan], [0.5, 0.5]), "reward: event 1 is not finite"),
        (lambda: Log([1.0, -1.0], [0.5, 0.5]), "none below 0"),
        (lambda: Log([1.0], [0.5]), "expected at least 2"),
        (lambda: Log([1.0, 0.0], [0.5]), "propensity: got dtype"),
        (lambda: Log([1.0, 0.0], [0.5, 0.5], np.array([3, 3])), "got one group"),
        (lambda: Log([1.0, 0.0], [0.5, 0.5], np.array([3.0, 3.0])), "group: got dtype"),
        (lambda: off_policy(Log(REWARD, CHANCE), [0, 0, 0, 0]), "would have shown nothing"),
        (lambda: off_policy(Log(REWARD, CHANCE), [0, 1, 0, 0]), "would have shown one event"),
        (lambda: off_policy(Log(REWARD, CHANCE), [0, 0, 0, 2]), "chances from 0 to 1"),
        (lambda: off_policy(Log(REWARD, CHANCE), CHANCE, clip=0.5), "clip: got 0.5"),
        (lambda: off_policy(Log(REWARD, CHANCE), CHANCE, model=([1.0], CHANCE)), r"model\[0\]"),
        (lambda: reweighted_recall(Rows.from_lists([[1]]), [0.5, 0.5]), "propensity: got dtype"),
    ],
)
def test_bad_input_is_refused(build, match):
    with pytest.raises(InputError, match=match):
        build()
