# The whole workflow; CI calls the same targets. `make` alone prints this list.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# More than cores: a test waits now and then, for a process or a browser.
WORKERS ?= $(shell $(PYTHON) -c "import os; print(max(2, 3 * (os.cpu_count() or 1) // 2))")

.PHONY: help browser dev demo story run test lint types imports cover bench check lock stress mutants model clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

# Everything is pinned with hashes; uv is used where it is installed (it is only faster), pip otherwise.
# The list is whole, so nothing is resolved (--no-deps): pip would look up `coverage[toml]` anew and take a
# release newer than the pin, which has no hash.
$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "psrt-bot needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …")'
	@echo "Setting up .venv (once, about a minute) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@if command -v uv >/dev/null 2>&1; then \
	  uv pip install -q --python $(BIN)/python --no-deps --require-hashes -r requirements/dev.txt && \
	  uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt && \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

dev: $(READY) ## set up .venv

demo: $(READY) ## a local Slack in the browser: be anybody, nominate, vote, move time
	@$(BIN)/psrt-bot demo

story: $(READY) ## the main job told in the terminal: nominate, vote, decide, verify
	@$(BIN)/psrt-bot demo --headless

run: $(READY) ## the bot in Socket Mode, with the settings of .env
	$(BIN)/psrt-bot run

test: $(READY) ## all tests, in the browser too where there is one (they note which lines they reach)
	@rm -f .tested
	$(BIN)/coverage erase
	$(BIN)/pytest -q -n $(WORKERS) --dist worksteal --cov --cov-report=
	@touch .tested

browser: $(READY) ## only the page's tests, which report the reaction to a click (needs chromium and npm)
	$(BIN)/pytest -q tests/page

lint: $(READY) ## style and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(READY) ## mypy --strict, the tests too
	$(BIN)/mypy

# Tests run once: what `make test` noted is good as long as no source is newer.
.tested: $(shell git ls-files '*.py' pyproject.toml 2>/dev/null)
	$(MAKE) test

cover: $(READY) .tested ## the coverage floors
	$(BIN)/coverage report --fail-under=90
	$(BIN)/coverage report --fail-under=100 --include='*/rules.py,*/permissions.py,psrt_bot/voting/ballot.py,psrt_bot/voting/bulletin.py,psrt_bot/voting/keystore.py'

bench: $(READY) ## timings, as ratios measured in one run
	$(BIN)/python -m benchmarks

ROUNDS ?= 50
EVERY ?= 1

stress: $(READY) ## processes killed and racing, ROUNDS times (50), EVERY (1) of them at every point
	@$(BIN)/python -m tests.stress.rounds --rounds $(ROUNDS) --every $(EVERY) -n $(WORKERS) --dist worksteal

mutants: $(READY) ## would a test notice if a rule or the ballot said something else? (hours; `mutmut results` tells)
	$(BIN)/mutmut run --max-children 2

RUNS ?= 2000
HTTP_RUNS ?= 50

model: $(READY) ## random people do random things: RUNS (2000) at the use cases, HTTP_RUNS (50) through HTTP
	PSRT_MODEL_RUNS=$(RUNS) PSRT_MODEL_HTTP_RUNS=$(HTTP_RUNS) $(BIN)/pytest -q tests/model --hypothesis-show-statistics

check: lint types cover ## lint, types and coverage; CI runs this, `make test` and rounds of `make stress`

lock: ## rewrite the pinned requirements (needs uv)
	uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate pyproject.toml -o requirements/run.txt
	uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate pyproject.toml --extra demo --group dev -o requirements/dev.txt

clean: ## remove what make made
	rm -rf mutants $(VENV) build *.egg-info .coverage* .tested .mypy_cache .ruff_cache .pytest_cache .hypothesis
