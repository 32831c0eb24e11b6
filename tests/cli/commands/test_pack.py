"""`rankfold pack`."""

import json
import shutil
from pathlib import Path


def test_searches_use_what_was_packed_and_give_the_same(rankfold, files, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(files.path("store"), store)
    ask = ["search", store, "--queries", files.path("users.npy"), "-k", 5, "--json"]
    before = json.loads(rankfold(*ask).stdout)["results"]
    document = json.loads(rankfold("pack", store, "--json").stdout)
    place = Path(document["path"])
    assert place.name.endswith(".packed") and document["bytes"] == sum(file.stat().st_size for file in place.iterdir())
    assert json.loads(rankfold(*ask).stdout)["results"] == before
    (place / "packing.json").write_text("{}")
    broken = rankfold(*ask)
    assert broken.exit_code != 0 and "Pack it again" in json.loads(broken.stdout)["error"]["message"]
    assert rankfold("pack", store).exit_code == 0 and json.loads(rankfold(*ask).stdout)["results"] == before


def test_other_levels_are_refused(rankfold, files):
    assert "expected whole or coarse" in rankfold("pack", files.path("store"), "--level", "fine").stderr
    assert "no coarse level" in rankfold("pack", files.path("store"), "--level", "coarse").stderr
