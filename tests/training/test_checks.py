import numpy as np
import pytest

torch = pytest.importorskip("torch")

from rankfold.training.checks import Validation, check, decode  # noqa: E402
from rankfold.training.model import Model  # noqa: E402
from rankfold.training.recipe import Recipe  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

CPU = torch.device("cpu")


def axes(dim=6):
    """Every row is one signed axis, which the dictionary holds."""
    eye = torch.eye(dim)
    return {"encoder": eye, "atoms": eye, "bias": torch.zeros(dim)}


def test_decoding_keeps_the_largest_with_their_signs():
    decoded = decode(axes(), torch.tensor([[0.5, -3.0, 1.0, 0.0, 2.0, -0.1]]), 2)
    assert decoded.tolist() == [[0.0, -3.0, 0.0, 0.0, 2.0, 0.0]]


@pytest.mark.parametrize("asked", [None, np.random.default_rng(3).standard_normal((40, 6)).astype(np.float32)], ids=["rows", "queries"])
def test_a_perfect_code_has_cosine_and_agreement_one(asked):
    rows = np.random.default_rng(0).standard_normal((60, 6)).astype(np.float32)
    validation = Validation(as_vectors(rows), np.arange(60), asked, seed=0, device=CPU)
    assert validation.measure(axes(), 6) == (pytest.approx(1.0, abs=1e-5), 1.0)
    cosine, agreement = validation.measure(axes(), 1)
    assert 0.5 < cosine < 0.95 and 0.2 < agreement < 0.9


def test_a_check_tells_of_dead_latents_and_how_evenly_the_others_are_used():
    model = Model({name: array.numpy().copy() for name, array in axes(8).items()}, Recipe(), CPU)
    model.fired[:4] = 25
    validation = Validation(as_vectors(np.random.default_rng(0).standard_normal((60, 8)).astype(np.float32)), np.arange(60), None, seed=0, device=CPU)
    found = check(model, validation, 2, 0.5)
    assert (found.dead, found.entropy, found.loss) == (0.5, 2.0, 0.5)
    assert not model.fired.any()
    assert check(model, validation, 2, 0.5).entropy == 0.0
