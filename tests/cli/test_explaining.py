"""What latents stand for, as text."""

from rankfold.cli.explaining import _signed, item_lines, latent_lines, named, pair_lines
from rankfold.explain import Item, ItemReading, LatentReading, PairReading, Strong
from rankfold.explain.items import Active
from rankfold.explain.pairs import Crossed, Shared

SEA = Strong(Item("wave", "A wave"), 0.5)


def test_numbers_with_signs_have_the_same_places():
    assert _signed([0.5, -0.0004, 0]) == ["+0.500", "+0.000", "+0.000"]
    assert _signed([1234.5, -1]) == ["+1,234", "-1"]
    assert _signed([0.0]) == ["+0.0"] and _signed([]) == []
    assert _signed([3e-20])[0].startswith("+0.0000")


def test_items_have_titles_or_ids():
    assert named(Item(7, "")) == "7" and named(Item("a\x1b[2J", "")) == "a [2J"
    assert named(Item("a", "x" * 300)) == "x" * 67 + "... [a]"


def test_an_item_shows_ten_latents_and_sums_the_rest():
    active = [Active(latent, 0.5 / (latent + 1), 0.05, 40, 0.4, (SEA,)) for latent in range(12)]
    lines = item_lines(ItemReading(Item("calm", "Calm sea"), 1.0, tuple(active)))
    assert lines[0] == "Calm sea [calm]" and "12 latents" in lines[1] and lines[-1] == "  and 2 smaller ones, together 10.0 % of the item"
    assert sum("A wave [wave]" in line for line in lines) == 10
    assert item_lines(ItemReading(Item("none", ""), 0.0, ()))[-1] == "  a row of zeros: it scores 0 with every item"


def test_a_latent_shows_both_ends():
    lines = latent_lines(LatentReading(4, 2, 0.02, {"head": 0.5, "tail": 0.0}, 0.45, 0.5, (SEA,), (Strong(Item("rock", ""), -0.4),)))
    assert lines == [
        "latent 4: in 2 items, 2.0 % of all (head 50.0 %, tail 0.0 %); mean size 0.450; + in 50.0 % of them",
        "    +0.500  A wave [wave]",
        "    -0.400  rock",
    ]
    assert latent_lines(LatentReading(5, 0, 0.0, None, 0.0, 0.0, (), ())) == ["latent 5: dead, no item has it"]


def test_a_pair_shows_what_is_shared_and_what_is_not():
    shared, crossed = Shared(3, 0.8, 0.5, 0.4, (SEA,)), Crossed(3, 9, 0.1)
    lines = pair_lines(PairReading(Item("a", ""), Item("b", ""), 0.5, 0.5, 0.4, 0.1, (shared,), (crossed,)))
    text = "\n".join(lines)
    assert "1 latent that both have" in text and "80.0 %" in text and "20.0 %" in text
    assert lines[-1] == "  largest of the different ones: 3 in 1 with 9 in 2 (+0.100)"


def test_shares_of_a_score_below_zero_are_not_shown():
    lines = pair_lines(PairReading(Item("a", ""), Item("b", ""), -0.5, -0.5, 0.0, -0.5, (), (Crossed(1, 2, -0.5),)))
    assert not any("%" in line for line in lines) and "0 latents that both have" in "\n".join(lines)
