# Thin over one command-line tool, `tolerance`, whose own exit codes make turns into its 2.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
LINT := $(VENV)/lint
BOTTLECRM := $(VENV)/crm
CRM_PYTHON ?= python3.12

# The environment of a user must not leak into the project's own.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

STATE ?= var
run_arguments = --state "$(STATE)" \
	$(if $(EXTRACTS),--extracts "$(EXTRACTS)") \
	$(if $(AS_OF),--as-of "$(AS_OF)") \
	$(if $(CRM),--crm "$(CRM)")

.PHONY: help setup init wheel run backfill rebuild doctor data-docs preview tags quarantine cases score train labels sample deliver test soak bench lint format clean explain generations data-dictionary crm-dry-run test-crm test-service upgrade-check

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Names, versions and hashes stand in the lock; uv comes through pip, in the version of the lock.
$(INSTALLED): requirements.lock pyproject.toml
	@echo "Setting up $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@grep -A 100 '^uv==' requirements.lock | awk 'NR > 1 && /^[a-z]/ { exit } { print }' > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement $(VENV)/uv.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes \
		--requirement requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(INSTALLED) ## Only the set-up, which every target does by itself

init: $(INSTALLED) ## Lay the company's own part (seeds, settings, mappings, DAG file) into FOLDER=
	@$(BIN)/tolerance init "$(FOLDER)"

wheel: $(INSTALLED) ## The package for machines without a checkout: OUT=dist
	@rm -rf build # setuptools would pack what an older build left there
	@$(BIN)/uv build --quiet --wheel --no-build-isolation --out-dir "$(or $(OUT),dist)" .

run: $(INSTALLED) ## One daily cycle: EXTRACTS= AS_OF= STATE= CRM=
	@$(BIN)/tolerance run $(run_arguments)

backfill: $(INSTALLED) ## A range of days in their order: FROM= TO= EXTRACTS= STATE= CRM=
	@$(BIN)/tolerance backfill --from "$(FROM)" --to "$(TO)" --state "$(STATE)" \
		--extracts "$(EXTRACTS)" $(if $(CRM),--crm "$(CRM)")

rebuild: $(INSTALLED) ## The same tables from the landed files alone, after a loss or a fixed reader: STATE= EXTRACTS=
	@$(BIN)/tolerance rebuild --state "$(STATE)" $(if $(EXTRACTS),--extracts "$(EXTRACTS)")

doctor: $(INSTALLED) ## Are this machine and STATE= fit for a run? With EXTRACTS= also the inbox
	@$(BIN)/tolerance doctor --state "$(STATE)" $(if $(EXTRACTS),--extracts "$(EXTRACTS)")

upgrade-check: $(INSTALLED) ## What will this release's next run do with STATE= of an earlier one? Changes nothing
	@$(BIN)/tolerance upgrade-check --state "$(STATE)"

data-docs: $(INSTALLED) ## Great Expectations' pages of what is expected and how it was met, in counts: OUT=
	@$(BIN)/tolerance data-docs --state "$(STATE)" $(if $(OUT),--out "$(OUT)")

preview: $(INSTALLED) ## What a mapping profile makes of FILE= as SOURCE=: PROFILE= EXTRACTS= ROWS=
	@$(BIN)/tolerance preview "$(FILE)" --source "$(SOURCE)" $(if $(PROFILE),--profile "$(PROFILE)") \
		$(if $(EXTRACTS),--extracts "$(EXTRACTS)") $(if $(ROWS),--rows "$(ROWS)")

tags: $(INSTALLED) ## Tags and codes without an incident type, and the table to fill in: STATE= OUT=
	@$(BIN)/tolerance tags --state "$(STATE)" $(if $(OUT),--out "$(OUT)")

quarantine: $(INSTALLED) ## Quarantined records and why: SOURCE= REASON= SHOW_BYTES=1 EXPORT= STATE=
	@$(BIN)/tolerance quarantine --state "$(STATE)" $(if $(SOURCE),--source "$(SOURCE)") \
		$(if $(REASON),--reason "$(REASON)") $(if $(SHOW_BYTES),--show-bytes) \
		$(if $(EXPORT),--export "$(EXPORT)")

cases: $(INSTALLED) ## Are the mails of FOLDER= read as its expected.json says? Also a JSON file of texts
	@$(BIN)/tolerance cases "$(FOLDER)"

score: $(INSTALLED) ## How well are the labelled texts of LABELLED= read? JSON=
	@$(BIN)/tolerance score "$(LABELLED)" $(if $(JSON),--json "$(JSON)")

train: $(INSTALLED) ## The company's own detector from the labelled texts of LABELLED=
	@$(BIN)/tolerance train "$(LABELLED)"

labels: $(INSTALLED) ## The texts on which people decided, as labels for train: OUT= STATE=
	@$(BIN)/tolerance labels "$(OUT)" --state "$(STATE)"

sample: $(INSTALLED) ## Make the sample company in OUT=
	@$(BIN)/tolerance sample --out "$(OUT)"

