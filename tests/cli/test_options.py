"""Options that commands share mean the same everywhere."""

import pytest

from rankfold.cli import options
from rankfold.cli.app import COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_json_and_lists_the_exit_codes(rankfold, command):
    help_text = rankfold(command, "--help").stdout
    assert "--json" in help_text
    for code in ("0  done", "2  wrong usage", "3  bad input", "4  a gate failed", "5  integrity", "130  interrupted"):
        assert code in help_text


@pytest.mark.parametrize("command", COMMANDS)
def test_the_list_of_commands_says_what_each_command_says(rankfold, command):
    assert COMMANDS[command] in " ".join(rankfold(command, "--help").stdout.split())


def test_json_is_remembered_for_errors():
    class Context:
        obj = None

        def find_root(self):
            return self

    context = Context()
    assert options._note_json(context, True) is True
    assert context.obj == {"json": True}
