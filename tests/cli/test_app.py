"""Commands by name, and errors as exit codes."""

import json
import sys

import pytest

from rankfold import errors
from rankfold.cli import app
from rankfold.cli.commands import verify as verify_command


@pytest.fixture
def failing(monkeypatch):
    """Makes `rankfold verify` raise the given error."""

    def arm(error: BaseException) -> None:
        def raise_it(path):
            raise error

        monkeypatch.setattr(verify_command, "find_damage", raise_it)

    return arm


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InputError("no"), 3),
        (errors.SpecError("no"), 3),
        (errors.BudgetError("no"), 3),
        (errors.MissingExtra("pyarrow", "parquet"), 3),
        (errors.ArtifactError("no"), 5),
        (OSError(28, "No space left on device", "x"), 3),
        (MemoryError(), 3),
        (ZeroDivisionError("odd"), 1),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("as_json", [False, True])
def test_every_error_is_one_line_and_one_code(rankfold, failing, error, code, as_json):
    failing(error)
    result = rankfold("verify", "x", *(["--json"] if as_json else []))
    assert result.exit_code == code
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    if as_json:
        assert json.loads(result.stdout)["error"]["exit_code"] == code
    else:
        assert result.stdout == ""


def test_a_traceback_is_shown_when_asked_for(rankfold, failing):
    failing(ZeroDivisionError("odd"))
    result = rankfold("--traceback", "verify", "x")
    assert result.exit_code == 1
    assert "Traceback" in result.stderr


def test_json_before_a_usage_error_changes_nothing(rankfold):
    result = rankfold("verify", "--json", "--nonsense")
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_a_typo_is_answered_with_a_suggestion(rankfold):
    assert "compress" in rankfold("compres").stderr


def test_only_the_called_command_is_loaded(rankfold, monkeypatch):
    for name in list(sys.modules):
        if name.startswith("rankfold.cli.commands."):
            monkeypatch.delitem(sys.modules, name)
    rankfold("doctor", "--no-speed")
    loaded = {name.rsplit(".", 1)[1] for name in sys.modules if name.startswith("rankfold.cli.commands.")}
    assert loaded == {"doctor"}


def test_every_listed_command_is_there():
    for name in app.COMMANDS:
        assert app._load(name).name == name
