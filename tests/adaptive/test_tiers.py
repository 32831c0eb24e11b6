"""Tiers keep the budget whatever it is, move rows with their ids, and give the bytes to the rows that weigh more or are harder to code."""

import numpy as np
import pytest

from rankfold.adaptive.tiers import choose_rates, compress_tiered, measure_rates, state_bytes
from rankfold.codecs import from_spec
from rankfold.codes import Codes
from rankfold.errors import BudgetError, InputError
from rankfold.search import Rows, Searcher
from rankfold.store import load, save, verify
from rankfold.vectors import as_vectors

LADDER = [from_spec({"codec": "scalar", "bits": bits}) for bits in (1, 2, 4)]


@pytest.fixture(scope="module")
def world():
    """700 rows with free norms and text ids, and weights over three powers of ten."""
    rng = np.random.default_rng(4)
    x = (rng.standard_normal((700, 32)) * rng.lognormal(0, 0.4, (700, 1))).astype(np.float32)
    ids = [f"item-{number:04d}" for number in rng.permutation(700)]
    return as_vectors(x, ids), np.exp(rng.uniform(0, 7, 700)).astype(np.float32)


@pytest.fixture(scope="module")
def rates(world):
    vectors, weight = world
    return measure_rates(vectors, LADDER, weight=weight)


def code_bytes(table):
    return sum(table.parts()[name] for name in ("codes", "scales"))


def test_any_budget_is_kept_and_used(world, rates):
    vectors, weight = world
    low, high = int(rates.row_bytes[0]), int(rates.row_bytes[-1])
    for asked in np.random.default_rng(0).uniform(low, high, 40):
        choice = choose_rates(rates, asked, weight=weight, lean=float(asked % 2))
        used = int(rates.row_bytes[choice].sum())
        extra = state_bytes([rates.fitted[rate].state for rate in np.unique(choice)])
        single = state_bytes([rates.fitted[int(np.flatnonzero(rates.row_bytes <= asked)[-1])].state])
        total = used + max(0, extra - single)
        assert total <= asked * vectors.count
        # What is left over is less than a step, or would not have paid for one more codec's state.
        books = sum(state_bytes([one.state]) for one in rates.fitted)
        assert total > asked * vectors.count - (high - low) - (0 if np.unique(choice).size > 1 else books)


def test_ids_travel_with_their_rows(world):
    vectors, weight = world
    table = compress_tiered(vectors, LADDER, 12.5, weight=weight)
    assert len(table.segments) > 1 and code_bytes(table) <= 12.5 * vectors.count
    assert sorted(table.ids.tolist()) == sorted(vectors.ids.tolist()) and table.ids.tolist() != vectors.ids.tolist()
    rows = table.row_of(vectors.ids)
    x = vectors.read()
    relative = np.linalg.norm(table.decode(rows) - x, axis=1) / np.linalg.norm(x, axis=1)
    assert relative.max() < 1.2 and relative.mean() < 0.6
    sizes = [segment.codec.row_bytes(32) for segment in table.segments]
    assert sizes == sorted(sizes, reverse=True)
    for segment in table.segments:
        back = [int(np.flatnonzero(vectors.ids == one)[0]) for one in table.ids[segment.first : segment.first + segment.count]]
        assert back == sorted(back)


def test_heavier_rows_get_more_bytes(world, rates):
    _, weight = world
    size = rates.row_bytes[choose_rates(rates, 12, weight=weight, lean=1.0)]
    heavy = weight > np.median(weight)
    assert size[heavy].mean() > size[~heavy].mean() + 3
    blind = rates.row_bytes[choose_rates(rates, 12, weight=weight, lean=0.0)]
    assert abs(blind[heavy].mean() - blind[~heavy].mean()) < 1.5
    assert np.array_equal(blind, rates.row_bytes[choose_rates(rates, 12)])


def test_weighted_error_is_below_that_of_one_size(world, rates):
    vectors, weight = world
    for place, size in enumerate(rates.row_bytes):
        choice = choose_rates(rates, float(size), weight=weight)
        mixed = (weight * rates.errors[np.arange(vectors.count), choice]).sum()
        assert mixed <= (weight * rates.errors[:, place]).sum() * (1 + 1e-6)


def test_same_seed_same_table_in_memory_and_on_disk(world, tmp_path):
    vectors, weight = world
    one = compress_tiered(vectors, LADDER, 13, weight=weight, seed=3)
    other = compress_tiered(vectors, LADDER, 13, weight=weight, seed=3, out=tmp_path / "a", note="tiers")
    assert save(one, tmp_path / "b").name == save(other, tmp_path / "b").name
    assert verify(tmp_path / "a") == [] and np.array_equal(load(tmp_path / "a").decode(), one.decode())


