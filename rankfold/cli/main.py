"""The console script. Answers `--version` at once and loads the commands for anything else."""

import sys
from importlib import import_module
from typing import NoReturn

from ..runtime import single_blas_thread

VERSION: str = import_module(__name__.partition(".")[0]).__version__


def prepare() -> None:
    """Set up the process before numpy is loaded: one BLAS thread, and streams that never fail on a letter they cannot show."""
    single_blas_thread()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def run() -> NoReturn:
    """Run the command line and exit with its code."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"rankfold {VERSION}\n")
        sys.exit(0)
    prepare()
    try:
        import_module(".app", __package__).main()
    except KeyboardInterrupt:
        # Ctrl-C before a command has begun; later ones are answered in app.py.
        sys.exit(130)
    sys.exit(0)
