# Every target makes what it needs; `.venv` comes from the system's Python 3.11+ and the lock file.
PYTHON ?= python3
BIN := .venv/bin
# Threads that wait must sleep: spinning ones slow each other down many times over on a shared machine.
export OMP_WAIT_POLICY = PASSIVE
export GOMP_SPINCOUNT = 0
export OPENBLAS_NUM_THREADS ?= 1
export PENCHANT_DATA ?= $(abspath ../shared/data)

.PHONY: install demo test coverage check-slow clients check-clients lint types layers bench bench-main bench-examples \
	bench-ingest bench-catalog bench-quality bench-models bench-order bench-ranking bench-heads bench-proof \
	bench-calibration bench-cold-start bench-request bench-serving faults expected crash docs lock clean
CYCLES ?= 300
WORKERS ?= auto

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "penchant needs Python 3.11 or newer")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "this Python cannot make virtual environments; on Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@# An older client that is still common: it cannot lie beside the current one.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--target .venv/clients/segment-2.3.4 segment-analytics-python==2.3.4
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

# As many tests at a time as there are processors; `WORKERS=0` runs them one after the other.
test: lint types layers
	$(BIN)/python -m pytest -m "not slow and not node" --numprocesses $(WORKERS) --dist worksteal $(ARGS)

# Which lines and branches the tests reach; it takes half as long again as without.
coverage: install
	$(BIN)/python -m pytest -m "not slow and not node" --cov --cov-report=term:skip-covered $(ARGS)

# The npm clients of the world, posting to a real server; needs node. Not `npm ci`: it wants each platform's optional
# binaries in the lock file, also those that an index for one platform does not have.
clients:
	npm install --no-save --no-audit --no-fund --loglevel=error --prefix tests/clients/node

check-clients: install clients
	$(BIN)/python -m pytest -m node $(ARGS)

check-slow: install
	if command -v npm >/dev/null 2>&1; then $(MAKE) clients; fi
	$(BIN)/python -m pytest -m "slow or node" $(ARGS)

bench: bench-main bench-examples bench-ingest bench-catalog

bench-main: install
	$(BIN)/python benchmarks/speed/main.py $(ARGS)

bench-examples: install
	$(BIN)/python benchmarks/quality/examples.py $(ARGS)

bench-ingest: install
	$(BIN)/python benchmarks/speed/ingest.py $(ARGS)

bench-catalog: install
	$(BIN)/python benchmarks/speed/catalog.py $(ARGS)

# Beside other libraries, in environments of their own (.venv-bench, made once; some 2 GB).
bench-quality: install
	$(BIN)/python benchmarks/quality/run.py $(ARGS)

# What penchant reaches without any search, which a slow test holds later code to.
expected: install
	$(BIN)/python benchmarks/quality/expected.py $(ARGS)

bench-models: install
	$(BIN)/python benchmarks/speed/models.py $(ARGS)

# Features and heads of one request, and rows of training.
bench-ranking: install
	$(BIN)/python benchmarks/speed/ranking.py $(ARGS)

# Heads on real data, against what one would try first.
bench-heads: install
	$(BIN)/python benchmarks/quality/heads.py $(ARGS)

# Whole engines in worlds whose truth is known; two to three hours, and it goes on where it was stopped.
bench-proof: install
	$(BIN)/python benchmarks/quality/proof.py --keep benchmarks/results/proof $(ARGS)

# How well the heads' chances hold on held-out weeks of those worlds.
bench-calibration: install
	$(BIN)/python benchmarks/quality/calibration.py $(ARGS)

# First slates of new people who answered a few questions, against popularity.
bench-cold-start: install
	$(BIN)/python benchmarks/quality/cold_start.py $(ARGS)

# One request in process, by stage.
bench-request: install
	$(BIN)/python benchmarks/speed/request.py $(ARGS)

# Whole servers on a large site, beside others; the site is made once and kept. On a quiet machine.
bench-serving: install
	$(BIN)/python benchmarks/speed/serving.py $(ARGS)

# Every single fault and every pair of them, while stock and rights change under load.
faults: install
	$(BIN)/python benchmarks/speed/faults.py $(ARGS)

bench-order: install
	$(BIN)/python benchmarks/quality/order.py $(ARGS)

# Kill a real server CYCLES times under load, on each store.
crash: install
	$(BIN)/python benchmarks/speed/crash.py --cycles $(CYCLES) $(ARGS)

# What was measured, and what every placement really answers; `make docs ARGS=--facts` builds no demo.
docs: install
	$(BIN)/python benchmarks/report.py
	$(BIN)/python benchmarks/placement_pages.py $(ARGS)

# The lock file holds names and versions alone, no address of any index.
lock: install
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --extra dev --no-header --no-emit-index-url --no-emit-find-links \
		--no-annotate --python-version 3.11 --upgrade --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv .venv-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov penchant-demo