def test_search_by_id_is_that_of_the_decoded_rows(world):
    vectors, weight = world
    table = compress_tiered(vectors, LADDER, 11, weight=weight)
    queries = np.random.default_rng(8).standard_normal((9, 32)).astype(np.float32)
    decoded = table.decode(table.row_of(vectors.ids))
    scores = queries @ decoded.T
    hidden = np.zeros((9, 700), bool)
    hidden[:, ::7] = True
    scores[hidden] = -np.inf
    wanted = vectors.ids[np.argsort(-scores, axis=1)[:, :10]]
    masked = table.row_of(vectors.ids[::7])
    exclude = Rows.from_pairs(np.repeat(np.arange(9), masked.size), np.tile(masked, 9), 9)
    searcher = Searcher(table)
    assert np.array_equal(searcher.ids(searcher.search(queries, 10, exclude=exclude)), wanted)
    allow = np.ones(700, bool)
    allow[masked] = False
    assert np.array_equal(searcher.ids(searcher.search(queries, 10, allow=allow)), wanted)


def test_codebooks_count(world):
    vectors, weight = world
    pq = [from_spec({"codec": "pq", "groups": groups}) for groups in (4, 8)]
    rates = measure_rates(vectors, pq, weight=weight)
    books = [state_bytes([one.state]) for one in rates.fitted]
    assert books[1] > 16 * vectors.count
    # A second set of codebooks would take more than all codes: one size is all that these rows can pay for.
    choice = choose_rates(rates, float(rates.row_bytes[1]), weight=weight)
    assert np.unique(choice).size == 1
    assert np.unique(choose_rates(rates, float(rates.row_bytes[1]) - 0.5, weight=weight)).tolist() == [0]


def test_extreme_rows(world):
    x = np.random.default_rng(1).standard_normal((64, 16)).astype(np.float32)
    x[:20] *= 1e-20
    x[20:40] *= 1e18
    x[40:44] = 0
    table = compress_tiered(as_vectors(x, zero_rows="keep"), LADDER, 6)
    decoded = table.decode(table.row_of(np.arange(64)))
    assert np.isfinite(decoded).all() and not decoded[40:44].any()
    same = compress_tiered(as_vectors(np.ones((50, 16), np.float32)), LADDER, 6.5)
    assert code_bytes(same) <= 325 and np.allclose(same.decode().mean(axis=1), 1, atol=0.2)
    assert compress_tiered(as_vectors(x[:1]), LADDER, 6).count == 1


def test_refuses_what_cannot_be_had(world, tmp_path):
    vectors, weight = world
    with pytest.raises(BudgetError, match="smallest of these codecs takes 5 bytes"):
        compress_tiered(vectors, LADDER, 4.9, out=tmp_path / "store")
    assert not (tmp_path / "store").exists()
    for wrong in (0, -3, np.nan, np.inf, True, "16"):
        with pytest.raises(InputError, match="row_bytes"):
            compress_tiered(vectors, LADDER, wrong)
    with pytest.raises(InputError, match="lean"):
        compress_tiered(vectors, LADDER, 12, lean=-1)
    with pytest.raises(InputError, match="codecs: got 0"):
        compress_tiered(vectors, [], 12)
    with pytest.raises(InputError, match="weight"):
        compress_tiered(vectors, LADDER, 12, weight=weight[:-1])


def test_every_tier_is_fitted_to_the_queries(world):
    vectors, weight = world
    queries = (np.random.default_rng(1).standard_normal((200, 32)) * np.where(np.arange(32) < 4, 1, 0.1)).astype(np.float32)
    ladder = [from_spec({"codec": "viewed", "power": 0.5, "inner": {"codec": "trellis", "bytes": size}}) for size in (5, 17)]
    x, errors = vectors.read(), []
    for asked in (queries, None):
        fitted = measure_rates(vectors, ladder, queries=asked).fitted
        assert [("axes" in one.state) for one in fitted] == [asked is not None] * 2
        errors.append([float(np.square((one.codec.decode(one.state, Codes(one.codec.encode(one.state, x))) - x) @ queries.T).mean()) for one in fitted])
    assert (np.array(errors[0]) < 0.8 * np.array(errors[1])).all()
    assert all("axes" in segment.state for segment in compress_tiered(vectors, ladder, 11, queries=queries).segments)


def test_a_target_that_cannot_be_is_refused_before_any_work(world, tmp_path):
    vectors, _ = world
    (tmp_path / "file").write_text("mine")

    def never(stage, done, total):
        raise AssertionError(f"{stage} began")

    with pytest.raises(InputError, match="is a file; expected a folder"):
        compress_tiered(vectors, LADDER, 13, out=tmp_path / "file", progress=never)
    assert (tmp_path / "file").read_text() == "mine"
