# `make bench` and `make test` set up all that they need. PYTHON=... uses that interpreter as it is and installs nothing.
SUITE ?= quick
ifdef PYTHON
READY :=
else
PYTHON := .venv/bin/python
READY := .venv/ready
endif

.PHONY: bench test check perf tables report regress lessons extrapolate readme clean help
.DEFAULT_GOAL := help

bench: $(READY)  ## train and score every pair without a fresh record, then write tables and report (SUITE=quick)
	$(PYTHON) -m bench run --suite $(SUITE)
	$(PYTHON) -m bench report --out results/runs/$(SUITE)
ifdef HISTORY
	$(PYTHON) -m bench history results/runs/$(SUITE)
endif

test: $(READY)  ## all tests
	$(PYTHON) -m pytest

check: $(READY)  ## lint, types and the fast tests
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest -m "not slow"

perf: $(READY)  ## time sampling, training steps and evaluation, each beside a matrix product of the same size
	$(PYTHON) -m pytest tests/perf --benchmark-enable --benchmark-only

tables: $(READY)  ## rebuild the tables from records, without training
	$(PYTHON) -m bench tables --out results/runs/$(SUITE)

report: $(READY)  ## rewrite the report and the figures of a run, without training
	$(PYTHON) -m bench report --out results/runs/$(SUITE)

regress: $(READY)  ## train what changed since the committed baseline, and fail if any accuracy dropped (SUITE=quick)
	$(PYTHON) -m bench run --suite $(SUITE)
	$(PYTHON) -m bench compare results/runs/$(SUITE)

lessons: $(READY)  ## train the lessons' runs, judge every claim; from committed code also baseline and docs/claims.md
	$(PYTHON) -m bench run --suite lessons
	$(PYTHON) -m bench claims
	$(PYTHON) -m bench promote results/runs/lessons
	$(PYTHON) -m bench claims --out results/baseline/lessons --page docs/claims.md

extrapolate: $(READY)  ## train the best family of each task of suite extrapolate, three seeds, and write their page
	$(PYTHON) -m bench run --suite extrapolate_core
	$(PYTHON) -m bench extrapolation --out results/runs/extrapolate_core

readme: $(READY)  ## rewrite the README's tables from the committed baseline
	$(PYTHON) -m bench readme

clean:  ## remove the virtual environment and caches; results stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks lengthwise.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

.venv/ready: pyproject.toml constraints.txt
	python3 -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@
