# Every recipe makes its own environment in .venv first; git, make and Python are enough.
# `make` alone lists the recipes.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long check browser bench docs vendor wheel

PY := .venv/bin/python
SERVICES := $(PY) tools/test_services.py run --
# A recipe passes what stands in ARGS on, e.g. make test ARGS="-k funnel".
ARGS ?=
# Where the wheel goes.
DIST ?= dist

help: ## list the recipes
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## make the environment in .venv
	@tools/setup.sh

demo: setup ## start Kundresa with a worked example
	@.venv/bin/kundresa demo $(ARGS)

test: setup ## run the tests, with a real browser and PostgreSQL
	@$(SERVICES) tools/run_tests.sh "not long" $(ARGS)

test-long: setup ## run the long tests: crash rounds, long histories
	@$(SERVICES) tools/run_tests.sh long $(ARGS)

browser: setup ## run only the tests in a real browser
	@$(SERVICES) env -u KUNDRESA_TEST_DATABASE_URL $(PY) -m pytest -m "browser and not long" $(ARGS)

check: setup ## format, lint, types, import contracts, changelog
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@$(PY) tools/check_imports.py
	@if find src -path '*/templates/*' -name '*.html' | grep -q .; then .venv/bin/djlint --quiet --check --lint src; fi
	@$(PY) tools/check_changelog.py

bench: setup ## run the benchmarks
	@for bench in $(basename $(notdir $(filter-out %/__init__.py,$(wildcard benchmarks/*.py)))); do \
	$(PY) -m "benchmarks.$$bench" $(ARGS) || exit 1; done

docs: setup ## build the documentation, warnings are errors
	@.venv/bin/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

vendor: setup ## fetch the vendored files anew and measure the font (needs npm)
	@$(PY) tools/vendor.py
	@$(PY) tools/font_metrics.py

wheel: setup ## build the wheel into dist/
	@if uv --version >/dev/null 2>&1; then uv build --quiet --wheel --out-dir "$(DIST)"; \
	else $(PY) -m pip wheel --quiet --no-deps --wheel-dir "$(DIST)" .; fi
