# Everything from a fresh clone with nothing but Python 3.11 or newer.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
OLDEST_POSTGRESQL := 15
# One more than the two processors at hand: tests wait for programs, disks and databases.
PYTEST := $(BIN)/pytest -n 3 --dist loadfile
# These start the servers that they name: another run of them would be the same again.
NAME_THEIR_SERVERS := $(addprefix --ignore=tests/storage/test_, \
	embedded.py embedded_accounts.py embedded_roles.py report.py)
FOUND_OLDEST := $(wildcard /usr/lib/postgresql/$(OLDEST_POSTGRESQL)/bin/postgres)
FOUND_PGBOUNCER := $(wildcard /usr/sbin/pgbouncer)
FOUND_CLAMAV := $(wildcard /usr/sbin/clamd)
FOUND_CHROMIUM := $(wildcard /usr/bin/chromium)

# The tests start the program some hundred times: compiled modules are kept, whoever runs this.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test lint style types newest survival benchmark format

help:
	@echo "make run        the service on an embedded PostgreSQL, with two demonstration companies"
	@echo "make test       every check"
	@echo "make lint       only the checks that run nothing: style, types, layers"
	@echo "make format     put the code into shape"
	@echo "make survival   kill the server and the database again and again under load"
	@echo "make benchmark  the speeds, each beside its yardstick"

run: .venv/.installed
	@exec $(BIN)/wellkept run

lint: style types

style: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.installed-dev
	$(BIN)/mypy
	$(BIN)/lint-imports

newest: .venv/.installed-dev
	$(PYTEST)

# Types are checked beside the first tests, which wait for programs and databases now and then.
test: style
	@$(MAKE) --no-print-directory --jobs=2 types newest
ifneq ($(FOUND_OLDEST),)
	WELLKEPT_TEST_POSTGRESQL=$(OLDEST_POSTGRESQL) $(PYTEST) \
		$(NAME_THEIR_SERVERS) tests/storage tests/isolation
else
	@echo "PostgreSQL $(OLDEST_POSTGRESQL) is not installed here: its tests did not run"
endif
ifneq ($(FOUND_PGBOUNCER),)
	WELLKEPT_TEST_POOLER=pgbouncer $(PYTEST) \
		$(NAME_THEIR_SERVERS) tests/storage tests/isolation tests/running/test_jobs.py
else
	@echo "Debian's package pgbouncer is not installed here: its tests did not run"
endif
ifeq ($(FOUND_CLAMAV),)
	@echo "Debian's package clamav-daemon is not installed here: its tests did not run"
endif
ifeq ($(FOUND_CHROMIUM),)
	@echo "Debian's package chromium is not installed here: its test did not run"
endif

format: .venv/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

survival: .venv/.installed-dev
	WELLKEPT_TEST_SURVIVAL_ROUNDS=20 $(BIN)/pytest tests/running/test_survival.py

benchmark: .venv-benchmark/.installed
	.venv-benchmark/bin/python -m benchmarks

# One environment serves run and test: the lock of the second holds what the first's holds.
.venv/.installed: requirements.lock pyproject.toml | .venv/bin/python
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.installed-dev: requirements-dev.lock pyproject.toml | .venv/bin/python
	$(INSTALL) --require-hashes -r requirements-dev.lock
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

# What the product is compared with stays away from it: the framework loads some of it by itself.
.venv-benchmark/.installed: requirements-benchmark.lock pyproject.toml | .venv-benchmark/bin/python
	.venv-benchmark/bin/python -m pip install --quiet --disable-pip-version-check \
	  --require-hashes -r requirements-benchmark.lock
	.venv-benchmark/bin/python -m pip install --quiet --disable-pip-version-check \
	  --no-deps --no-build-isolation -e .
	@touch $@

%/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $*
