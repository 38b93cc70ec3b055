# Everything the project can do, by name. `make` alone lists it. Works with GNU make 3.81 and newer.

# The first Python on the PATH that is new enough; `make demo PYTHON=/path/to/python` uses another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip --quiet
PYTEST := $(BIN)/pytest -n auto --dist loadgroup
NODE := tests/interop/node

# The demo's network: S (about 100 locations), M (5,000) or L (50,000).
SIZE ?= S
# More arguments for the command behind a target: make demo ARGS="--port 9000", make test ARGS="-k journey".
ARGS ?=

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo install dev test test-browser test-interop check lint format types imports demo-check wheel ci bench bench-xapi \
	bench-lti bench-sso bench-network bench-plugins soak hooks screenshots migration words lock lock-interop clean

help: ## list what can be made
	@echo "make TARGET [ARGS=...]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

demo: install ## start the hub, a partner IdP and two LMSs with a generated network (SIZE=S|M|L)
	@$(BIN)/hub demo --size $(SIZE) $(ARGS)

# --- installing: repeated only when a lock or the package's metadata changed -------------------------------------

install: .venv/.installed

dev: .venv/.installed-dev

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "The hub needs Python 3.11 or newer; none was found on the PATH."; exit 1; }
	@echo "Creating .venv with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Could not create .venv. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

# Both locks pin the build backend as well, so that nothing is fetched that has no hash.
.venv/.installed: requirements.lock pyproject.toml $(wildcard plugins_contrib/*/pyproject.toml) | $(BIN)/python
	@echo "Installing the hub (`grep -c '^[a-z].*==' requirements.lock` locked packages) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e . $(patsubst %/pyproject.toml,-e ./%,$(wildcard plugins_contrib/*/pyproject.toml))
	@touch $@

.venv/.installed-dev: requirements-dev.lock .venv/.installed
	@echo "Installing what developing and testing need (`grep -c '^[a-z].*==' requirements-dev.lock` locked packages) ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

# Other people's LTI software, in environments of its own: a Python one and node's.
.venv-interop/.installed: tests/interop/platform.lock | $(BIN)/python
	@test -x .venv-interop/bin/python || $(BIN)/python -m venv .venv-interop
	@PIP_DISABLE_PIP_VERSION_CHECK=1 .venv-interop/bin/python -m pip --quiet install --require-hashes -r $<
	@touch $@

$(NODE)/node_modules/.installed: $(NODE)/package-lock.json $(NODE)/package.json
	@command -v npm >/dev/null || { echo "Needs node and npm. On Debian and Ubuntu: apt-get install nodejs npm"; exit 1; }
	@cd $(NODE) && npm ci --loglevel=error
	@touch $@

# --- checking ------------------------------------------------------------------------------------------------

test: dev ## run the tests on SQLite and on a real PostgreSQL (without browser and soak tests)
	@$(PYTEST) $(ARGS)

test-browser: dev ## run the browser tests (needs Chromium)
	@$(PYTEST) -m browser $(ARGS)

test-interop: dev .venv-interop/.installed $(NODE)/node_modules/.installed ## try sign-in and LTI with other people's servers (needs node)
	@$(PYTEST) -m interop $(ARGS)

soak: dev ## run the long tests: many kills, many random histories
	@$(PYTEST) -m soak --timeout 3600 $(ARGS)

check: lint types imports ## ruff, mypy --strict and the import rules

lint: dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Run make format."; exit 1; }

format: dev ## let ruff fix and format the code
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

types: dev
	@$(BIN)/mypy --strict

imports: dev
	@$(BIN)/lint-imports --no-logo

demo-check: install ## drive the whole story of the demo over HTTP, step by step
	@$(BIN)/hub demo --check

wheel: dev ## build the wheels and try them in an empty environment
	@.ci/wheel $(BIN)/python

# The browser tests come last, so that a run ends with pytest's summary.
ci: check test demo-check wheel test-interop test-browser ## everything that must hold before a change lands

# --- measuring, drawing, maintaining -----------------------------------------------------------------------------

bench: dev ## print the measurements of bench/, each beside its limit
	@$(BIN)/python -m bench $(ARGS)

bench-xapi: dev ## measure the record store beside its limits (ARGS=--quick takes a few minutes)
	@$(BIN)/python -m bench.xapi $(ARGS)

bench-lti: dev ## measure launches and scores beside their limits
	@$(BIN)/python -m bench.lti $(ARGS)

bench-sso: dev ## measure sign-ins beside their limits, and a storm of them
	@$(BIN)/python -m bench.sso $(ARGS)

bench-network: dev ## measure the partner network beside its limits (ARGS=--tenth or ARGS=--full for its planned size)
	@$(BIN)/python -m bench.network $(ARGS)

bench-plugins: dev ## measure what plugins cost, a call and a page, beside its limits
	@$(BIN)/python -m bench.plugins $(ARGS)

hooks: dev ## write docs/hooks.md again from the hook catalogue, its template and its examples
	@$(BIN)/python -m docs.hooks_page

screenshots: dev ## draw the README's screenshots again (needs Chromium)
	@$(BIN)/python -m docs.screenshots $(ARGS)

words: dev ## find what is to be translated, and list it in hub/words/*/LC_MESSAGES/messages.po
	@$(BIN)/python -m hub.words.extract

migration: dev ## write a migration from the tables: make migration NAME=add_something
	@test -n "$(NAME)" || { echo "Usage: make migration NAME=add_something"; exit 1; }
	@$(BIN)/python -m hub.store.new_migration "$(NAME)"
	@$(BIN)/ruff check --fix --quiet hub/store/migrations; $(BIN)/ruff format --quiet hub/store/migrations

# uv resolves for all platforms and Python versions at once, which pip cannot. It gets an environment of its own.
COMPILE := .venv-lock/bin/uv pip compile pyproject.toml --group build --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --quiet --upgrade

lock: | $(BIN)/python ## resolve the dependencies again, to the newest versions pyproject.toml allows
	@test -x .venv-lock/bin/uv || { $(BIN)/python -m venv .venv-lock && .venv-lock/bin/pip install --quiet uv; }
	@UV_NO_CONFIG=1 $(COMPILE) -o requirements.lock
	@UV_NO_CONFIG=1 $(COMPILE) --all-extras -c requirements.lock -o requirements-dev.lock

lock-interop: | $(BIN)/python ## resolve the other people's software of the interop tests again
	@test -x .venv-lock/bin/uv || { $(BIN)/python -m venv .venv-lock && .venv-lock/bin/pip install --quiet uv; }
	@UV_NO_CONFIG=1 .venv-lock/bin/uv pip compile tests/interop/platform.in --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --upgrade -o tests/interop/platform.lock
	@cd $(NODE) && rm -f package-lock.json && npm install --package-lock-only --loglevel=error && node slim_lock.mjs

clean: ## remove the environment, caches and what was built
	@rm -rf .venv .venv-interop .venv-lock $(NODE)/node_modules dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
