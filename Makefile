# Everything runs in a virtual environment of its own; python3 with venv, make and git are all it takes.
#
#   make demo          the worked example: prints the summary, writes a report and pictures to build/demo/
#   make test          lint, types, notebooks, docs, tests and doctests, with the newest versions (constraints.txt)
#   make test-lowest   the tests alone, with the oldest versions supported (constraints-lowest.txt)
#
# Parts of `make test`: lint, types, notebooks, docs, pytest. Others: format, notebooks-run, validation, calibration,
# benchmarks-page, bench, lock, clean.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOWEST := .venv-lowest
# Processes of pytest, each with one thread of linear algebra.
WORKERS ?= 2
# Kernels say on every start that they talk over a local port; nothing else of theirs is dropped.
QUIET_KERNELS := 2> >(grep -v '^\[IPKernelApp\] WARNING | Kernel is running over TCP' >&2)
PYTEST := -n $(WORKERS) --dist worksteal

export MPLBACKEND := Agg
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export PYTHONHASHSEED := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test lint format types notebooks notebooks-run docs pytest validation calibration benchmarks-page bench test-lowest lock clean

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | sed -n '1,7p'

demo: $(VENV)/.installed
	@$(BIN)/python -m causalkit._demo --out build/demo

test: lint types notebooks docs pytest

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(VENV)/.installed-dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(VENV)/.installed-dev
	@$(BIN)/mypy

notebooks: $(VENV)/.installed-dev
	@$(BIN)/python tools/notebooks.py --check $(QUIET_KERNELS)

notebooks-run: $(VENV)/.installed-dev
	@$(BIN)/python tools/notebooks.py $(QUIET_KERNELS)

docs: $(VENV)/.installed-dev
	@$(BIN)/sphinx-build -W --keep-going -q -j auto -d build/doctrees docs build/docs $(QUIET_KERNELS)
	@$(BIN)/python tools/offline.py build/docs

pytest: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest $(PYTEST)

# The pages of measurements: docs/calibration.md takes minutes, docs/benchmarks.md an idle machine.
calibration: $(VENV)/.installed-dev
	@PYTHONPATH=. $(BIN)/python tools/calibration.py

benchmarks-page: $(VENV)/.installed-bench
	@PYTHONPATH=. $(BIN)/python tools/benchmarks.py

# Rewrites docs/validation.md from the comparisons that the tests make.
validation: $(VENV)/.installed-dev
	@PYTHONPATH=. $(BIN)/python tools/validation.py

bench: $(VENV)/.installed-bench
	@set -e; for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python "$$script"; done

test-lowest: $(LOWEST)/.installed-test
	@$(LOWEST)/bin/python -m pytest $(PYTEST)

# Pin what the newest versions are today; run the tests before committing the result.
lock:
	@tools/lock.sh "$(PYTHON)"

clean:
	rm -rf build dist $(VENV) $(LOWEST) docs/api docs/recipes .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- environments: a stamp file per set of extras, renewed when the metadata or the pins change ---

$(VENV)/.installed: pyproject.toml constraints.txt tools/install.sh
	@tools/install.sh "$(PYTHON)" $(VENV) constraints.txt .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt tools/install.sh
	@tools/install.sh "$(PYTHON)" $(VENV) constraints.txt '.[test,lint,docs]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: pyproject.toml constraints.txt tools/install.sh
	@tools/install.sh "$(PYTHON)" $(VENV) constraints.txt '.[bench]'
	@touch $@ $(VENV)/.installed

$(LOWEST)/.installed-test: pyproject.toml constraints-lowest.txt tools/install.sh
	@tools/install.sh "$(PYTHON)" $(LOWEST) constraints-lowest.txt '.[test]'
	@touch $@