explain: $(INSTALLED) ## Explain CUSTOMER=, INCIDENT= or ALERT=; LANGUAGE=fr, EXACT=1, JSON=1
	@$(BIN)/tolerance explain $(if $(CUSTOMER),"$(CUSTOMER)") $(if $(INCIDENT),--incident "$(INCIDENT)") \
		$(if $(ALERT),--alert "$(ALERT)") $(if $(LANGUAGE),--language "$(LANGUAGE)") \
		$(if $(EXACT),--exact) $(if $(JSON),--json) --state "$(STATE)"

generations: $(INSTALLED) ## List what was published
	@$(BIN)/tolerance generations --state "$(STATE)"

crm-dry-run: $(INSTALLED) ## What the CRMs would be sent, and why; writes nothing: CRM= ROWS= STATE=
	@$(BIN)/tolerance crm-dry-run --state "$(STATE)" $(if $(CRM),--crm "$(CRM)") $(if $(ROWS),--rows "$(ROWS)")

# Lists are put on a real OpenSSH server. Who is not root, or has another system, installs it; without one the tests of it
# are skipped and say so.
test: $(INSTALLED) ## All tests but the long ones
	@[ -x /usr/sbin/sshd ] || [ "$$(id -u)" != 0 ] || { echo "Installing openssh-server (once)"; \
		{ apt-get update -q && apt-get install -yq --no-install-recommends openssh-server; } > /dev/null 2>&1; } || true
	@$(BIN)/python -m pytest -m "not soak and not crm and not service" -n 4 --dist loadfile --no-loadscope-reorder

soak: $(INSTALLED) ## The long tests of the promises
	@$(BIN)/python -m pytest -m soak -n 2

# BottleCRM wants a newer Python than this project, and an environment of its own.
$(BOTTLECRM)/installed: crm.lock $(INSTALLED)
	@echo "Setting up $(BOTTLECRM) (once)"
	@$(CRM_PYTHON) -m venv --without-pip $(BOTTLECRM)
	@$(BIN)/uv pip install --quiet --python $(BOTTLECRM)/bin/python --require-hashes --requirement crm.lock
	@touch $@

# The office program and the database come from Debian's packages; who is not root, or has another system,
# installs them himself.
test-crm: $(BOTTLECRM)/installed ## The lists in LibreOffice and deliveries to a real CRM, started and stopped here: wants Python 3.12 (CRM_PYTHON=)
	@command -v soffice > /dev/null || { echo "Installing libreoffice-calc-nogui (once)"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends \
		libreoffice-calc-nogui > /dev/null; }
	@ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || { echo "Installing postgresql (once)"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends \
		postgresql > /dev/null; }
	@TOLERANCE_TEST_CRM="$(CURDIR)/$(BOTTLECRM)/bin/python" $(BIN)/python -m pytest -m crm

# PostgreSQL, Redis, the compose tool and the file system of a full disk come from Debian's packages and from root.
# What Debian itself starts of them is not used.
test-service: $(INSTALLED) ## Airflow's processes on PostgreSQL as they are deployed, for four days with a fault each
	@{ ls /usr/lib/postgresql/*/bin/initdb && command -v docker-compose && ls /usr/sbin/dovecot \
		&& command -v redis-server; } > /dev/null 2>&1 || { \
		echo "Installing postgresql, docker-compose, dovecot and redis (once)"; apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends \
		postgresql docker-compose dovecot-imapd redis-server > /dev/null; }
	@$(BIN)/python -m pytest -m service

# sqlfluff and dbt do not agree on one version of click.
$(LINT)/installed: lint.lock $(INSTALLED)
	@echo "Setting up $(LINT) (once)"
	@$(PYTHON) -m venv --without-pip $(LINT)
	@$(BIN)/uv pip install --quiet --python $(LINT)/bin/python --require-hashes --requirement lint.lock
	@touch $@

lint: $(INSTALLED) $(LINT)/installed ## Style and types
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy
	@TOLERANCE_PROJECT="$(CURDIR)" TOLERANCE_LIBRARY="$(CURDIR)/dags" TOLERANCE_STATE="$(CURDIR)/$(LINT)" DO_NOT_TRACK=1 \
		DBT_TARGET_PATH="$(CURDIR)/$(LINT)/target" DBT_LOG_PATH="$(CURDIR)/$(LINT)/logs" \
		$(LINT)/bin/sqlfluff lint models tests/data

deliver: $(INSTALLED) ## Send the CRM what it has not accepted yet: DESTINATION= DRY_RUN=1 AGAIN=1 STATE=
	@$(BIN)/tolerance deliver --state "$(STATE)" $(if $(DESTINATION),--destination "$(DESTINATION)") \
		$(if $(DRY_RUN),--dry-run) $(if $(AGAIN),--again)

data-dictionary: $(INSTALLED) ## Make docs/data_dictionary.md from dbt's yml
	@$(BIN)/python -m tolerance.data_dictionary > docs/data_dictionary.md

bench: $(INSTALLED) ## How fast? docs/benchmark*.md; SCALE=10m for ten million customers
	@$(BIN)/python -m bench $(if $(SCALE),--scale "$(SCALE)")

format: $(INSTALLED) ## Bring the code into shape
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean: ## Remove the environment; STATE stays
	@rm -rf $(VENV)
