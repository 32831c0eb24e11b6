import dataclasses

import pytest

from rankfold import codec as codec_module
from rankfold import codecs
from rankfold.codec import Codec, check_choice, check_range, codec, describe, fit_codec, inner_of, registered, settled, to_spec
from rankfold.codecs.int8 import Int8
from rankfold.codecs.normed import Normed
from rankfold.codecs.reduced import Reduced
from rankfold.codecs.scalar import Scalar
from rankfold.errors import SpecError


class Blank:
    """Every method that a codec needs, doing nothing."""

    def fit(self, x, weight, rng): ...
    def encode(self, state, x): ...
    def decode(self, state, codes): ...
    def prepare(self, state, queries): ...
    def pack(self, state, codes): ...
    def scan(self, prepared, packed, out): ...
    def score(self, state, prepared, number, codes): ...
    def row_bytes(self, dim): ...
    @classmethod
    def ladder(cls, dim): ...


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    monkeypatch.setattr(codec_module, "_registry", registered())


def declared(name="blank", version=1, methods=Blank, **hints):
    made = type("Made", (), {**{key: value for key, value in vars(methods).items() if not key.startswith("__")}, "__annotations__": hints})
    return codec(name, version=version)(made)


def test_declaring_makes_a_frozen_value():
    made = declared(bits=int)
    one = made(3)
    assert isinstance(one, Codec) and one == made(3) and hash(one) == hash(made(3))
    assert (one.name, one.version, one.slack, one.any_norm) == ("blank", 1, 0.001, False)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.bits = 4
    assert registered()["blank"] is made


def test_declaring_without_a_method_is_refused():
    lacking = type("Lacking", (), {key: value for key, value in vars(Blank).items() if key not in ("scan", "pack")})
    with pytest.raises(SpecError, match="lacks pack, scan"):
        codec("lacking", version=1)(lacking)


def test_a_codec_that_sees_queries_must_take_them_and_no_other_is_given_any():
    with pytest.raises(SpecError, match="fit of Made take none"):
        codec("deaf", version=1, sees_queries=True)(type("Made", (Blank,), {}))
    told = {name: getattr(Blank, name) for name in vars(Blank) if not name.startswith("__")}
    told |= {"fit": lambda self, x, weight, rng, queries=None: {"seen": queries}, "settle": lambda self, x, weight, rng, queries=None: queries}
    sees = codec("sees", version=1, sees_queries=True)(type("Sees", (), {**told, "__annotations__": {"open": int | None}}))(None)
    assert fit_codec(sees, "x", "w", "rng", "asked") == {"seen": "asked"} and settled(sees, "x", "w", "rng", "asked") == "asked"
    assert fit_codec(sees, "x", "w", "rng") == {"seen": None}
    blind = declared("blind")()
    assert not blind.sees_queries and fit_codec(blind, "x", "w", "rng", "asked") is None


def test_declaring_with_a_field_that_json_cannot_hold_is_refused():
    with pytest.raises(SpecError, match="'books'"):
        declared(books=list)


def test_declaring_with_many_fields_is_refused():
    with pytest.raises(SpecError, match="7 fields"):
        declared(**{f"f{number}": int for number in range(7)})


def test_a_name_has_one_owner():
    with pytest.raises(SpecError, match="owns this name"):
        declared(name=Int8.name)


def test_specs_nest_and_come_back():
    one = Normed(Reduced(16, inner=Scalar(2)))
    spec = to_spec(one)
    assert spec["inner"]["inner"] == {"codec": "scalar", "version": 1, "bits": 2}
    assert codecs.from_spec(spec) == one
    assert inner_of(one) == Reduced(16, inner=Scalar(2)) and inner_of(Int8()) is None


def test_description_shows_the_first_number_and_leaves_out_other_defaults():
    assert describe(Int8()) == "int8"
    assert describe(Scalar(2)) == "scalar(bits=2)" and describe(Scalar()) == "scalar(bits=4)"
    assert describe(Normed(Reduced(16))) == "normed(reduced(dims=16, int8))"


@pytest.mark.parametrize("value", [0, 9, True, float("nan")])
def test_range_check_names_the_setting(value):
    with pytest.raises(SpecError, match="bits: got"):
        check_range("bits", value, 1, 8)


def test_choice_check_lists_the_choices():
    check_choice("kind", "pca", ("random", "pca"))
    with pytest.raises(SpecError, match="expected one of random, pca"):
        check_choice("kind", "fast", ("random", "pca"))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (["scalar"], "spec: got"),
        ({"bits": 4}, "spec: got"),
        ({"codec": "nothing"}, "expected one of half, int8"),
        ({"codec": "../half"}, "codec: got"),
        ({"codec": ["half"]}, "codec: got"),
        ({"codec": "scalar", "version": 99}, "version of codec 'scalar'"),
        ({"codec": "scalar", "version": True}, "version of codec 'scalar'"),
        ({"codec": "scalar", "bit": 4}, "unknown setting bit"),
        ({"codec": "largest"}, "lacks keep"),
        ({"codec": "scalar", "bits": "4"}, "setting 'bits'"),
        ({"codec": "scalar", "bits": 4.0}, "setting 'bits'"),
        ({"codec": "scalar", "bits": True}, "setting 'bits'"),
        ({"codec": "scalar", "bits": 9}, "bits: got 9"),
        ({"codec": "normed", "inner": 3}, "setting 'inner'"),
        ({"codec": "scalar", "bits": {"codec": "half"}}, "setting 'bits'"),
    ],
)
def test_bad_specs_are_refused(spec, message):
    with pytest.raises(SpecError, match=message):
        codecs.from_spec(spec)


def test_endless_nesting_is_refused():
    spec = {"codec": "half"}
    for _ in range(20):
        spec = {"codec": "normed", "inner": spec}
    with pytest.raises(SpecError, match="inside each other"):
        codecs.from_spec(spec)
