# make run   set up, then compare three maintenance strategies for the shipped 81-satellite cluster, and write a page
# make test  set up, then run the tests; make test-slow runs the slow statistical ones
# The other targets are for those who change the code.

# Without .pyc files every process would import three to five times slower.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready

.PHONY: run test test-slow setup check lint types architecture lock clean
.DEFAULT_GOAL := run

run: $(STAMP)
	$(BIN)/orbitfleet compare configs/suncatcher_81.yaml \
	    --strategies run_to_failure,scheduled_batch,on_orbit_spares --replicates 20 --seed 1
	$(BIN)/orbitfleet report

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-slow: $(STAMP)
	$(BIN)/python -m pytest -n 2 -m slow

setup: $(STAMP)

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "orbitfleet needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

check: lint types architecture

lint: $(STAMP)
	$(BIN)/ruff check sim tests benchmarks
	$(BIN)/ruff format --check sim tests benchmarks

types: $(STAMP)
	$(BIN)/mypy

architecture: $(STAMP)
	$(BIN)/python -m pytest -q tests/test_architecture.py

# For maintainers: resolve the dependencies anew for every supported Python (needs uv).
lock:
	UV_PYTHON_DOWNLOADS=never uv pip compile pyproject.toml --universal --generate-hashes \
	    --all-extras --group dev --no-header -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
