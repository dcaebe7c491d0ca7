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

check: lint types test slow

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
