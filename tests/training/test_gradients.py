import pytest

torch = pytest.importorskip("torch")

from rankfold.training.gradients import Revival, Scratch, Term, slopes  # noqa: E402

N, H, D = 48, 96, 20


def drawn(seed=0):
    generator = torch.Generator().manual_seed(seed)
    encoder, atoms, x = (torch.nn.functional.normalize(torch.randn(count, D, generator=generator)) for count in (H, H, N))
    return {"encoder": encoder * 2, "atoms": atoms, "bias": 0.1 * torch.randn(H, generator=generator)}, x


def codes_of(scores, count):
    index = scores.abs().topk(count).indices
    return torch.zeros_like(scores).scatter(1, index, scores.gather(1, index))


def plain(arrays, x, terms, weight=None):
    """The same loss, left to autograd."""
    scores = x @ arrays["encoder"].T + arrays["bias"]
    total = torch.zeros(())
    for term in terms:
        decoded = (codes_of(scores, term.count) @ arrays["atoms"])[: term.rows]
        each = 1 - torch.nn.functional.cosine_similarity(decoded, x[: term.rows])
        total = total + term.weight * (each if weight is None else each * weight[: term.rows]).sum() / term.rows
    return total


def check_slopes(found, arrays, loss_of):
    leaves = {name: array.clone().requires_grad_() for name, array in arrays.items()}
    loss = loss_of(leaves)
    loss.backward()
    assert torch.allclose(found.loss, loss.detach(), rtol=1e-5)
    for name, leaf in leaves.items():
        assert torch.allclose(getattr(found, name), leaf.grad, rtol=1e-4, atol=1e-6 * float(leaf.grad.abs().max()) + 1e-9), name


TERMS = [
    [Term(4, 1.0, N)],
    [Term(4, 1.0, N), Term(16, 0.125, N, main=False)],
    [Term(1, 0.25, N, main=False), Term(2, 0.5, N, main=False), Term(4, 1.0, N), Term(16, 0.125, N // 3, main=False)],
]


@pytest.mark.parametrize("terms", TERMS, ids=len)
def test_slopes_are_those_of_autograd(terms):
    arrays, x = drawn()
    scratch = Scratch(N, H, torch.float32, "cpu")
    found = slopes(arrays, x, terms, scratch)
    check_slopes(found, arrays, lambda leaves: plain(leaves, x, terms))
    assert not scratch.codes.any()
    assert int(found.fired.sum()) == 4 * N


def test_slopes_with_weights_and_a_list_wise_loss_are_those_of_autograd():
    arrays, x = drawn(1)
    weight = torch.rand(N, generator=torch.Generator().manual_seed(2))
    aim = torch.randn(N, D, generator=torch.Generator().manual_seed(3))
    terms = TERMS[1]
    found = slopes(arrays, x, terms, Scratch(N, H, torch.float32, "cpu"), weight=weight, ranking=lambda unit: ((unit * aim).sum(), aim))

    def whole(leaves):
        decoded = codes_of(x @ leaves["encoder"].T + leaves["bias"], 4) @ leaves["atoms"]
        return plain(leaves, x, terms, weight) + (torch.nn.functional.normalize(decoded) * aim).sum()

    check_slopes(found, arrays, whole)


def test_slopes_of_dead_latents_are_those_of_autograd():
    arrays, x = drawn(2)
    dead, terms = torch.tensor([3, 17, 40, 41, 90]), TERMS[0]
    found = slopes(arrays, x, terms, Scratch(N, H, torch.float32, "cpu"), revival=Revival(dead, 2, 0.5))
    with torch.no_grad():
        decoded = codes_of(x @ arrays["encoder"].T + arrays["bias"], 4) @ arrays["atoms"]
        unit = torch.nn.functional.normalize(decoded)
        left = x - (x * unit).sum(dim=1, keepdim=True) * unit

    def whole(leaves):
        codes = codes_of(x @ leaves["encoder"][dead].T + leaves["bias"][dead], 2)
        return plain(leaves, x, terms) + 0.5 * (codes @ leaves["atoms"][dead] - left).square().sum() / left.square().sum()

    check_slopes(found, arrays, whole)


def test_parts_of_a_batch_sum_to_the_batch():
    arrays, x = drawn(4)
    scratch = Scratch(N, H, torch.float32, "cpu")
    whole = slopes(arrays, x, TERMS[0], scratch)
    parts = [slopes(arrays, x[at : at + size], [Term(4, 1.0, size)], scratch).scaled(size / N) for at, size in ((0, 16), (16, 32))]
    total = parts[0].plus(parts[1])
    for name in ("loss", "encoder", "atoms", "bias"):
        assert torch.allclose(getattr(total, name), getattr(whole, name), atol=1e-6)
    assert torch.equal(total.fired, whole.fired)


def test_bfloat16_slopes_point_where_float32_slopes_do():
    arrays, x = drawn(5)
    exact = slopes(arrays, x, TERMS[0], Scratch(N, H, torch.float32, "cpu"))
    low = {name: array.bfloat16() for name, array in arrays.items()}
    coarse = slopes(low, x.bfloat16(), TERMS[0], Scratch(N, H, torch.bfloat16, "cpu"))
    for name in ("encoder", "atoms"):
        assert float(torch.nn.functional.cosine_similarity(getattr(exact, name).ravel(), getattr(coarse, name).ravel(), dim=0)) > 0.95
