# make serve and make test do everything on a machine with python3, pip and make.
SHELL := /bin/bash
UV := .tools/bin/uv
BIN := .venv/bin
PYTHON ?= python3
# Compiled modules are kept, whatever the shell says: every start is seconds faster.
unexport PYTHONDONTWRITEBYTECODE
export HEADWATER_HOME ?= $(CURDIR)/var

.PHONY: serve test test-faults lint format bench test-cluster lock clean help

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

serve: .venv/.run ## set up what is missing and answer on http://127.0.0.1:8000
	@exec $(BIN)/headwater serve

test: .venv/.dev ## format, lint, types, import contracts, then every test on SQLite and PostgreSQL
	@bash tests/run.sh

lint: .venv/.dev ## format, lint, types and import contracts only
	@bash tests/lint.sh

format: .venv/.dev ## put the code in order
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: .venv/.dev ## the benchmarks, each against a peer in the same run
	$(BIN)/python -m bench

test-faults: .venv/.dev ## kill processes on purpose, on SQLite and PostgreSQL; HEADWATER_FAULTS=20 for twenty times each
	$(BIN)/python -m pytest -m faults --database sqlite tests
	$(BIN)/python -m pytest -m faults --database postgresql tests/base tests/listening/test_answers_survive_kill.py

test-cluster: .venv/.cluster ## the record's questions on a real Spark cluster (Java 17)
	$(BIN)/python -m pytest -m cluster tests/record

lock: $(UV) ## resolve the newest versions and write requirements*.txt
	$(UV) lock --upgrade --quiet
	$(UV) export --quiet --no-emit-project --no-header --no-default-groups --format requirements-txt -o requirements.txt >/dev/null
	$(UV) export --quiet --no-emit-project --no-header --group dev --format requirements-txt -o requirements-dev.txt >/dev/null
	$(UV) export --quiet --no-emit-project --no-header --group dev --extra cluster --format requirements-txt -o requirements-cluster.txt >/dev/null

clean: ## remove the environment and caches, never the data
	rm -rf .venv .tools .cache

$(UV):
	@echo "Setting up: uv"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .tools uv

.venv/bin/python: | $(UV)
	@$(UV) venv --quiet --python $(PYTHON) .venv

.venv/.run: requirements.txt pyproject.toml | .venv/bin/python
	@if [ ! -e .venv/.dev ]; then echo "Setting up: packages"; \
	$(UV) pip install --quiet --python .venv --require-hashes -r requirements.txt && \
	$(UV) pip install --quiet --python .venv --no-deps -e .; fi
	@touch $@

.venv/.dev: requirements-dev.txt pyproject.toml | .venv/bin/python
	@echo "Setting up: packages for development"
	@$(UV) pip install --quiet --python .venv --require-hashes -r requirements-dev.txt
	@$(UV) pip install --quiet --python .venv --no-deps -e .
	@touch $@ .venv/.run

.venv/.cluster: requirements-cluster.txt .venv/.dev
	@$(UV) pip install --quiet --python .venv --require-hashes -r requirements-cluster.txt
	@touch $@
