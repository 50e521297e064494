# Needs make and Python 3.11–3.13, nothing else; all it installs lies in .venv. Every target is a step of .ci/run or of the README.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check bench sdl format lock image clean

# The tests start the server some two hundred times: compiled once, not each time.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
DOCKER ?= docker
# The first of these that is in range and can make an environment (Debian's python3 needs python3-venv for that).
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& { echo $$python; break; }; done)
NO_PYTHON = No Python 3.11, 3.12 or 3.13 that can make an environment was found. Name one with PYTHON=…, or install it (Debian: python3 and python3-venv).

help: ## Say what there is
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

run: $(VENV)/.demo ## Set up and serve the demo on 127.0.0.1:8000, its data in var/ or CABINET_DATA_DIR
	$(BIN)/cabinet demo --data-dir "$${CABINET_DATA_DIR:-var}"

test: $(VENV)/.dev ## Set up and run all tests on both databases (DATABASE=sqlite: on one; ARGS="-k search -x" chooses)
	@for database in $(or $(DATABASE),sqlite postgresql); do \
		echo "== on $$database"; \
		$(PYTEST) --database=$$database $(or $(ARGS),$$(test $$database = sqlite || echo $(ON_CI))) || test $$? = 5 -a -n "$(ARGS)" || exit 1; \
	done
	@$(if $(DATABASE)$(ARGS),true,$(ON_DEBIANS))

# A CI machine has two cores and twenty minutes: there PostgreSQL runs the files in which databases can differ. By hand it runs all.
ON_CI = $(if $(CI),$(addprefix tests/,server/test_databases.py server/test_postgres.py server/test_migrate_both.py \
	server/test_migrate_chain.py server/demo/test_demo_on_postgres.py commands/test_commands_check.py test_main_act.py \
	test_overlaps.py test_overlaps_operators.py test_races.py test_races_accounts.py test_retries.py test_deadlines.py \
	test_idempotency.py test_journal_chain.py test_journal_pages.py test_member_search.py test_members_leaving.py \
	test_folders_filters.py test_folders_pages.py test_archive_joining.py test_archive_lists.py test_operations.py \
	test_block_everywhere.py test_isolation_rls.py test_letters_outbox.py test_signing_races.py test_viewer_names.py \
	test_streams_commit.py test_backup_under_load.py test_kill.py test_query_counts.py test_readme.py))
# Debian's PostgreSQL, where it is, knows locales that the development dependency's does not: order and search again.
ON_DEBIANS = test ! -x /usr/lib/postgresql/15/bin/initdb || for locale in C.UTF-8 ru; do \
		echo "== on Debian's PostgreSQL 15, locale $$locale"; \
		$(PYTEST) --database=postgresql --server=debian --locale=$$locale $(OF_ORDER) || exit 1; \
	done
OF_ORDER = $(addprefix tests/,test_member_search.py test_members_former.py test_folders_filters.py test_folders_pages.py \
	server/test_migrate_both.py server/test_databases.py)
# A worker for each core and one more, since many wait; what shares a server process, a file's tests, stays together.
WORKERS = $$($(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)')
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

check: $(VENV)/.dev ## Lint, format, types, imports and the committed SDL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/cabinet schema check

bench: $(VENV)/.dev ## Measure from a blocking to the last closed stream (ARGS="--streams 100 --rounds 5")
	PYTHONPATH=tests $(BIN)/python -m benchmarks.blocking $(ARGS)

sdl: $(VENV)/.dev ## Write the contract's text, schema/schema.graphql, again
	$(BIN)/cabinet schema print > schema/schema.graphql.new
	mv schema/schema.graphql.new schema/schema.graphql

format: $(VENV)/.dev ## Put the code into the one form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

# Each lock is constrained by a wider one, so that all name the same versions; with hashes and without the address of any index.
LOCK = UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url --no-emit-find-links
lock: $(VENV)/.dev ## Write requirements/*.txt again (UPGRADE=--upgrade takes newer versions)
	$(LOCK) $(UPGRADE) requirements/build.in -o requirements/build.txt
	$(LOCK) $(UPGRADE) pyproject.toml --extra demo --extra dev -c requirements/build.txt -o requirements/dev.txt
	$(LOCK) pyproject.toml --extra demo -c requirements/dev.txt -o requirements/demo.txt
	$(LOCK) pyproject.toml -c requirements/dev.txt -o requirements/core.txt

image: ## Build the container image (LOCK_FILE=demo takes the demo along)
	$(DOCKER) build --build-arg LOCK=$(or $(LOCK_FILE),core) --tag shared-cabinet .

clean: ## Remove what can be made again; var/ with its data stays
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# dev.txt contains demo.txt, so the two stamps may come in any order.
$(VENV)/.demo $(VENV)/.dev: $(VENV)/.%: requirements/build.txt requirements/%.txt pyproject.toml | $(BIN)/python
	@echo "Installing requirements/$*.txt into $(VENV) (once, about a minute)"
	@$(PIP) --require-hashes -r requirements/build.txt
	@$(PIP) --require-hashes --no-build-isolation -r requirements/$*.txt
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "$(NO_PYTHON)" >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV)
