import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from rankfold.arrays import unit_rows  # noqa: E402
from rankfold.errors import ArtifactError, InputError  # noqa: E402
from rankfold.search import Rows  # noqa: E402
from rankfold.training import stream, trainer  # noqa: E402
from rankfold.training.checks import decode  # noqa: E402
from rankfold.training.model import NAMES  # noqa: E402
from rankfold.training.recipe import Recipe, published  # noqa: E402
from rankfold.training.trainer import train  # noqa: E402
from rankfold.vectors import as_vectors, read_vectors  # noqa: E402

SHAPE = {"dictionary": 64, "nonzeros": 4}
QUICK = Recipe(steps=20, batch=128, rate=0.02)


class Halted(Exception):
    pass


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in NAMES)


def halt_at(step):
    def told(check):
        if check.step == step:
            raise Halted

    return told


def test_training_finds_directions_and_tells_of_it(vectors):
    seen = []
    found = train(vectors, **SHAPE, recipe=Recipe(steps=120, batch=256, rate=0.02), told=seen.append)
    assert tuple(seen) == found.curve and [one.step for one in seen] == list(range(12, 121, 12))
    assert seen[-1].cosine > 0.93 > seen[0].cosine and seen[-1].agreement > 0.7 and seen[-1].loss < seen[0].loss
    assert found.atoms.shape == found.encoder.shape == (64, 24) and found.bias.shape == (64,)
    assert np.allclose(np.linalg.norm(found.atoms, axis=1), 1, atol=1e-5)
    assert (found.rows, found.zero_rows) == (1_140, 0)


def test_the_published_recipe_trains_and_is_slower_to_learn(vectors):
    plain = train(vectors, **SHAPE, recipe=published(steps=60, batch=256))
    ours = train(vectors, **SHAPE, recipe=Recipe(steps=60, batch=256, rate=0.02))
    assert 0.3 < plain.curve[-1].cosine < ours.curve[-1].cosine


