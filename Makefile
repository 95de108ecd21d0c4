# Every target makes what it needs; `.venv` comes from the system's Python 3.11+ and the lock file.
PYTHON ?= python3
BIN := .venv/bin
# Threads that wait must sleep: spinning ones slow each other down many times over on a shared machine.
export OMP_WAIT_POLICY = PASSIVE
export GOMP_SPINCOUNT = 0
export OPENBLAS_NUM_THREADS ?= 1
export PENCHANT_DATA ?= $(abspath ../shared/data)

.PHONY: install demo test check-slow lint types layers bench bench-main bench-examples docs lock clean

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "penchant needs Python 3.11 or newer")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "this Python cannot make virtual environments; on Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

demo: install
	$(BIN)/penchant demo $(ARGS)

lint: install
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check --quiet src tests benchmarks

types: install
	$(BIN)/mypy

layers: install
	$(BIN)/lint-imports

test: lint types layers
	$(BIN)/python -m pytest -m "not slow" --cov --cov-report=term:skip-covered $(ARGS)

check-slow: install
	$(BIN)/python -m pytest -m slow $(ARGS)

bench: bench-main bench-examples

bench-main: install
	$(BIN)/python benchmarks/speed/main.py $(ARGS)

bench-examples: install
	$(BIN)/python benchmarks/quality/examples.py $(ARGS)

docs: install
	$(BIN)/python benchmarks/report.py

# The lock file holds names and versions alone, no address of any index.
lock: install
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --extra dev --no-header --no-emit-index-url --no-emit-find-links \
		--no-annotate --python-version 3.11 --upgrade --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov penchant-demo
