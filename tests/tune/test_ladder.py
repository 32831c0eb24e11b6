"""A ladder of light sizes, fitted once each; within the mean bytes, whatever it costs."""

import numpy as np
import pytest

from rankfold.adaptive.tiers import rates_of, state_bytes
from rankfold.codecs import from_spec
from rankfold.errors import BudgetError, InputError
from rankfold.tune.ladder import MOST_FORMS, choose_within, fit_ladder, ladder, tiered
from rankfold.vectors import as_vectors


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((700, 32)) @ rng.standard_normal((32, 32)) * rng.lognormal(0, 0.3, (700, 1))
    return as_vectors(x.astype(np.float32)), np.concatenate([np.full(100, 20.0), np.full(600, 1.0)]).astype(np.float32)


def test_sizes_lie_around_the_mean(rows):
    sizes = [codec.row_bytes(32) for codec in ladder(rows[0], 12.0)]
    assert min(sizes) == 4 and max(sizes) == 25 and 12 in sizes and len(sizes) <= 10


def test_heavy_rows_get_more_within_the_mean(rows):
    vectors, weight = rows
    table = tiered(vectors, 8.0, weight=weight, codebooks=1 << 30)
    parts = table.parts()
    assert sum(parts[part] for part in ("codes", "scales")) <= 8 * vectors.count and len(table.segments) > 1
    size = np.concatenate([np.full(segment.count, segment.codec.row_bytes(32)) for segment in table.segments])[table.row_of(vectors.ids)]
    assert size[:100].mean() > 1.5 * size[100:].mean() and size.min() >= 8 / 3
    # The same rows in one size, the same codec: nearer in the weighted sum.
    error = np.linalg.norm(table.decode(table.row_of(vectors.ids)) - vectors.read(), axis=1) @ weight
    one = fit_ladder(vectors, [from_spec({"codec": "trellis", "bytes": 8})], weight=weight)
    assert error < 0.95 * (one.errors[:, 0] @ weight)


def test_fitted_on_the_rows_named(rows):
    vectors, weight = rows
    half = np.arange(0, 700, 2)
    strange = vectors.read().copy()
    strange[1::2] = strange[1::2][::-1]
    made = [tiered(as_vectors(x), 8.0, weight=weight, rows=half) for x in (vectors.read(), strange)]
    assert all(np.array_equal(a, b) for one, two in zip(*(table.segments for table in made)) for a, b in zip(one.state.values(), two.state.values()))
    assert np.array_equal(made[0].decode(made[0].row_of(half)), made[1].decode(made[1].row_of(half)))


def test_forms_of_one_codec_share_its_state(rows):
    vectors, _ = rows
    rates = fit_ladder(vectors, [from_spec({"codec": "residual", "levels": 6, "refits": 0})])
    assert len(rates.fitted) == MOST_FORMS and rates.row_bytes.tolist() == [3, 4, 5, 7]
    assert state_bytes([one.state for one in rates.fitted]) == state_bytes([rates.fitted[0].state])
    assert (np.diff(rates.errors.mean(axis=0)) < 0).all()


def test_codebooks_beyond_those_allowed_are_paid_by_the_rows(rows):
    vectors, weight = rows
    rates = fit_ladder(vectors, ladder(vectors, 12.0), weight=weight)
    for allowed in (2_000, 1 << 30):
        choice = choose_within(rates, 12.0, 0.0, weight=weight, codebooks=allowed)
        used = state_bytes([rates.fitted[rate].state for rate in np.unique(choice)])
        assert rates.row_bytes[choice].sum() + max(0, used - allowed) <= 12 * vectors.count


def test_errors_of_large_tables_follow_the_lengths(rows):
    vectors, _ = rows
    fitted = fit_ladder(vectors, [from_spec({"codec": "trellis", "bytes": 8})]).fitted
    whole, some = (rates_of(vectors, fitted, unit=False, most=most).errors[:, 0] for most in (None, 400))
    assert np.corrcoef(whole, some)[0, 1] > 0.9 and some.mean() == pytest.approx(whole.mean(), rel=0.05)


def test_what_cannot_be_had_is_said(rows):
    with pytest.raises(BudgetError, match="not enough"):
        tiered(rows[0], 1.5)
    with pytest.raises(BudgetError, match="no codec"):
        tiered(rows[0], 0.2)
    with pytest.raises(InputError, match="least: got 2"):
        tiered(rows[0], 8.0, least=2)


def test_same_seed_same_table(rows):
    vectors, weight = rows
    one, two = (tiered(vectors, 9.0, weight=weight, seed=4) for _ in range(2))
    assert np.array_equal(one.ids, two.ids) and np.array_equal(one.decode(), two.decode())