SETTINGS = {
    "plain": {},
    "mean, nested, falling, dead latents": {"recipe": Recipe(steps=20, batch=100, rate=0.02, average=0.9, nested=True, first=3, dead_rows=100)},
    "queries and weights": {
        "queries": np.random.default_rng(5).standard_normal((40, 24)).astype(np.float32),
        "seen": Rows.from_lists([[1, 2, 3]] * 40),
        "weight": np.linspace(0, 2, 1_200).astype(np.float32),
    },
    "bfloat16": {"precision": "bfloat16"},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_training_goes_on_to_the_same_bytes(vectors, tmp_path, settings):
    settings = SHAPE | {"recipe": QUICK, "check_every": 5, "seed": 3} | settings
    whole = train(vectors, **settings)
    with pytest.raises(Halted):
        train(vectors, **settings, checkpoint=tmp_path / "a.npz", told=halt_at(10))
    resumed = train(vectors, **settings, checkpoint=tmp_path / "a.npz")
    assert same(whole, resumed) and whole.curve == resumed.curve
    assert same(whole, train(vectors, **settings, checkpoint=tmp_path / "a.npz"))


def test_the_seed_decides(vectors):
    one, again, other = (train(vectors, **SHAPE, recipe=QUICK, seed=seed) for seed in (0, 0, 1))
    assert same(one, again) and not same(one, other)


def test_rows_on_disk_read_pool_by_pool_give_the_same(vectors, rows, tmp_path, monkeypatch):
    monkeypatch.setitem(trainer.POOL_BYTES, "cpu", 2 * stream.RUN_ROWS * 4 * 24)
    np.save(tmp_path / "rows.npy", rows)
    assert same(train(read_vectors(tmp_path / "rows.npy"), **SHAPE, recipe=QUICK), train(vectors, **SHAPE, recipe=QUICK))


def test_batches_in_parts_give_almost_the_same(vectors, monkeypatch):
    settings = SHAPE | {"recipe": Recipe(steps=8, batch=128, rate=0.01, wide_share=1.0), "precision": "float32"}
    whole = train(vectors, **settings)
    monkeypatch.setitem(trainer.MICRO_ROWS, "cpu", 50)
    assert np.abs(train(vectors, **settings).atoms - whole.atoms).max() < 0.02


def test_only_directions_count_and_rows_of_zeros_are_left_out(rows):
    holed = np.concatenate([rows, np.zeros((7, 24), np.float32)])
    found = train(as_vectors(holed, zero_rows="keep"), **SHAPE, recipe=QUICK, precision="float32")
    assert found.zero_rows == 7
    unit = train(as_vectors(np.concatenate([unit_rows(rows), np.zeros((7, 24), np.float32)]), zero_rows="keep"), **SHAPE, recipe=QUICK, precision="float32")
    assert np.abs(found.atoms - unit.atoms).max() < 0.01


def test_weights_draw_the_dictionary_to_rows_that_count(rows):
    half = np.arange(1_200) < 600
    left = unit_rows(np.where(half[:, None] == (np.arange(24) < 12), rows, 0))
    settings = SHAPE | {"recipe": Recipe(steps=60, batch=128, rate=0.02)}
    found, even = train(as_vectors(left), **settings, weight=half.astype(np.float32)), train(as_vectors(left), **settings)

    def cosine(one):
        arrays = {name: torch.from_numpy(getattr(one, name)) for name in NAMES}
        decoded = unit_rows(decode(arrays, torch.from_numpy(left[half]), 4).numpy())
        return float((decoded * left[half]).sum(axis=1).mean())

    assert cosine(found) > cosine(even) + 0.005


def test_the_list_wise_loss_keeps_what_users_ask_for(rows):
    # Users ask for what carries little of the energy.
    rows = rows * np.where(np.arange(24) < 4, np.float32(0.2), np.float32(1))
    queries = np.zeros((50, 24), np.float32)
    queries[:, :4] = np.random.default_rng(1).standard_normal((50, 4))
    settings = {"dictionary": 64, "nonzeros": 4, "queries": queries}
    exact = torch.from_numpy(queries @ rows.T)
    spread = exact.std(dim=1, keepdim=True)

    def divergence(weight):
        one = train(as_vectors(rows), **settings, recipe=Recipe(steps=60, batch=256, rate=0.02, ranking=weight))
        decoded = decode({name: torch.from_numpy(getattr(one, name)) for name in NAMES}, torch.from_numpy(unit_rows(rows)), 4).numpy()
        coded = torch.from_numpy(queries @ (unit_rows(decoded) * np.linalg.norm(rows, axis=1)[:, None]).T)
        teacher, student = ((scores / spread).log_softmax(dim=1) for scores in (exact, coded))
        return float((teacher.exp() * (teacher - student)).sum())

    assert divergence(0.1) < 0.9 * divergence(1e-9)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dictionary": 2_000}, "dictionary: got 2000 atoms for 1200 rows"),
        ({"nonzeros": 25}, "nonzeros: got 25; expected 1 to 24"),
        ({"dictionary": 3}, "nonzeros: got 4; expected at most 3"),
        ({"queries": np.ones((3, 23), np.float32)}, "queries: got 23 dimensions"),
        ({"queries": np.zeros((3, 24), np.float32)}, "queries: got 3 rows, all zeros"),
        ({"seen": Rows.from_lists([[1]])}, "seen: got lists without queries"),
        ({"queries": np.ones((3, 24), np.float32), "seen": Rows.from_lists([[1]])}, "seen: got 1 lists; expected 3"),
        ({"weight": np.ones(3, np.float32)}, "weight"),
        ({"check_every": 0}, "check_every"),
        ({"device": "abacus"}, "device"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(vectors, tmp_path, wrong, message):
    with pytest.raises(InputError, match=message):
        train(vectors, **(SHAPE | {"recipe": QUICK} | wrong), checkpoint=tmp_path / "a.npz")
    assert not list(tmp_path.iterdir())


def test_a_checkpoint_that_could_not_be_written_is_refused_before_any_step(vectors, tmp_path):
    for place in (tmp_path, tmp_path / "none" / "a.npz"):
        with pytest.raises(InputError, match="checkpoint: got"):
            train(vectors, **SHAPE, recipe=QUICK, checkpoint=place, progress=lambda *_: pytest.fail("it began"))


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_checkpoint(vectors, tmp_path, monkeypatch):
    settings = SHAPE | {"recipe": QUICK, "check_every": 5, "checkpoint": tmp_path / "a.npz"}
    real = trainer.slopes

    def poisoned(arrays, *args, **kwargs):
        found = real(arrays, *args, **kwargs)
        poisoned.calls += 1
        if poisoned.calls == 9:
            found.atoms[3, 5] = torch.nan
        return found

    poisoned.calls = 0
    monkeypatch.setattr(trainer, "slopes", poisoned)
    with pytest.raises(InputError, match=r"stopped at step 10 of 20: the loss is nan.*a.npz holds step 5"):
        train(vectors, **settings)
    monkeypatch.setattr(trainer, "slopes", real)
    assert same(train(vectors, **settings), train(vectors, **(settings | {"checkpoint": None})))


def test_a_checkpoint_of_another_training_is_refused(vectors, rows, tmp_path):
    train(vectors, **SHAPE, recipe=QUICK, checkpoint=tmp_path / "a.npz")
    with pytest.raises(InputError, match="was made with seed 0; expected 1"):
        train(vectors, **SHAPE, recipe=QUICK, checkpoint=tmp_path / "a.npz", seed=1)
    with pytest.raises(InputError, match="was made with data"):
        train(as_vectors(rows[::-1].copy()), **SHAPE, recipe=QUICK, checkpoint=tmp_path / "a.npz")
    (tmp_path / "a.npz").write_bytes(b"PK")
    with pytest.raises(ArtifactError, match="no whole checkpoint"):
        train(vectors, **SHAPE, recipe=QUICK, checkpoint=tmp_path / "a.npz")


def test_duplicates_and_a_table_of_few_directions_train(rows):
    twins = np.repeat(rows[:100], 12, axis=0)
    found = train(as_vectors(twins), dictionary=150, nonzeros=4, recipe=QUICK)
    assert np.isfinite(found.atoms).all() and found.curve[-1].cosine > 0.8
    line = train(as_vectors(np.outer(np.arange(1, 301), np.ones(24)).astype(np.float32)), **SHAPE, recipe=QUICK)
    assert line.curve[-1].cosine > 0.99


@pytest.mark.parametrize("curve", [[], [3], [{"step": 20}], [{"step": 3, "loss": 0, "dead": 0, "entropy": 0, "cosine": 0, "agreement": 0}]])
def test_a_checkpoint_with_another_curve_is_refused(vectors, tmp_path, curve):
    path = tmp_path / "a.npz"
    train(vectors, **SHAPE, recipe=QUICK, checkpoint=path)
    with np.load(path) as file:
        arrays = dict(file)
    told = json.loads(arrays.pop("about").tobytes()) | {"curve": curve}
    np.savez(path, **arrays, about=np.frombuffer(json.dumps(told).encode(), np.uint8))
    with pytest.raises(ArtifactError, match="no whole checkpoint"):
        train(vectors, **SHAPE, recipe=QUICK, checkpoint=path)
