"""The console script as a process: fast answers, plain text, no traceback."""

import os
import subprocess
import sys
import time
from pathlib import Path

import rankfold

ROOT = Path(rankfold.__file__).parents[1]


def rankfold_process(*arguments: str, **more) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, "-m", "rankfold", *arguments], capture_output=True, text=True, env=environment, timeout=60, **more)


def test_version_is_one_line():
    done = rankfold_process("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"rankfold {rankfold.__version__}\n", "")


def test_help_loads_no_numpy():
    code = "import sys; from rankfold.cli.main import run; sys.argv = ['rankfold', '--help']\n"
    code += "try:\n    run()\nexcept SystemExit:\n    sys.stderr.write(str('numpy' in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60)
    assert done.stderr == "False"


def test_version_and_help_answer_at_once():
    def best(argument: str) -> float:
        spans = []
        for _ in range(5):
            start = time.perf_counter()
            rankfold_process(argument)
            spans.append(time.perf_counter() - start)
        return min(spans)

    # The bars are 150 and 400 ms on an idle machine; a busy one gets three times as long.
    assert best("--version") < 0.45
    assert best("--help") < 1.2


def test_wrong_usage_ends_in_2_without_a_traceback():
    for arguments in (["nonsense"], ["doctor", "--nonsense"], ["compress"]):
        done = rankfold_process(*arguments)
        assert done.returncode == 2
        assert done.stdout == ""
        assert "Traceback" not in done.stderr


def test_output_is_plain_when_it_is_not_a_terminal():
    done = rankfold_process("--help")
    assert "\x1b" not in done.stdout
    assert done.stdout.isascii()
