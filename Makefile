# One word a task. `make test` works from a fresh clone on a Debian machine and on any other with Python 3.11+.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.installed

.PHONY: help env check test test-fast demo bench lock docs clean

help:  ## show these lines
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(STAMP): requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

env: $(STAMP)  ## make the environment

debian: $(STAMP)
	@$(BIN)/python -m devtools.debian dovecot-imapd postgresql redis-server strace systemd chromium

check: $(STAMP)  ## lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: debian check  ## everything CI runs: checks, then all tests against a real Dovecot and a real Postgres
	$(BIN)/pytest -n auto --dist loadgroup

test-fast: $(STAMP)  ## tests that need no server
	$(BIN)/pytest -n auto -m "not dovecot and not postgres and not chromium"

demo: $(STAMP)  ## see the main job on three real mailboxes of a private mail server
	@$(BIN)/python -m devtools.demo

bench: $(STAMP)  ## the benchmark table
	@$(BIN)/python -m benchmarks

lock:  ## pin the development set anew (needs uv)
	uv pip compile pyproject.toml --group dev --extra postgres --python-version 3.11 --universal --generate-hashes --no-header --upgrade -o requirements-dev.txt

docs: $(STAMP)  ## write the generated pages anew
	$(BIN)/python -m devtools.pages

clean:  ## remove what was built
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
