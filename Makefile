# The few commands of Isoloir. Each one prepares what it needs (tools/prepare), then works alone.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test lint bench rehearse clean
.NOTPARALLEL:

# Caches and browsers need a home to write in; some build machines have none.
ifneq ($(shell test -n "$$HOME" && test -d "$$HOME" && test -w "$$HOME" && echo yes),yes)
  export HOME := $(CURDIR)/.stamps/home
  $(shell mkdir -p "$(HOME)")
endif
# Node of the development environment, when the system has none that is recent enough.
export PATH := $(CURDIR)/.stamps/bin:$(PATH)

# Tests are handed out one by one, the longest first (tests/conftest.py), so that neither core waits for the other; those
# that share a demonstration go together, so that it is made once.
PYTEST := .venv/bin/pytest -q -n 2 --dist loadgroup --no-loadscope-reorder --durations=10 --durations-min=1
VOTERS ?= 300
CONTESTS ?= 3
OUT ?= var/rehearsal
# More words for the command, for instance: make demo ARGS="--port 8080"
ARGS ?=

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: ## Serve a fictional election on this machine, to vote, close and count in ten minutes
	@tools/prepare run
	@exec .venv/bin/isoloir demo $(ARGS)

test: ## Check and test everything: code, booth, portal on SQLite and on PostgreSQL
	@tools/prepare test
	@tools/check-code
	@echo "— Booth: tests, and the bundle rebuilt byte for byte"
	@cd booth && npm run --silent test && npm run --silent rebuild-compare
	@echo "— Portal and protocol, on SQLite"
	@ISOLOIR_REQUIRE_BELENIOS=1 $(PYTEST)
	@echo "— What touches a database, on PostgreSQL"
	@ISOLOIR_REQUIRE_BELENIOS=1 ISOLOIR_TEST_POSTGRES=1 $(PYTEST)

lint: ## Check the code without running it: formatting, types, layers, templates
	@tools/prepare lint
	@tools/check-code

bench: ## Measure: ballots made, verified and cast, passwords, pages and messages per second
	@tools/prepare test
	@.venv/bin/python -m benchmarks $(ARGS)

rehearse: ## Play a whole election without a browser (VOTERS=300 CONTESTS=3 OUT=var/rehearsal)
	@tools/prepare run
	@.venv/bin/isoloir rehearse --voters $(VOTERS) --contests $(CONTESTS) --out $(OUT) $(ARGS)

clean: ## Remove what was installed and built here; the demonstration's database too
	@rm -rf .venv .stamps var booth/node_modules tools/node/node_modules .pytest_cache .mypy_cache .ruff_cache \
	  .hypothesis .import_linter_cache .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
