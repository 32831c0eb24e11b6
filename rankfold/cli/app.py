"""The command `rankfold`: its commands by name, loaded when called, and the one place where errors become exit codes."""

import os
import sys
import traceback
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .exits import INTERRUPTED, code_for, message_for, table
from .main import VERSION
from .output import report_error

COMMANDS = {
    "demo": "Compress bundled real data and show what is lost at each size.",
    "inspect": "Show what vectors look like before compressing, with advice.",
    "tune": "Choose a codec within a budget: a frontier of measured points, the choice, its recipe and its artifact.",
    "loop": "Turn one knob of one codec until a metric is kept.",
    "compress": "Compress vectors to a size with the codec that loses least.",
    "share": "Compress several tables with codebooks in common, where none loses much by it.",
    "evaluate": "Measure what an artifact lost against the original vectors.",
    "backtest": "Measure the loss of an artifact in rolling windows of time.",
    "suite": "Measure what an artifact is good for besides ranking.",
    "gate": "Judge an artifact by a policy and the evidence of a report.",
    "train": "Train the dictionary of sparse codes on all rows, with torch.",
    "distil": "Move the codebooks of an artifact until the top lists of users are the exact ones.",
    "calibrate": "Fit probabilities to the scores of an artifact.",
    "partition": "Bring the rows of an artifact into lists, so that a search looks at a few of them.",
    "search": "Rank the rows of an artifact for query vectors, or for its own rows.",
    "pairs": "Write the top lists of all users to Parquet.",
    "pack": "Write the scan layout of an artifact beside it, for all processes that search it.",
    "explain": "Show what the latents of an artifact stand for, and why items are near.",
    "verify": "Check every byte of an artifact, or of an archive.",
    "archive": "Write an artifact as one smaller file, to keep or to send.",
    "restore": "Put the artifact of an archive back into a store folder.",
    "export": "Write the sparse codes of an artifact for another engine, without loss.",
    "report": "Write one HTML file about a compression.",
    "bench": "Measure the speed of an artifact on this machine, or compare two measurements.",
    "doctor": "Show versions, CPU features, kernels and their speed.",
}
EPILOG = f"""\b
Exit codes:
{table()}

Data goes to stdout, progress to stderr. Every command takes --json: one JSON document on stdout and nothing else; an error is {{"error": {{...}}}} there
and one line on stderr (wrong usage: on stderr alone). Commands use no network."""


class Commands(TyperGroup):
    """Shows all commands, but imports only the one that is called: help and version stay fast."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] in COMMANDS:
            self.commands[args[0]] = _load(args[0])
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except (Exception, KeyboardInterrupt) as error:
            # Usage errors carry their own exit code and are shown by typer.
            if hasattr(error, "exit_code"):
                raise
            if ctx.params.get("traceback_wanted"):
                traceback.print_exc(file=sys.stderr)
            report_error(type(error).__name__, message_for(error), code_for(error), as_json=bool((ctx.obj or {}).get("json")))
            raise typer.Exit(code_for(error)) from None


def _load(name: str) -> Any:
    one = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]})
    one.command(name, epilog=EPILOG)(getattr(import_module(f".commands.{name}", __package__), name))
    return typer.main.get_command(one)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rankfold {VERSION}")
        raise typer.Exit()


app = typer.Typer(
    name="rankfold",
    cls=Commands,
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
)


@app.callback(help="Fold recommender vectors 10 to 60 times smaller, with a measured loss in ranking quality.")
def _root(
    ctx: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)] = False,
    traceback_wanted: Annotated[bool, typer.Option("--traceback", help="Show where in the code an error arose.")] = False,
) -> None:
    ctx.obj = {"json": False}


def _not_loaded() -> None:
    """Stands for a command in the list; the command itself is loaded when it is called."""


for _name, _summary in COMMANDS.items():
    app.command(_name, help=_summary)(_not_loaded)


def main() -> None:
    """Parse the arguments of this process, run the command, exit."""
    try:
        typer.main.get_command(app)(prog_name="rankfold")
    except SystemExit as end:
        if end.code == INTERRUPTED:
            # Threads that still fit a codec would be waited for; they write nothing.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)
        raise
