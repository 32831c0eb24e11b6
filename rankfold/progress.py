"""How long work tells what it has done: a function that is called with a stage, rows done and rows in all."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Say nothing: the default of every `progress` argument."""
