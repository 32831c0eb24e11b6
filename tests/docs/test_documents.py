"""Every command and every Python block of the README and the docs runs as written; generated pages are current."""

import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from rankfold import codecs
from rankfold.demo.unpacking import unpack

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# These set up the machine, or are run by other tests and by the benchmarks.
NOT_RUN_HERE = ("make ", "git clone", "cd ", "pip install", "python benchmarks/", "python docs/", "python -m tests.golden")


def blocks(page: Path, language: str) -> list[str]:
    return [text for name, text in BLOCK.findall(page.read_text()) if name == language]


def commands(page: Path) -> list[str]:
    lines = "\n".join(blocks(page, "sh")).replace("\\\n", " ").splitlines()
    return [line.split("  #")[0].strip() for line in lines if line.strip() and not line.strip().startswith("#")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the bundled data as files in `data/`, as `rankfold demo --unpack data` leaves it."""
    place = tmp_path_factory.mktemp("docs")
    unpack(place / "data")
    return place


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_run(page, folder):
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for command in commands(page):
        if command.startswith(NOT_RUN_HERE):
            continue
        words = shlex.split(command)
        if words[0] == "echo" and words[-2] == ">":
            (folder / words[-1]).write_text(" ".join(words[1:-2]))
            continue
        assert words[0] == "rankfold", f"{page.name}: {command!r} is no rankfold command"
        if words[:2] == ["rankfold", "demo"] or (words[:2] == ["rankfold", "train"] and find_spec("torch") is None):
            continue
        done = subprocess.run([sys.executable, "-m", *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, f"{page.name}: {command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_blocks_run(page, folder, monkeypatch):
    monkeypatch.chdir(folder)
    namespace: dict = {"__name__": "docs"}
    for number, text in enumerate(blocks(page, "python")):
        exec(compile(text, f"{page.name} block {number}", "exec"), namespace)


def test_make_targets_that_are_named_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {command.split()[1] for page in PAGES for command in commands(page) if command.startswith("make ")}
    assert {"demo", "test"} <= named <= targets


def test_benchmarks_that_are_named_exist():
    named = {name for page in PAGES for name in re.findall(r"benchmarks/\w+\.py", page.read_text())}
    assert named and all((ROOT / name).exists() for name in named)


def test_links_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.fixture(scope="module")
def generate():
    """The generator of docs/, imported as the script it is."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import generate
    finally:
        sys.path.pop(0)
    return generate


def test_the_codecs_page_is_current(generate):
    assert (ROOT / "docs" / "codecs.md").read_text() == generate.codecs_page(), "run: python docs/generate.py codecs"


def test_measured_tables_are_those_of_the_benchmarks(generate):
    readme = (ROOT / "README.md").read_text()
    assert generate.replaced(readme, "measured", generate.measured()) == readme, "run: python docs/generate.py measured"


def test_the_demo_output_in_the_readme_is_of_this_demo():
    shown = (ROOT / "README.md").read_text().split("<!-- demo output: begin -->")[1].split("<!-- demo output: end -->")[0]
    for words in ("Debian packages", "Art works of the Tate", "chosen:", "nearest to", "bytes", "Report: demo-report"):
        assert words in shown


@pytest.mark.parametrize("name", codecs.names())
def test_a_codec_says_what_it_costs(name):
    text = sys.modules[codecs.get(name).__module__].__doc__
    assert "ytes a row" in text
