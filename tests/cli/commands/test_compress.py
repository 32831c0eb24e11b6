"""`rankfold compress`."""

import json
import shlex

import numpy as np
import pytest

from rankfold.report import card_of, check
from rankfold.store import load, read_manifest, verify


@pytest.fixture
def compress(rankfold, files, tmp_path):
    """Runs compress on the small files with one cheap codec; what is given is added, and --codec can be replaced."""

    def call(*more, spec={"codec": "int8"}, judged=True):  # noqa: B006
        (tmp_path / "spec.json").write_text(json.dumps(spec))
        how = ["--codec", tmp_path / "spec.json"] if spec else []
        evidence = ["--users", files.path("users.npy"), "--interactions", files.path("clicks.csv")] if judged else []
        return rankfold("compress", files.path("items.npy"), *evidence, *how, "-o", tmp_path / "v1", *more)

    return call


def test_the_artifact_and_its_figures_are_written(compress, tmp_path):
    result = compress()
    assert result.exit_code == 0, result.output
    assert verify(tmp_path / "v1") == []
    assert load(tmp_path / "v1").count == 600
    report = json.loads((tmp_path / "v1.report.json").read_text())
    check(report)
    assert json.loads((tmp_path / "v1.card.json").read_text()) == card_of(report) and "## Limits" in (tmp_path / "v1.card.md").read_text()
    assert "v1.card.md" in result.stdout
    for part in ("codes", "ids", "after", "ndcg@10", "loss", "n =", "head", "tail", "peak memory", "next: rankfold report"):
        assert part in result.stdout


def test_json_is_one_document_with_everything(compress, tmp_path):
    result = compress("--json")
    document = json.loads(result.stdout)
    assert document["chosen"]["codec"]["codec"] == "int8" or document["chosen"]["codec"]["codec"] == "normed"
    assert document["chosen"]["bytes"] == load(tmp_path / "v1").parts()
    loss = document["chosen"]["loss"]
    assert loss["low"] <= loss["drop"] <= loss["high"] < 0.2
    assert document["gate"] is None
    assert document["float32_bytes"] == 600 * 16 * 4
    assert document["next"].startswith("rankfold report ")


def test_codes_in_the_users_metric_see_the_users_that_choose(compress, tmp_path):
    viewed = {"codec": "viewed", "power": 0.5, "inner": {"codec": "trellis", "bytes": 6}}
    for judged in (True, False):
        assert compress(spec=viewed, judged=judged).exit_code == 0
        segment = load(tmp_path / "v1").segments[0]
        assert ("axes" in segment.state) is judged and segment.codec.row_bytes(16) == 6


def test_a_target_picks_from_a_short_list(compress, tmp_path):
    document = json.loads(compress("--target", "4x", "--json", spec=None).stdout)
    assert len(document["tried"]) >= 3
    assert all(point["row_bytes"] <= 16 for point in document["tried"])
    assert document["chosen"]["name"] in {point["name"] for point in document["tried"]}
    details = read_manifest(next(path for path in (tmp_path / "v1").iterdir() if path.is_dir())).made["details"]
    assert details["asked"] == "4x"
    assert details["weighted"] is True


def test_bytes_and_target_mean_the_same_size(compress):
    plans = [json.loads(compress(*size, "--dry-run", "--json", spec=None).stdout)["would_try"] for size in (["--target", "4x"], ["--bytes", "16"])]
    assert plans[0] == plans[1]
    assert plans[0]


def test_a_dry_run_writes_nothing(compress, tmp_path):
    result = compress("--dry-run")
    assert result.exit_code == 0
    assert "nothing was written" in result.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["spec.json"]


@pytest.mark.parametrize("allowed", ["0.9", "0.0"])
def test_the_gate_publishes_or_does_not(compress, tmp_path, allowed):
    result = compress("--max-drop", allowed, "--json", spec={"codec": "scalar", "bits": 1})
    document = json.loads(result.stdout)
    passed = document["chosen"]["loss"]["high"] <= float(allowed)
    assert passed == (allowed == "0.9")
    assert result.exit_code == (0 if passed else 4)
    assert (tmp_path / "v1").exists() == passed
    assert (tmp_path / "v1.report.json").exists() == (tmp_path / "v1.card.md").exists() == passed
    assert ("error" in document) == (not passed)
    assert (document["gate"]["state"] == "pass") == passed


def test_a_gate_without_evidence_fails_before_any_work(compress, tmp_path):
    result = compress("--max-drop", "0.9", judged=False)
    assert result.exit_code == 4
    assert "not measured" in result.stderr
    assert not (tmp_path / "v1").exists()


def test_without_users_it_says_what_could_not_be_checked(compress):
    document = json.loads(compress("--json", judged=False).stdout)
    assert document["chosen"]["loss"] is None
    assert 0 < document["chosen"]["fidelity"]["overlap@100"]["mean"] <= 1
    assert any("could not be checked" in finding["text"] for finding in document["findings"])


def test_users_alone_give_agreement(rankfold, files, tmp_path):
    result = rankfold(
        "compress", files.path("items.npy"), "--users", files.path("users.npy"), "--codec", files.path("spec.json"), "-o", tmp_path / "v1", "--json"
    )
    document = json.loads(result.stdout)
    assert document["chosen"]["loss"] is None
    assert document["chosen"]["fidelity"]["overlap@10"]["mean"] > 0.99


def test_the_same_seed_gives_the_same_artifact(compress):
    spec = {"codec": "pq", "groups": 4}
    first, second, other = (json.loads(compress("--seed", seed, "--json", spec=spec).stdout)["artifact"] for seed in ("3", "3", "4"))
    assert first == second
    assert first != other


