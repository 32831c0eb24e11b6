"""Rounds of search and least squares after the steps."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from rankfold.arrays import unit_rows  # noqa: E402
from rankfold.codecs.sparse import Sparse  # noqa: E402
from rankfold.errors import InputError  # noqa: E402
from rankfold.fitting import sparsecoding  # noqa: E402
from rankfold.fitting.dictionary import summed_atoms  # noqa: E402
from rankfold.fitting.sparsecoding import omp_codes  # noqa: E402
from rankfold.search import Rows  # noqa: E402
from rankfold.training import searching  # noqa: E402
from rankfold.training.checks import Validation  # noqa: E402
from rankfold.training.recipe import Recipe, published  # noqa: E402
from rankfold.training.sparse import train_sparse  # noqa: E402
from rankfold.training.trainer import train  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

from .conftest import rows_of_few_directions  # noqa: E402

SHAPE = {"dictionary": 64, "nonzeros": 3, "searched": True}
FEW_STEPS = Recipe(steps=10, batch=128, rate=0.02, rounds=3)
CPU = torch.device("cpu")


class Halted(Exception):
    pass


def searched_cosine(atoms, rows):
    unit = unit_rows(rows)
    return float((unit_rows(summed_atoms(atoms, *omp_codes(atoms, unit, 3))) * unit).sum(axis=1).mean())


def test_rows_never_seen_are_coded_better_after_the_rounds(vectors):
    fresh = rows_of_few_directions(600, 1)
    before = train(vectors, **SHAPE, recipe=Recipe(steps=10, batch=128, rate=0.02, rounds=0))
    after = train(vectors, **SHAPE, recipe=FEW_STEPS)
    assert before.rounds == () and searched_cosine(after.atoms, fresh) > searched_cosine(before.atoms, fresh) + 0.02
    assert np.allclose(np.linalg.norm(after.atoms, axis=1), 1, atol=1e-5)
    assert np.array_equal(before.encoder, after.encoder) and np.array_equal(before.bias, after.bias)
    assert [one.number for one in after.rounds] == [0, 1, 2, 3] and sum(one.kept for one in after.rounds) == 1
    kept = next(one for one in after.rounds if one.kept)
    assert kept.number and kept.cosine > after.rounds[0].cosine and kept.agreement >= after.rounds[0].agreement


def test_the_figures_of_a_round_are_those_of_its_codes(rows, vectors):
    validation = Validation(vectors, np.arange(200), None, seed=0, device=CPU)
    atoms = unit_rows(rows[300:364])
    assert validation.measure_search(atoms, 3)[0] == pytest.approx(searched_cosine(atoms, rows[:200]), abs=1e-5)
    assert validation.measure_search(np.eye(24, dtype=np.float32), 24) == (pytest.approx(1.0, abs=1e-5), pytest.approx(1.0, abs=0.01))


SETTINGS = {
    "plain": {},
    "queries and weights": {
        "queries": np.random.default_rng(5).standard_normal((40, 24)).astype(np.float32),
        "seen": Rows.from_lists([[1, 2, 3]] * 40),
        "weight": np.linspace(0, 2, 1_200).astype(np.float32),
    },
    "bfloat16": {"precision": "bfloat16"},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_stopped_in_a_round_it_goes_on_to_the_same_bytes(vectors, tmp_path, settings):
    settings = SHAPE | {"recipe": FEW_STEPS, "seed": 3} | settings

    def halting(stage, done, total):
        if stage == "search" and done == total // 2:
            raise Halted

    whole = train(vectors, **settings)
    with pytest.raises(Halted):
        train(vectors, **settings, checkpoint=tmp_path / "a.npz", progress=halting)
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]
    resumed = train(vectors, **settings, checkpoint=tmp_path / "a.npz")
    assert np.array_equal(whole.atoms, resumed.atoms) and whole.rounds == resumed.rounds
    assert not np.array_equal(whole.atoms, train(vectors, **(settings | {"seed": 4})).atoms)


def test_a_finished_checkpoint_takes_other_rounds(vectors, tmp_path):
    plain = train(vectors, **SHAPE, recipe=Recipe(steps=10, batch=128, rate=0.02, rounds=0), checkpoint=tmp_path / "a.npz")
    assert np.array_equal(train(vectors, **SHAPE, recipe=FEW_STEPS, checkpoint=tmp_path / "a.npz").atoms, train(vectors, **SHAPE, recipe=FEW_STEPS).atoms)
    assert np.array_equal(train(vectors, **(SHAPE | {"searched": False}), recipe=FEW_STEPS, checkpoint=tmp_path / "a.npz").atoms, plain.atoms)


def test_worse_atoms_are_never_kept(vectors, monkeypatch):
    rng = np.random.default_rng(0)

    def spoiled(atoms, batches, steps, *_, **__):
        for _ in range(steps):
            yield unit_rows(rng.standard_normal(atoms.shape).astype(np.float32))

    monkeypatch.setattr(searching, "improved_atoms", spoiled)
    plain = train(vectors, **SHAPE, recipe=Recipe(steps=60, batch=256, rate=0.02, rounds=0))
    found = train(vectors, **SHAPE, recipe=Recipe(steps=60, batch=256, rate=0.02, rounds=2))
    assert np.array_equal(found.atoms, plain.atoms) and [one.kept for one in found.rounds] == [True, False, False]


@pytest.mark.parametrize(("figures", "kept"), [([(0.5, 0.5), (0.6, 0.4), (0.7, 0.49)], 0), ([(0.5, 0.5), (0.7, 0.5), (0.6, 0.9)], 1)])
def test_a_better_cosine_that_finds_less_of_the_lists_is_not_kept(vectors, monkeypatch, figures, kept):
    told = iter(figures)
    monkeypatch.setattr(Validation, "measure_search", lambda *_: next(told))
    found = train(vectors, **SHAPE, recipe=Recipe(steps=10, batch=128, rounds=2))
    assert [one.kept for one in found.rounds] == [number == kept for number in range(3)]


def test_rounds_are_for_search_alone(vectors):
    assert published().rounds == 0
    _, trained = train_sparse(vectors, Sparse(nonzeros=3, dictionary=64, encoder="topk"), recipe=FEW_STEPS)
    assert trained.rounds == ()
    fitted, trained = train_sparse(vectors, Sparse(nonzeros=3, dictionary=64), recipe=FEW_STEPS)
    assert len(trained.rounds) == 4 and np.array_equal(fitted.state["atoms"], trained.atoms.astype(np.float16))


def test_a_dictionary_too_large_for_memory_is_refused_before_any_step(vectors, monkeypatch, tmp_path):
    monkeypatch.setattr(sparsecoding, "ASK_FIRST", 1)
    monkeypatch.setattr(sparsecoding.runtime, "available_memory", lambda: 10_000)
    with pytest.raises(InputError, match="dictionary: got 64 atoms"):
        train(vectors, **SHAPE, recipe=FEW_STEPS, checkpoint=tmp_path / "a.npz", progress=lambda *_: pytest.fail("it began"))


def test_rows_that_are_alike_and_as_few_as_the_atoms(rows):
    twins = train(as_vectors(np.repeat(rows[:70], 3, axis=0)), **SHAPE, recipe=FEW_STEPS)
    few = train(as_vectors(rows[:64]), **SHAPE, recipe=FEW_STEPS)
    for found in (twins, few):
        assert np.isfinite(found.atoms).all() and found.rounds[0].cosine <= max(one.cosine for one in found.rounds if one.kept)
