import numpy as np
import pytest

torch = pytest.importorskip("torch")

from rankfold.arrays import unit_rows  # noqa: E402
from rankfold.errors import InputError  # noqa: E402
from rankfold.training.gradients import Slopes  # noqa: E402
from rankfold.training.model import Model, check_size, start_at_random, start_from_rows  # noqa: E402
from rankfold.training.recipe import Recipe  # noqa: E402


def start(latents=20):
    return start_from_rows(unit_rows(np.random.default_rng(0).standard_normal((50, 8)).astype(np.float32)), latents, np.random.default_rng(1))


def drawn(seed, latents=20, idle=()):
    generator = torch.Generator().manual_seed(seed)
    fired = torch.ones(latents, dtype=torch.int64)
    fired[list(idle)] = 0
    encoder, atoms = torch.randn(latents, 8, generator=generator), torch.randn(latents, 8, generator=generator)
    return Slopes(torch.tensor(1.0), encoder, atoms, torch.randn(latents, generator=generator), fired)


def test_tied_arrays_start_as_rows_of_the_data():
    x = unit_rows(np.random.default_rng(0).standard_normal((50, 8)).astype(np.float32))
    found = start_from_rows(x, 20, np.random.default_rng(1))
    assert np.allclose(found["atoms"], x[:20], atol=1e-6)
    assert np.array_equal(found["atoms"], found["encoder"]) and not found["bias"].any()


def test_twins_and_opposites_start_as_other_atoms():
    one = np.random.default_rng(2).standard_normal((6, 8)).astype(np.float32)
    x = unit_rows(np.concatenate([one, one, -3 * one]))
    atoms = start_from_rows(x, 12, np.random.default_rng(1))["atoms"]
    alike = np.abs(atoms @ atoms.T) - np.eye(12)
    assert alike.max() < 0.9999 and np.allclose(np.linalg.norm(atoms, axis=1), 1, atol=1e-5)
    single = start_from_rows(unit_rows(np.ones((30, 8), np.float32)), 12, np.random.default_rng(1))["atoms"]
    assert np.isfinite(single).all() and np.allclose(np.linalg.norm(single, axis=1), 1, atol=1e-5)


def test_random_arrays_start_apart():
    found = start_at_random(8, 20, np.random.default_rng(1))
    assert np.allclose(np.linalg.norm(found["atoms"], axis=1), 1, atol=1e-5)
    assert abs(np.corrcoef(found["atoms"].ravel(), found["encoder"].ravel())[0, 1]) < 0.3


def test_a_step_is_adams_and_atoms_keep_length_one():
    model = Model(start(), Recipe(rate=0.01, steps=10), torch.device("cpu"))
    before = model.arrays["encoder"].detach().clone()
    slopes = drawn(3)
    model.step(slopes, 100)
    assert torch.allclose(before - model.arrays["encoder"].detach(), 0.001 * slopes.encoder.sign(), atol=1e-6)
    assert torch.allclose(model.arrays["atoms"].norm(dim=1), torch.ones(20), atol=1e-6)


def test_latents_that_are_not_used_become_dead_and_come_back():
    model = Model(start(), Recipe(dead_rows=200), torch.device("cpu"))
    for _ in range(2):
        model.step(drawn(4, idle=(3, 7)), 100)
    assert model.dead().tolist() == [3, 7]
    model.step(drawn(4, idle=(3,)), 100)
    assert model.dead().tolist() == [3] and model.fired[7] == 1


def test_the_mean_follows_the_weights():
    model = Model(start(), Recipe(average=0.9), torch.device("cpu"))
    for step in range(3):
        model.step(drawn(step), 100)
    assert not torch.equal(model.kept()["encoder"], model.arrays["encoder"])
    assert torch.allclose(model.kept()["atoms"].norm(dim=1), torch.ones(20), atol=1e-6)


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_what_is_saved_goes_on_as_if_it_had_not_stopped(average):
    recipe = Recipe(average=average)
    one, other = (Model(start(), recipe, torch.device("cpu")) for _ in range(2))
    for step in range(3):
        one.step(drawn(step), 100)
    saved = one.saved()
    one.step(drawn(9), 100)
    other.restore(saved)
    other.step(drawn(9), 100)
    again = other.saved()
    assert all(np.array_equal(array, again[name]) for name, array in one.saved().items())


def test_dictionaries_that_do_not_suit_are_refused():
    with pytest.raises(InputError, match="dictionary: got 50 atoms for 49 rows"):
        check_size(50, 4, 49)
    with pytest.raises(InputError, match="nonzeros"):
        check_size(8, 9, 49)
