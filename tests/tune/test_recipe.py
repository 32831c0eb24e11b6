"""Recipes: written, read, the same; what is no recipe is refused."""

import pytest

from rankfold.codecs import from_spec
from rankfold.errors import ArtifactError, InputError, SpecError
from rankfold.tune.recipe import Recipe, read_recipe, write_recipe

SPECS = [
    {"codec": "half"},
    {"codec": "normed", "inner": {"codec": "residual", "levels": 16}},
    {"codec": "normed", "inner": {"codec": "pq", "groups": 8, "rotation": "learned"}},
    {"codec": "reduced", "dims": 12, "inner": {"codec": "scalar", "bits": 4}},
    {"codec": "sparse", "bytes": 16, "dictionary": 512},
    {"codec": "layered", "bytes": 24},
    {"codec": "viewed", "power": 0.5, "inner": {"codec": "trellis", "bytes": 6}},
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec["codec"])
def test_what_is_written_is_read(tmp_path, spec):
    made = Recipe(from_spec(spec), True, "none", 7, "ab", {"total_bytes": 5, "max_loss": 0.01}, {"codec": 'a "name"\\ \x7f ü', "loss": -0.0012})
    write_recipe(tmp_path / "new" / "r.toml", made)
    assert read_recipe(tmp_path / "new" / "r.toml") == made
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["r.toml"]


def test_little_is_needed(tmp_path):
    (tmp_path / "r.toml").write_text('format = 1\n[codec]\ncodec = "half"\n')
    assert read_recipe(tmp_path / "r.toml") == Recipe(from_spec({"codec": "half"}))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("format = ", "is not TOML"), ("", "format None"), ("format = 2", "newer"), ("format = 1", "no codec"), ("format = true", "format = True"),
        ('format = 1\nwhat = 1\n[codec]\ncodec = "half"', "unknown what"), ('format = 1\nseed = "0"\n[codec]\ncodec = "half"', "seed = '0'"),
        ('format = 1\nweight = "all"\n[codec]\ncodec = "half"', "weight = 'all'"), ('format = 1\nseed = -1\n[codec]\ncodec = "half"', "seed = -1"),
        ('format = 1\n[codec]\ncodec = "halb"', "halb"), ("a = 1\n" * 200_000, "has more than"),
    ],
)  # fmt: skip
def test_other_files_are_refused(tmp_path, text, match):
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises((InputError, SpecError), match=match):
        read_recipe(tmp_path / "r.toml")


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="cannot be written"):
        write_recipe(tmp_path / "file" / "r.toml", Recipe(from_spec({"codec": "half"})))


def test_details_say_nothing_that_was_measured():
    one = Recipe(from_spec({"codec": "half"}), measured={"loss": 0.1}, budget={"row_bytes": 8})
    assert one.details() == Recipe(from_spec({"codec": "half"})).details() and "loss" not in str(one.details())
