"""Progress on stderr: stage, rows a second and time left. Only on a terminal; nothing is written anywhere else."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from ..progress import Progress as Report
from ..progress import silent
from .render import rate

# Stages that count fewer things than this count codecs or steps, not rows.
LEAST_ROWS = 1_000


class _Speed(ProgressColumn):
    """Rows a second, once there is something to divide."""

    def render(self, task: Task) -> Text:
        return Text(rate(task.speed, "rows") if task.speed and task.total and task.total >= LEAST_ROWS else "")


@contextmanager
def shown(console: Console | None = None) -> Iterator[Report]:
    """A progress function to hand down. Draws bars while open on a terminal, and leaves nothing behind; silent elsewhere."""
    console = console or Console(file=sys.stderr)
    if not console.is_terminal:
        yield silent
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f} %"),
        _Speed(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bars:
        yield _reporter(bars)


def _reporter(bars: Progress) -> Report:
    stages: dict[str, TaskID] = {}

    def report(stage: str, done: int, total: int) -> None:
        if stage not in stages:
            stages[stage] = bars.add_task(stage, total=total)
        number = stages[stage]
        # The same stage may come again, for the next codec or data set: it starts over.
        if done < bars.tasks[bars.task_ids.index(number)].completed:
            bars.reset(number)
        bars.update(number, completed=done, total=total, visible=done < total)

    return report
