# make play    set up and start: an arena room with eight bots (LAN=1: also for the phones and machines in this network)
# make test    set up and pass every check in its small form (REQUIRE_ALL=1: a missing tool is a failure)
# make prove   every figure at full size; writes docs/figures.md

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
BOTS ?= 8
PORT ?= 8765
TSC := clients/browser/node_modules/.bin/tsc
NODE_TOOLS := $(if $(shell command -v npm),clients/browser/node_modules/.installed)
SYNCED := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

# An image may say that Python writes no bytecode: then all that tests start, and each worker, would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: play test checks lint types unit browser e2e longer sim soak matches prove clean

play: $(VENV)/.installed
	$(RUN)/gameserver serve --port $(PORT) --bots $(BOTS) $(if $(filter-out 0,$(LAN)),--lan)

test: checks unit e2e longer matches

# Each of these has one core to do, and so has what sets them up: they share the machine, and what they say comes in one piece each.
checks:
	@$(MAKE) --no-print-directory -j2 $(SYNCED) types browser lint

# The one waits for most of its time, the other never does.
longer:
	@$(MAKE) --no-print-directory -j2 $(SYNCED) soak sim

lint: $(VENV)/.installed-test
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .

types: $(VENV)/.installed-test $(NODE_TOOLS)
	$(RUN)/mypy
	@if [ -x $(TSC) ]; then $(TSC) -p clients/browser; \
	elif [ "$(REQUIRE_ALL)" = 1 ]; then echo "npm is missing: install Node.js 20 or newer" >&2; exit 1; \
	else echo "npm is missing: the browser client's types are not checked"; fi

# Most tests share the cores; those that measure how late something is need the machine for themselves.
unit: $(VENV)/.installed-test $(NODE_TOOLS)
	$(RUN)/pytest -q -n 2 -m "not real_time"
	$(RUN)/pytest -q -n 2 --dist loadfile -m "real_time and not alone" --ignore tests/e2e
	$(RUN)/pytest -q -m alone --ignore tests/e2e

browser: $(VENV)/.installed-test $(NODE_TOOLS)
	@if command -v node >/dev/null; then node --test --test-reporter=spec clients/browser/test/*.test.js; \
	elif [ "$(REQUIRE_ALL)" = 1 ]; then echo "node is missing: install Node.js 20 or newer" >&2; exit 1; \
	else echo "node is missing: the browser client's tests are skipped"; fi

# The pages in the system's Chromium; screenshots go to screenshots/. What is measured is measured alone.
e2e: $(VENV)/.installed-test
	$(RUN)/pytest -q -n 2 --dist loadfile -m real_time tests/e2e --ignore tests/e2e/test_feel.py
	$(RUN)/pytest -q -m real_time tests/e2e/test_feel.py

sim: $(VENV)/.installed-test
	$(RUN)/python -m tests.sim --seeds 1-20 --seconds 120 --processes 2
	$(RUN)/python -m tests.sim --corpus --processes 2

soak: $(VENV)/.installed-test
	$(RUN)/python -m benchmarks.reliability.soak --minutes 2 --bots 8

matches: $(VENV)/.installed-test
	$(RUN)/python -m tests.games.matches --matches 2 --processes 2

prove: $(VENV)/.installed-test
	$(RUN)/python -m benchmarks.prove

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	$(RUN)/pip install --quiet --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/bin/python pyproject.toml
	$(RUN)/pip install --quiet --editable '.[test]'
	touch $(VENV)/.installed $@

clients/browser/node_modules/.installed: clients/browser/package-lock.json
	cd clients/browser && npm ci --silent --no-audit --no-fund
	touch $@

clean:
	rm -rf $(VENV) clients/browser/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
