# Thin names for commands that also run by hand. Needs make and Python 3.11 or newer.
#
# make demo JOBS=100000 PEOPLE=10000 PORT=5000    SERVE=0: everything but serving, then a summary
# make bench FULL=1 ARGS=--write                  10,000 people, 100,000 jobs; a million for the ranking
# make test ARGS="tests/jobs -k title"            WITHOUT="browser postgres": leave parts out

VENV ?= .venv
export VENV
BIN := $(VENV)/bin
PY := $(BIN)/python
LOCKED := requirements/bootstrap.txt pyproject.toml scripts/setup_python.sh
# What `make check` looks at besides the package itself.
CODE := jobscore tests scripts migrations wsgi.py

JOBS ?= 3000
PEOPLE ?= 60
PORT ?= 5000
SERVE ?= 1
ARGS ?=
FULL ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench lock screenshots clean

help: ## Show these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | \
		while IFS='|' read -r name text; do printf '%-20s %s\n' "$$name" "$$text"; done

demo: $(VENV)/.ready-demo ## Set up, fill and serve the demo on http://127.0.0.1:5000
	@$(PY) -m jobscore.demo run --jobs $(JOBS) --people $(PEOPLE) --port $(PORT)
	@if [ "$(SERVE)" != 0 ]; then exec $(PY) -m jobscore.demo serve --port $(PORT); fi

test: $(VENV)/.ready-dev ## Set up and pass every test: SQLite, PostgreSQL, SMTP, browser
	@scripts/test.sh $(ARGS)

check: $(VENV)/.ready-dev ## Format, lint, types, import contracts, templates, translations, locks
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint --quiet --lint templates
	$(PY) scripts/translations.py check
	$(PY) scripts/check_requirements.py

format: $(VENV)/.ready-dev ## Rewrite code in the house style
	$(BIN)/ruff check --fix-only $(CODE)
	$(BIN)/ruff format $(CODE)

bench: $(VENV)/.ready-bench ## Measure every leg beside plain alternatives: FULL=1 at full size
	BENCH_FULL=$(FULL) $(PY) -m pytest tests/benchmarks -n0 -s $(ARGS)

lock: $(VENV)/.ready-dev ## Resolve dependencies anew: make lock ARGS=--upgrade
	@scripts/lock.sh $(ARGS)

screenshots: $(VENV)/.ready-dev ## Make docs/images/*.png from the running demo
	@scripts/setup_browser.sh
	@$(PY) scripts/screenshots.py $(ARGS)

clean: ## Remove the environment, caches and the demo's data
	rm -rf $(VENV) instance build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find jobscore tests scripts migrations -name __pycache__ -type d -prune -exec rm -rf {} +

# dev holds everything that demo needs, so a checkout that ran the tests does not shrink for the demo.
$(VENV)/.ready-demo: requirements/demo.txt $(LOCKED)
	@if [ -e $(VENV)/.ready-dev ]; then $(MAKE) --no-print-directory $(VENV)/.ready-dev; \
		else scripts/setup_python.sh demo; fi
	@touch $@

# bench holds everything that dev does, and what ours is measured against.
$(VENV)/.ready-bench: requirements/bench.txt $(VENV)/.ready-dev
	@scripts/setup_python.sh bench
	@touch $@

$(VENV)/.ready-dev: requirements/dev.txt $(LOCKED)
	@scripts/setup_python.sh dev
	@touch $@
