"""`python -m rankfold` is the command `rankfold`."""

from .cli.main import run

if __name__ == "__main__":
    run()