def test_no_weights_when_told_so(compress, tmp_path):
    artifact = json.loads(compress("--weight", "none", "--json").stdout)["artifact"]
    assert read_manifest(artifact).made["details"]["weighted"] is False


def test_unit_rows_and_space_are_kept(compress, tmp_path):
    assert compress("--unit", "--space", "model-9").exit_code == 0
    table = load(tmp_path / "v1")
    assert (table.unit, table.space) == (True, "model-9")


def test_ids_of_one_s_own(compress, tmp_path):
    (tmp_path / "ids.txt").write_text("\n".join(f"w{row}" for row in range(600)))
    assert compress("--ids", tmp_path / "ids.txt", judged=False).exit_code == 0
    assert load(tmp_path / "v1").ids[3] == b"w3"


@pytest.mark.parametrize("more", [["--target", "4x"], ["--bytes", "3", "--target", "4x"], ["--weight", "maybe"], ["--bytes", "0"], ["--seed", "-1"]])
def test_wrong_usage(compress, more):
    assert compress(*more).exit_code == 2


def test_no_size_at_all_is_wrong_usage(compress):
    assert compress(spec=None).exit_code == 2


@pytest.mark.parametrize(("target", "message"), [("0x", "target"), ("many", "expected a ratio"), ("1000x", "less than one byte"), ("64x", "smallest size")])
def test_sizes_that_cannot_be_had(compress, tmp_path, target, message):
    result = compress("--target", target, spec=None)
    assert result.exit_code == 3
    assert message in result.stderr
    assert not (tmp_path / "v1").exists()


def test_zero_rows_are_refused_unless_kept(rankfold, files, tmp_path):
    items = files.items.copy()
    items[11] = 0
    np.save(tmp_path / "items.npy", items)
    arguments = ["compress", tmp_path / "items.npy", "--codec", files.path("spec.json"), "-o", tmp_path / "v1"]
    refused = rankfold(*arguments)
    assert refused.exit_code == 3
    assert "row 11" in refused.stderr
    assert rankfold(*arguments, "--zero-rows", "keep").exit_code == 0


def test_an_artifact_is_not_a_store(compress, rankfold, files, tmp_path):
    artifact = json.loads(compress("--json").stdout)["artifact"]
    result = rankfold("compress", files.path("items.npy"), "--codec", files.path("spec.json"), "-o", artifact)
    assert result.exit_code == 3
    assert "is an artifact" in result.stderr


def test_without_users_there_are_no_popularity_buckets(compress):
    assert json.loads(compress("--json", judged=False).stdout)["chosen"]["buckets"] == {}


def test_the_report_holds_the_command_that_made_it(compress, files, tmp_path):
    compress("--unit", "--seed", "5", "--json")
    (command,) = json.loads((tmp_path / "v1.report.json").read_text())["reproduce"]
    expected = ["rankfold", "compress", files.path("items.npy"), "--out", tmp_path / "v1", "--users", files.path("users.npy")]
    expected += ["--interactions", files.path("clicks.csv"), "--codec", tmp_path / "spec.json", "--unit", "--seed", "5"]
    assert shlex.split(command) == [str(part) for part in expected]


def test_tiers_are_an_ordinary_artifact_in_the_bytes_of_one_size(compress, rankfold, files, tmp_path):
    one = json.loads(compress("--json", spec={"codec": "scalar", "bits": 4}).stdout)
    result = compress("--json", "--tiers", spec={"codec": "scalar", "bits": 4})
    document = json.loads(result.stdout)
    check(json.loads((tmp_path / "v1.report.json").read_text()))
    table = load(tmp_path / "v1")
    if len(table.segments) == 1:
        assert any("Tiers were refused" in finding["text"] for finding in document["findings"])
        return
    assert document["chosen"]["name"].startswith("tiers(") and len(document["tried"]) == 2
    assert sum(document["chosen"]["bytes"].values()) <= sum(one["chosen"]["bytes"].values())
    assert sum(tier["rows"] for tier in document["chosen"]["codec"]["tiers"]) == 600
    given = ("--users", files.path("users.npy"), "--interactions", files.path("clicks.csv"), "--json")
    again = rankfold("evaluate", tmp_path / "v1", "--against", files.path("items.npy"), *given)
    assert again.exit_code == 0 and json.loads(again.stdout)["loss"]["before"] == document["chosen"]["loss"]["before"]


def test_a_codec_that_fits_worse_than_scalar_codes_is_named_and_replaced_only_with_fallback(rankfold, files, tmp_path):
    (tmp_path / "spec.json").write_text('{"codec": "pq", "groups": 4, "bits": 4}')
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).standard_normal((400, 64), dtype=np.float32) * (np.arange(64) < 4).astype(np.float32))
    chosen = []
    for more in ((), ("--fallback",)):
        result = rankfold("compress", tmp_path / "rows.npy", "--out", tmp_path / "out", "--codec", tmp_path / "spec.json", "--json", *more)
        assert result.exit_code == 0
        chosen.append(json.loads(result.stdout)["chosen"]["codec"])
        said = (tmp_path / "out.report.json").read_text()
        assert ("squared error of directions" in said) is not bool(more)
    assert "pq" in str(chosen[0]) and "pq" not in str(chosen[1])
    refused = rankfold("compress", tmp_path / "rows.npy", "--out", tmp_path / "out", "--target", "8x", "--fallback")
    assert refused.exit_code == 2 and "without --codec" in refused.stderr
