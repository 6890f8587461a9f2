# `make bench` and `make test` set up all that they need. PYTHON=... uses that interpreter as it is and installs nothing.
SUITE ?= quick
ifdef PYTHON
READY :=
else
PYTHON := .venv/bin/python
READY := .venv/ready
endif

.PHONY: bench test check floors perf gpu tables report regress lessons extrapolate docs readme clean help
.DEFAULT_GOAL := help
# Asked when a recipe runs, by when the environment is there. A core that is idle takes half of what another has left.
ALL_CORES = $$($(PYTHON) -c 'from importlib.util import find_spec; print("-n auto --dist worksteal" if find_spec("xdist") else "")')
# Tests start a hundred processes: sources are compiled for the first of them alone.
PYTEST = PYTHONDONTWRITEBYTECODE= $(PYTHON) -m pytest $(ALL_CORES)
FLOORS := .venv-floors/bin/python
TORCH ?= 2.13.0

bench: $(READY)  ## train and score every pair without a fresh record, then write tables and report (SUITE=quick)
	$(PYTHON) -m bench run --suite $(SUITE)
	$(PYTHON) -m bench report --out results/runs/$(SUITE)
ifdef HISTORY
	$(PYTHON) -m bench history results/runs/$(SUITE)
endif

test: $(READY)  ## all tests, on all cores where pytest-xdist is there; the slowest twenty are named
	$(PYTEST) --durations=20

check: $(READY)  ## lint, types and the fast tests
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTEST) -m "not slow"

floors:  ## the fast tests with the oldest packages that pyproject.toml allows (PyTorch as in TORCH=...)
	python3 -m venv .venv-floors
	$(FLOORS) -m pip install --quiet --disable-pip-version-check torch==$(TORCH) $$(python3 tests/support/floors.py)
	$(FLOORS) -m pytest -m "not slow" -W default

perf: $(READY)  ## time training steps beside plain loops and the products they need, then sampling, steps and evaluation
	$(PYTHON) -m bench performance
	$(PYTHON) -m pytest tests/perf --benchmark-enable --benchmark-only

tables: $(READY)  ## rebuild the tables from records, without training
	$(PYTHON) -m bench tables --out results/runs/$(SUITE)

report: $(READY)  ## rewrite the report and the figures of a run, without training
	$(PYTHON) -m bench report --out results/runs/$(SUITE)

gpu: $(READY)  ## eight minutes on a borrowed GPU: tests, step rates, a run; four files and a table in OUT=DIR
	$(PYTHON) tests/support/gpu_session.py --out $(OUT)

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

docs: $(READY)  ## rewrite every generated page, table and figure of README.md and docs/
	$(PYTHON) -m bench readme
	$(PYTHON) -m bench claims --out results/baseline/lessons --page docs/claims.md
	$(PYTHON) -m bench extrapolation --out results/baseline/full --suite extrapolate --page docs/extrapolation.md
	$(PYTHON) -m bench extrapolation --out results/baseline/thousand --page docs/thousand.md
	$(PYTHON) -m bench performance --measured --out results/performance.json --page docs/performance.md

readme: docs  ## the same by its old name

clean:  ## remove the virtual environment and caches; results stay
	rm -rf .venv .venv-floors .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks lengthwise.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

.venv/ready: pyproject.toml constraints.txt
	python3 -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt -e ".[dev]"
	@.venv/bin/python -m compileall -qq -j 0 .venv/lib || true  # as pip would, which passes by what does not compile
	@touch $@
