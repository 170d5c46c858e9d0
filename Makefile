# Works with GNU make 3.81 (macOS) and newer; needs Python 3.11 to 3.13 and nothing else.
#   make demo            everything set up, the main job run, the doors open (ONCE=1 ends after it, RESET=1 starts afresh)
#   make test            everything set up, all tests (ARGS="tests/config -x" for some)
#   make lint            style, types, layers, missing migrations
#   make format          style put right
#   make bench           everything measured, results and docs/benchmarks.md written (BENCH_MEMBERS=1000000 in full)
#   make pictures        the pictures of README and docs, made anew by the browser tests
#   make faults          workers, servers and carrier killed a thousand times, then the verdict (SEED=7 FAULTS=200)
#   make clean           the virtual environment and caches removed; var/ with its data stays

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input install
PYTHON ?=
ARGS ?=
WORKERS ?= 2
SEED ?=
FAULTS ?=

.PHONY: demo test bench lint format pictures faults clean install
.DEFAULT_GOAL := demo

demo: $(VENV)/demo.stamp
	@$(BIN)/python manage.py demo $(if $(filter 1 yes true,$(ONCE)),--once) $(if $(filter 1 yes true,$(RESET)),--reset)

install: $(VENV)/requirements.stamp

test: $(VENV)/dev.stamp
	@$(BIN)/pytest -n $(WORKERS) $(ARGS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

pictures: $(VENV)/dev.stamp
	PICTURES=1 $(BIN)/pytest -m pictures tests/browser $(ARGS)

bench: $(VENV)/demo.stamp
	@$(BIN)/python -m benchmarks $(ARGS)

faults: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.faults $(if $(SEED),--seed $(SEED)) $(if $(FAULTS),--faults $(FAULTS)) $(ARGS)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Installing goes to standard error: the last line of the demo's standard output is its result.

$(VENV)/bin/python:
	@sh .ci/make-venv $(VENV) "$(PYTHON)" >&2

$(VENV)/requirements.stamp: requirements.txt | $(VENV)/bin/python
	@echo "Installing what Chorale runs on …" >&2
	@$(PIP) -r requirements.txt >&2
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	@echo "Installing what Chorale is tested with …" >&2
	@$(PIP) -r requirements-dev.txt >&2
	@touch $@ $(VENV)/requirements.stamp

# The demo reads a file of purchases out of this package; it imports nothing of it, so none of its dependencies.
$(VENV)/demo.stamp: $(VENV)/requirements.stamp
	@echo "Installing the purchases of the demo …" >&2
	@$(PIP) --no-deps lifetimes==0.11.3 >&2
	@touch $@
