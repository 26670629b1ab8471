.DEFAULT_GOAL := help
PYTHON ?= python3
PY := .venv/bin/python
ARGS ?=
SECONDS ?= 600

# The type checker and migrations read the settings, which want an address and keys.
SETTINGS := DATABASE_URL=postgresql://nobody@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0 \
	SECRET_KEY=unused ENCRYPTION_KEYS=unused

.PHONY: help up demo test lint type check bench storm conformance fuzz requirements

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

up: .venv/installed ## run everything here; ARGS="--port 8000 --local-cloud"
	@$(PY) manage.py up $(ARGS)

demo: .venv/installed ## see it work on sample users; ARGS=--once ends after the triggers
	@$(PY) manage.py demo $(ARGS)

test: .venv/installed-dev ## lint, check types and run every test
	@scripts/ensure-chromium
	@scripts/ensure-curl-and-jq
	@$(MAKE) --no-print-directory check
	$(PY) -m pytest -n auto $(ARGS)

check: lint type ## lint and check types

lint: .venv/installed-dev ## ruff and the direction of imports
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/lint-imports

type: .venv/installed-dev ## mypy
	$(SETTINGS) $(PY) -m mypy

bench: .venv/installed-dev ## measure everything; ARGS=NAME measures one at full size
	$(PY) -m tests.bench $(ARGS)

storm: .venv/installed-dev ## the tests that kill processes and servers under load
	$(PY) -m pytest -m storm $(ARGS)

conformance: .venv/installed-dev ## score our answers against the engine's; VECTORS=DIR holds them
	$(PY) -m tests.conformance $(VECTORS)

fuzz: .venv/installed-dev ## throw anything at the language; SECONDS=600 in all
	$(PY) -m tests.fuzz $(SECONDS)

requirements: .venv/installed-dev ## pin what pyproject.toml asks for
	scripts/pin-requirements

.venv/installed: requirements.txt
	@scripts/install $(PYTHON) requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt
	@scripts/install $(PYTHON) requirements-dev.txt
	@touch .venv/installed $@
