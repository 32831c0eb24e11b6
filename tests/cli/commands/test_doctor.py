"""`rankfold doctor`."""

import json

from typer.testing import CliRunner

from rankfold import kernels
from rankfold.cli.app import app


def test_it_names_the_level_in_use():
    result = CliRunner().invoke(app, ["doctor", "--no-speed"])
    assert result.exit_code == 0
    assert f"{kernels.level()} in use" in result.stdout


def test_json_holds_the_same(monkeypatch):
    result = CliRunner().invoke(app, ["doctor", "--no-speed", "--json"])
    document = json.loads(result.stdout)
    assert document["kernel_levels"] == kernels.levels()
    assert document["kernel_speed"] is None


def test_speeds_are_shown_for_each_level():
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 0
    assert "rows/s" in result.stdout
    assert all(name in result.stdout for name in ("lut8", "dot8", "select"))


def test_an_unknown_level_is_bad_input(monkeypatch):
    monkeypatch.setenv("RANKFOLD_KERNELS", "v99")
    result = CliRunner().invoke(app, ["doctor", "--json"])
    assert result.exit_code == 3
    assert json.loads(result.stdout)["error"]["kind"] == "KernelError"
    assert "v99" in result.stderr
