"""Ablation: every variant is named, and only what it says is different."""

from rankfold.distillation import Terms, ablation, distil
from rankfold.distillation.ablation import variants


def test_variants_of_the_default_terms():
    names = [name for name, _ in variants(Terms())]
    assert names == ["as given", "without lists", "without rows", "with contrast", "with triplet", "with directions", "with neighbours"]


def test_variants_of_three_terms_are_also_tried_alone():
    found = dict(variants(Terms(contrast=0.5)))
    assert found["contrast alone"] == Terms(lists=0, rows=0, contrast=0.5) and found["with triplet"] == Terms(contrast=0.5, triplet=1.0)


def test_one_term_is_never_left_out():
    assert "without lists" not in dict(variants(Terms(rows=0)))


def test_the_first_variant_is_the_plain_result(world, spoilt):
    vectors, users, seen = world
    tried = ablation(spoilt, vectors, users, seen=seen, steps=3)
    plain = distil(spoilt, vectors, users, seen=seen, steps=3)
    assert [one.name for one in tried] == [name for name, _ in variants(Terms())]
    assert tried[0].result.to_dict() == plain.to_dict() and tried[1].result.curve != plain.curve
    assert tried[0].to_dict()["terms"] == Terms().weights()
