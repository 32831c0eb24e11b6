"""The console script. Answers `--version` at once and loads the commands for anything else."""

import sys
from importlib import import_module
from typing import NoReturn

VERSION: str = import_module(__name__.partition(".")[0]).__version__


def run() -> NoReturn:
    """Run the command line and exit with its code."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"rankfold {VERSION}\n")
        sys.exit(0)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        import_module(".app", __package__).main()
    except KeyboardInterrupt:
        # Ctrl-C before a command has begun; later ones are answered in app.py.
        sys.exit(130)
    sys.exit(0)
