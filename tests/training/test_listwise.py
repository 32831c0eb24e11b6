import numpy as np
import pytest

torch = pytest.importorskip("torch")

from rankfold.search import Rows  # noqa: E402
from rankfold.training.listwise import Listwise  # noqa: E402
from rankfold.training.stream import Batch  # noqa: E402

N, Q, D = 30, 6, 8


def drawn():
    rng = np.random.default_rng(0)
    x = torch.nn.functional.normalize(torch.from_numpy(rng.standard_normal((N, D)).astype(np.float32)))
    lengths = torch.from_numpy(rng.lognormal(0, 0.3, N).astype(np.float32))
    unit = torch.nn.functional.normalize(x + 0.3 * torch.from_numpy(rng.standard_normal((N, D)).astype(np.float32)))
    return Batch(np.arange(100, 100 + N), x, lengths), rng.standard_normal((Q, D)).astype(np.float32), unit


def listwise(queries, seen=None, weight=1.0):
    return Listwise(queries, seen, 200, weight=weight, temperature=0.5, seed=0, device=torch.device("cpu"))


def test_rows_as_they_were_cost_nothing():
    batch, queries, _ = drawn()
    loss, slope = listwise(queries).of(batch, 0)(batch.rows)
    assert abs(float(loss)) < 1e-6 and float(slope.abs().max()) < 1e-6


@pytest.mark.parametrize("seen", [None, Rows.from_lists([[100, 105, 3]] * Q)], ids=["all", "masked"])
def test_loss_and_slope_are_those_of_the_divergence(seen):
    batch, queries, unit = drawn()
    loss, slope = listwise(queries, seen, 3.0).of(batch, 0)(unit)
    leaf = unit.clone().requires_grad_()
    left = torch.ones(N, dtype=torch.bool)
    left[[0, 5]] = seen is None
    asked = torch.from_numpy(queries)
    exact, mine = (asked @ (rows * batch.lengths[:, None]).T for rows in (batch.rows, leaf))
    exact, mine = exact[:, left], mine[:, left]
    spread = 0.5 * exact.std(dim=1, keepdim=True, unbiased=False)
    whole = torch.nn.functional.kl_div((mine / spread).log_softmax(1), (exact / spread).log_softmax(1), log_target=True, reduction="sum") * 3 / Q
    whole.backward()
    assert torch.allclose(loss, whole.detach(), rtol=1e-4)
    assert torch.allclose(slope, leaf.grad, rtol=1e-3, atol=1e-6)


def test_a_step_draws_the_same_queries_again():
    batch, _, unit = drawn()
    one = listwise(np.random.default_rng(1).standard_normal((1_000, D)).astype(np.float32))
    assert float(one.of(batch, 4)(unit)[0]) == float(one.of(batch, 4)(unit)[0]) != float(one.of(batch, 5)(unit)[0])
