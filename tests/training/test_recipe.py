import pytest

from rankfold.errors import InputError
from rankfold.training.recipe import Recipe, published


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"batch": 2.5}, {"rate": 0.0}, {"rate": float("nan")}, {"wide": 1}, {"average": 1.0}, {"steps": True}, {"temperature": 0}]
)
def test_values_out_of_range_are_refused_by_name(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        Recipe(**wrong)


def test_whole_numbers_are_asked_for_as_such():
    with pytest.raises(InputError, match="batch: got 2.5; expected a whole number of 1 to"):
        Recipe(batch=2.5)
    with pytest.raises(InputError, match="rate: got 2.0; expected 1e-08 to"):
        Recipe(rate=2.0)


def test_the_rate_rises_first_and_falls_to_nothing():
    recipe = Recipe(steps=100, rate=0.01, decay=True)
    rates = [recipe.rate_at(step) for step in range(100)]
    assert rates[0] < 0.0011 and max(rates) > 0.009 and rates[-1] < 1e-5
    assert Recipe(steps=100, rate=0.01).rate_at(99) == 0.01


def test_the_values_a_row_may_use_fall_to_the_nonzeros():
    recipe = Recipe(steps=100, first=4, falling=0.5, wide_weight=0.0)
    counts = [recipe.terms(step, 8, 64, 256)[0].count for step in range(100)]
    assert counts[0] == 32 and counts[50:] == [8] * 50 and counts == sorted(counts, reverse=True)


def test_terms_rise_and_one_is_the_length_that_rows_are_coded_at():
    terms = Recipe(nested=True, wide_share=0.25).terms(0, 8, 4096, 400)
    assert [(term.count, term.rows, term.main) for term in terms] == [(2, 400, False), (4, 400, False), (8, 400, True), (32, 100, False)]
    tiny = Recipe(nested=True).terms(0, 1, 3, 400)
    assert [(term.count, term.main) for term in tiny] == [(1, True), (3, False)]
    (alone,) = Recipe().terms(0, 8, 8, 400)
    assert alone.main


def test_the_published_recipe_is_the_papers():
    recipe = published()
    assert (recipe.batch, recipe.steps, recipe.tied, recipe.decay, recipe.revive, recipe.average) == (100_000, 500, False, False, 0, 0.0)
    terms = recipe.terms(0, 32, 4096, 1000)
    assert [(term.count, term.weight, term.rows) for term in terms] == [(32, 1.0, 1000), (128, 0.125, 1000)]
    assert published(steps=7).steps == 7
