# Everything sets up .venv by itself, from a bare Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo dashboard test check reliability format lock clean help
help:  ## Say what there is
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: dashboard  ## A real Kafka, two workers, a fleet and the page; Ctrl-C stops all of it
	@$(BIN)/fleet demo $(ARGS)

dashboard: $(READY)  ## Build what workers serve as the page, if its sources have changed
	@$(BIN)/python tools/dashboard_build.py

test: dashboard check  ## Every test, on a real Kafka that the tests start
	$(BIN)/python -m pytest -n logical --dist loadfile -m "kafka or slow" --ignore tests/browser $(ARGS)
# By itself: what drives the browser keeps an event loop in its process, where tests of anything else need their own.
	$(BIN)/python -m pytest tests/browser $(ARGS)

check: $(READY)  ## Style, types, borders between rooms, unit tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n logical -m "not kafka and not slow" \
	  --cov --cov-report term:skip-covered --cov-fail-under 100
	$(BIN)/python tools/dashboard_build.py check

reliability: $(READY)  ## Seeded runs under faults, about half an hour; SEED=n runs one again
	$(BIN)/python -m tests.reliability.campaign.run $(if $(SEED),--seed $(SEED)) $(ARGS)

format: $(READY)  ## Put the code in shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python tools/dashboard_build.py format

lock: $(READY)  ## Choose the newest versions that fit pyproject.toml
	$(BIN)/python tools/lock.py

clean:  ## Forget .venv, the built dashboard and every cache
	rm -rf $(VENV) fleet_app/web/dashboard/dist fleet_app/web/dashboard/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fleet-app needs Python 3.11 or newer, this is " + sys.version)'
	@echo "Setting up $(VENV) and building the dashboard, about a minute, once"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
