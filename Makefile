# Two commands do everything: `make demo` and `make test`. Both build their own .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests run many small matrix products: BLAS threads that wait for each other cost more than they give.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
NATIVE := $(wildcard native/*) CMakeLists.txt pyproject.toml

.PHONY: demo test lint reference heavy bench frontier clean

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "rankfold needs Python 3.11 or later; this is " + sys.version + ". Try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: $(BIN)/python $(NATIVE)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/.dev: $(BIN)/python $(NATIVE)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	touch $@ $(VENV)/.base

demo: $(VENV)/.base
	$(BIN)/rankfold demo --out demo-report

test: $(VENV)/.dev
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# What calls kernels, on their NumPy twins. Trellises take minutes there: the tests of the kernels hold their twins to every other level.
reference: $(VENV)/.dev
	RANKFOLD_KERNELS=reference $(BIN)/python -m pytest -k "not trellis and not layered and not viewed" tests/kernels tests/fitting tests/codecs tests/contract tests/golden tests/search tests/journeys

heavy: $(VENV)/.dev
	$(BIN)/python -m pytest -m heavy

bench: $(VENV)/.base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[bench]"
	$(BIN)/python benchmarks/kernels.py
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/quality.py
	$(BIN)/python benchmarks/trellis.py
	$(BIN)/python benchmarks/sparse_kernels.py
	$(BIN)/python benchmarks/pruning.py
	$(BIN)/python benchmarks/viewed.py
	$(BIN)/python benchmarks/adaptive.py
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/coldstart.py
	$(BIN)/python benchmarks/cold.py
	$(BIN)/python benchmarks/crash.py

frontier: $(VENV)/.base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[bench]"
	$(BIN)/python -m benchmarks.frontier.run

clean:
	rm -rf $(VENV) build dist demo-report
