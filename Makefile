# make demo, make test, make real, make docs, and for your own data:
#   make run HM_DATA_DIR=folder HM_OUT_DIR=folder VARS='{horizon_days: 7}'
SHELL := bash
PYTHON ?= python3
HM_DATA_DIR ?= data
HM_OUT_DIR ?= out
VARS ?= {}
DEMO_CUSTOMERS ?= 40000

BIN := .venv/bin
export DBT_PROJECT_DIR := dbt_project
export PYTHONUNBUFFERED := 1

SQL := $(shell find dbt_project -name target -prune -o -type f \( -name '*.sql' -o -name '*.yml' -o -name '*.md' \) -print) profiles.yml
MODELS := $(filter-out models_py/demo_% models_py/complete_journey.py models_py/report.py,$(wildcard models_py/*.py))

.PHONY: demo real run test lint docs bench-peers bench-rare bench-new bench-few-days ablation bench-full bench-small kill-test lock clean
.DELETE_ON_ERROR:

# What a newcomer runs.

demo: data/demo/.made
	@if $(MAKE) --no-print-directory -q out/demo/.trained; then $(BIN)/python -m models_py.report --out-dir out/demo; \
	else $(MAKE) --no-print-directory out/demo/.trained; fi

real: data/real/.made
	@if $(MAKE) --no-print-directory -q out/real/.trained; then $(BIN)/python -m models_py.report --out-dir out/real; \
	else $(MAKE) --no-print-directory out/real/.trained; fi

# Without unit tests, whose input is always the same: they are for who changes a model (dbt build, make test).
run: $(BIN)/.installed
	HM_DATA_DIR="$(HM_DATA_DIR)" HM_OUT_DIR="$(HM_OUT_DIR)" $(BIN)/dbt build --exclude-resource-type unit_test --vars '$(VARS)'
	HM_DATA_DIR="$(HM_DATA_DIR)" HM_OUT_DIR="$(HM_OUT_DIR)" $(BIN)/python -m models_py.train

# Data, build and training, each made again only when what it is made from has changed.

$(BIN)/.installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "error: $(PYTHON) is older than Python 3.11; run make PYTHON=python3.11"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

# Another number of customers is other data.
data/demo/.customers-$(DEMO_CUSTOMERS):
	@mkdir -p data/demo
	@rm -f data/demo/.customers-*
	@touch $@

data/demo/.made: $(BIN)/.installed data/demo/.customers-$(DEMO_CUSTOMERS) $(wildcard models_py/demo_*.py)
	$(BIN)/python -m models_py.demo_data --customers $(DEMO_CUSTOMERS) --out data/demo
	@touch $@

data/real/.made: $(BIN)/.installed models_py/complete_journey.py
	$(BIN)/python -m models_py.complete_journey --out data/real
	@touch $@

out/%/.built: data/%/.made $(SQL)
	HM_DATA_DIR=data/$* HM_OUT_DIR=out/$* $(BIN)/dbt build
	@touch $@

out/%/.trained: out/%/.built $(MODELS)
	HM_DATA_DIR=data/$* HM_OUT_DIR=out/$* $(BIN)/python -m models_py.train
	@touch $@

.PRECIOUS: data/%/.made out/%/.built out/%/.trained

# For whoever changes it.

test: lint
	$(BIN)/python -m pytest

# The dbt templater opens the database that it compiles for: an empty one does.
lint: $(BIN)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	HM_OUT_DIR=out/lint $(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests

# The docs describe the demo's tables: the catalogue needs a build to look at.
docs: out/demo/.built
	HM_DATA_DIR=data/demo HM_OUT_DIR=out/demo $(BIN)/dbt docs generate --static
	@mkdir -p out/docs
	cp dbt_project/target/static_index.html out/docs/index.html
	@echo "Open out/docs/index.html"

# A benchmark is to measure, so what it measures is published however it compares with the last time.

# This project beside what a user would pick instead, in six windows: $(call beside_peers,folder of the files,options of
# the peers). The peers' libraries need older numpy and pandas, so an environment of their own.
define beside_peers
	HM_DATA_DIR=$(1) HM_OUT_DIR=out/$@ $(BIN)/dbt build --vars '{n_backtest_windows: 6}'
	HM_DATA_DIR=$(1) HM_OUT_DIR=out/$@ $(BIN)/python -m models_py.train --publish-anyway
	OPENBLAS_NUM_THREADS=1 .venv-peers/bin/python -m tests.benchmarks.peers \
	--database out/$@/hm.duckdb --out-dir out/$@ $(2)
	$(BIN)/python -m tests.benchmarks.compare --database out/$@/hm.duckdb --out-dir out/$@
endef

# On Complete Journey: about ten minutes.
bench-peers: data/real/.made .venv-peers/.installed
	$(call beside_peers,data/real)

# Where orders are few and large, as in a gift shop: Complete Journey, dealt to other customers. About four minutes.
bench-rare: data/real/.made .venv-peers/.installed
	$(BIN)/python -m tests.benchmarks.rare_orders --out data/rare
	$(call beside_peers,data/rare)

# Where nothing is bought again, and the peers are told so: about six minutes.
bench-new: data/real/.made .venv-peers/.installed
	$(BIN)/python -m tests.benchmarks.rare_orders --customers 1 --share 1 --grain article_id --repeats 0 --out data/new
	$(call beside_peers,data/new,--leave-out-bought)

# Where four days are known and three are asked for, at 16 cutoffs of Complete Journey: some five minutes.
bench-few-days: data/real/.made
	$(BIN)/python -m tests.benchmarks.few_days

# What each source of candidates and family of features brings, on Complete Journey: about twenty minutes.
ablation: data/real/.made
	HM_DATA_DIR=data/real HM_OUT_DIR=out/ablation $(BIN)/dbt build --vars '{n_backtest_windows: 6}'
	HM_DATA_DIR=data/real HM_OUT_DIR=out/ablation $(BIN)/python -m models_py.train --publish-anyway
	$(BIN)/python -m tests.benchmarks.ablation --database out/ablation/hm.duckdb \
	--run-results dbt_project/target/run_results.json

# Time, memory and bytes at the competition's size, beside what a user would run instead; and at 1/64 of it.
bench-full: $(BIN)/.installed .venv-peers/.installed
	$(BIN)/python -m tests.benchmarks.full_size --peers .venv-peers/bin/python

bench-small: $(BIN)/.installed
	$(BIN)/python -m tests.benchmarks.full_size --parts 64

# Runs killed at 53 random moments, each followed by a good one, and disks that fill up. It takes long.
kill-test: $(BIN)/.installed
	$(BIN)/python -m tests.benchmarks.kills
	$(BIN)/python -m pytest -n 0 tests/benchmarks/full_disks.py

# RecTools can't be installed on a later Python.
.venv-peers/.installed: tests/benchmarks/requirements-peers.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	{ echo "error: the peers need Python 3.11 to 3.13; run make PYTHON=python3.13"; exit 2; }
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate

lock: $(BIN)/.installed
	$(BIN)/pip install --quiet uv
	$(COMPILE) --upgrade --extra dev --extra completejourney pyproject.toml -o requirements.lock
	$(COMPILE) --upgrade tests/benchmarks/requirements-peers.in -o tests/benchmarks/requirements-peers.lock

clean:
	rm -rf data/demo data/rare data/real out/demo out/real out/docs dbt_project/target dbt_project/logs
