# Everything a newcomer needs, one word each. `make` alone lists the words.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
JOBS ?= 2

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
# The tests start hundreds of programs; without compiled files each of them would compile Stockwire anew.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help setup system versions freeze demo up check test test-fast bench lock clean
.SILENT:

help: ## List these commands
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Make the Python environment in .venv from the lock file
	echo "The environment is ready in $(VENV)."

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Stockwire needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	  echo "Name a newer one: make setup PYTHON=python3.11"; exit 1; }
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments. On Debian: apt-get install python3-venv"; exit 1; }
	test -x $(BIN)/python || { echo "Making a virtual environment in $(VENV)..."; $(PYTHON) -m venv $(VENV); }
	echo "Installing what requirements.lock names (a minute or two the first time)..."
	$(BIN)/python scripts/install-locked requirements.lock
	echo "Installing Stockwire itself..."
	$(BIN)/python -m pip install -qq --no-deps -e .
	touch $(READY)

system: ## Install the system packages the demo and the tests need (Firebird)
	scripts/system-packages

versions: ## Fetch the Firebird 4 that the tests run beside the 3 of the system
	scripts/firebird-4

demo: setup system ## See the main job run: Firebird to a shop, orders back to Omni (3 minutes)
	$(BIN)/stockwire demo

up: setup ## Run the hub and its worker for real use
	$(BIN)/stockwire up

check: setup ## Style, types, the rule of direction, file sizes, links in the docs, one line of migrations
	echo "ruff: style..." && $(BIN)/ruff check --quiet .
	echo "ruff: format..." && $(BIN)/ruff format --quiet --check .
	echo "mypy: types..." && $(BIN)/mypy --no-error-summary
	echo "mypy: types on Windows..." && $(BIN)/mypy --no-error-summary --platform win32 --no-warn-unreachable src/stockwire/agent
	echo "import-linter: the rule of direction..." && $(BIN)/lint-imports --no-cache >$(VENV)/lint-imports.txt \
	  || { cat $(VENV)/lint-imports.txt; exit 1; }
	echo "check-files: sizes, words, links..." && $(BIN)/python scripts/check-files
	echo "check-migrations: one line of history..." && $(BIN)/python scripts/check-migrations
	echo "agent-messages: the page of what the agent says..." \
	  && $(BIN)/python scripts/agent-messages | cmp -s - docs/connect/omni-messages.md \
	  || { echo "It is old. Run: scripts/agent-messages > docs/connect/omni-messages.md"; exit 1; }
	echo "All checks passed."

test: setup system versions ## The whole test suite, on real PostgreSQL, real Firebird and real processes
	echo "Running all tests, $(JOBS) at a time..."
	$(BIN)/pytest -n $(JOBS) --dist loadscope --no-loadscope-reorder

# They wait for servers a good deal of their time: one process more than for all tests.
test-fast: JOBS = 3
test-fast: setup system versions ## The quick tests only (75 seconds)
	echo "Running the quick tests, $(JOBS) at a time..."
	$(BIN)/pytest -n $(JOBS) --dist loadscope -m "not slow" --durations 5 --durations-min 1

freeze: setup system versions ## Build the agent as one folder (build/frozen) and run its tests on it
	echo "Freezing the agent (half a minute)..."
	$(BIN)/pyinstaller --noconfirm --log-level ERROR --distpath build/frozen --workpath build/work packaging/stockwire.spec
	build/frozen/stockwire/stockwire agent --help >/dev/null
	echo "Running the tests of the agent's process on build/frozen/stockwire/stockwire..."
	STOCKWIRE_AGENT_PROGRAM=$(CURDIR)/build/frozen/stockwire/stockwire $(BIN)/pytest tests/agent/test_agent_process.py \
	  tests/agent/test_firebird_versions.py -k "process or log_says"

bench: setup system ## Measure, print a table, write benchmarks/results.json
	$(BIN)/python -m benchmarks

lock: setup ## Choose the newest fitting versions of all libraries anew
	echo "Resolving requirements.lock..."
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --upgrade -q -o requirements.lock
	$(BIN)/uv pip compile packaging/agent.in -c requirements.lock --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --upgrade -q -o packaging/agent.lock

clean: ## Remove the environment and everything made by tools; no data of yours
	echo "Removing $(VENV) and caches..."
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis src/*.egg-info
	find src tests benchmarks scripts -name __pycache__ -type d -prune -exec rm -rf {} +
