# Everything a developer or CI does. `make setup` is called by the others.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test test-slow explore coverage check bench docs format schema clean

setup: .venv/.ready

.venv/.ready: requirements.lock pyproject.toml hatch_build.py src/denizen/engines/one_pass.c
	@$(PYTHON) -c 'import sys; sys.exit("Denizen needs Python 3.11 or later; set PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@echo "setting up .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m pip check --disable-pip-version-check >/dev/null
	@touch $@

demo: setup  ## score the two examples, and prove one score
	@$(BIN)/python examples/demo.py

test: setup  ## everything but the simulations and the benchmark
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-slow: setup  ## the simulations that prove the statistics
	$(BIN)/python -m pytest -n 2 -m slow

explore: setup  ## the random worlds anew, others each time: where a law breaks, it prints how to repeat it
	HYPOTHESIS_PROFILE=explore $(BIN)/python -m pytest -n 2 -m hypothesis

coverage: setup  ## which lines and branches the tests run that try no random worlds
	$(BIN)/python -m pytest -n 2 -m "not slow and not hypothesis" --cov --cov-report=term

check: setup  ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup  ## speed and memory as ratios to a floor, in one run
	$(BIN)/python benchmarks/run.py

schema: setup  ## refresh the generated files: JSON Schemas and reference pages
	$(BIN)/python docs/generate.py

docs: setup schema
	$(BIN)/zensical build --strict

clean:
	rm -rf .venv site build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
