"""Bars on a terminal, nothing anywhere else."""

import io

from rich.console import Console

from rankfold.cli.progress import shown


def written(terminal: bool) -> str:
    stream = io.StringIO()
    with shown(Console(file=stream, force_terminal=terminal, width=100, color_system=None)) as progress:
        for done in (0, 500, 1_000):
            progress("encode", done, 1_000)
        for done in (0, 1):
            progress("encode", done, 1)
    return stream.getvalue()


def test_a_pipe_gets_nothing():
    assert written(terminal=False) == ""


def test_a_terminal_sees_the_stage():
    assert "encode" in written(terminal=True)


def test_nothing_is_left_behind_after_the_work():
    assert "encode" not in written(terminal=True).rsplit("\x1b[2K", 1)[-1]
