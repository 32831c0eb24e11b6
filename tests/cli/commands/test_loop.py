"""`rankfold loop`."""

import json

from rankfold.store import load


def test_the_knob_is_turned_until_it_is_kept(rankfold, files, tmp_path):
    (tmp_path / "spec.json").write_text(json.dumps({"codec": "trellis", "bytes": 8}))
    asked = ["loop", files.path("items.npy"), "--codec", tmp_path / "spec.json", "-o", tmp_path / "v1", "--to", "12"]
    result = rankfold(*asked, "--until", "overlap@100>=70%", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    kept = {one["value"]: one["kept"] for one in document["tried"]}
    assert kept[document["value"]] >= 0.7 > kept[document["value"] - 1]
    assert load(tmp_path / "v1").segments[0].codec.row_bytes(16) == document["chosen"]["row_bytes"]
    shown = rankfold(*asked, "--until", "overlap@100>=70%").stdout
    assert "taken" in shown and "overlap@100 kept" in shown and "wrote" in shown


def test_what_cannot_be_kept_or_read_writes_nothing(rankfold, files, tmp_path):
    (tmp_path / "spec.json").write_text(json.dumps({"codec": "trellis", "bytes": 8}))
    asked = ["loop", files.path("items.npy"), "--codec", tmp_path / "spec.json", "-o", tmp_path / "v1", "--to", "3", "--from", "3"]
    for until, words in (("overlap@100>=99%", "is not kept at any bytes up to 3"), ("99%", "until: got"), ("ndcg@10>=99%", "expected overlap@100")):
        result = rankfold(*asked, "--until", until)
        assert result.exit_code == 3 and words in result.stderr, result.output
    assert not (tmp_path / "v1").exists()
