# `make setup` prepares everything, `make test` passes the tests, `make check` is exactly what CI runs.
# Needs Python 3.11 or newer, git and make; set PYTHON to choose the interpreter.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2

.PHONY: help setup demo test check format lint types slow docs bench clean

help:
	@echo "make demo    heals a red build before your eyes (no key, no network but the package index)"
	@echo "make test    sets everything up and passes the tests"
	@echo "make check   what CI runs: format, lint, types, generated docs, all tests"
	@echo "make bench   the benchmarks; figures go to benchmarks/RESULTS.md by hand"

setup: $(BIN)/.ready

$(BIN)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "honk-ci needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "setting up $(VENV) from the package index; this takes a minute or two, once"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: setup
	@$(BIN)/honk demo

test: setup
	$(BIN)/python -m pytest -n $(JOBS)

slow: setup
	$(BIN)/python -m pytest -n $(JOBS) -m slow

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

# Writes the reference pages again from the code; a test says when they are out of date.
docs: setup
	$(BIN)/python -m honk_ci.reference

# Each prints ratios from one run. `benchmarks/RESULTS.md` holds what was measured, with the commands.
bench: setup
	$(BIN)/python -m benchmarks.start
	$(BIN)/python -m benchmarks.junit
	$(BIN)/python -m benchmarks.log
	$(BIN)/python -m benchmarks.overhead
	$(BIN)/python -m benchmarks.prompt
	$(BIN)/python -m benchmarks.delivery

check: lint types test slow

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
