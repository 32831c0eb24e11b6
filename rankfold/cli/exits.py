"""Exit codes: what the command line promises to scripts, and which error ends in which."""

from ..errors import ArtifactError, RankfoldError

OK = 0
FAULT = 1
USAGE = 2
BAD_INPUT = 3
GATE_FAILED = 4
INTEGRITY = 5
INTERRUPTED = 130

MEANINGS = {
    OK: "done",
    FAULT: "a fault of rankfold itself: please report it",
    USAGE: "wrong usage: unknown option, missing argument",
    BAD_INPUT: "bad input: a file, a value, a codec spec, a size that cannot be had, a package that is missing",
    GATE_FAILED: "a gate failed: a rule of a policy, --max-drop, --max-loss or --fail-if-drop is broken, or the evidence does not tell whether it is",
    INTEGRITY: "integrity: an artifact is missing, damaged or could not be written",
    INTERRUPTED: "interrupted; nothing half-written is left",
}


class GateFailed(Exception):
    """A measured loss may exceed what was allowed, or could not be measured; holds the sentence for people."""


def code_for(error: BaseException) -> int:
    """The exit code that an error ends in."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, GateFailed):
        return GATE_FAILED
    if isinstance(error, ArtifactError):
        return INTEGRITY
    if isinstance(error, RankfoldError | OSError | MemoryError):
        return BAD_INPUT
    return FAULT


def message_for(error: BaseException) -> str:
    """One line for people; never a traceback."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted; nothing half-written is left"
    if isinstance(error, MemoryError):
        return "out of memory. Give .npy or Parquet files, which are read in blocks, or use a machine with more memory."
    if isinstance(error, OSError) and not isinstance(error, RankfoldError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    text = " ".join(str(error).split())
    if code_for(error) == FAULT:
        return f"{type(error).__name__}: {text}. A fault of rankfold: report it with the output of `rankfold doctor`; `rankfold --traceback ...` shows where."
    return text


def table() -> str:
    """The exit codes as the help shows them."""
    return "\n".join(f"  {code:>3}  {meaning}" for code, meaning in MEANINGS.items())
