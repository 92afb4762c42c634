# `make run` starts everything on this machine; `make test` runs the tests. Both set up what they need.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
SBOM := sbom.json
READY := $(VENV)/.ready

SOAK_SECONDS ?= 900
CRASH_ROUNDS ?= 200
# Where an image forbids it, each of the hundreds of processes that tests start compiles all anew.
export PYTHONDONTWRITEBYTECODE :=
.PHONY: run test soak crash check check-deploy audit sbom format bench texts conformance lock clean

run: $(READY)
	$(BIN)/sakark dev

test: $(READY)
	$(BIN)/pytest -n 2 --dist worksteal $(ARGS)

# Anybody does anything, for minutes; what the archive must hold is checked after each step.
soak: $(READY)
	SAKARK_SOAK_SECONDS=$(SOAK_SECONDS) $(BIN)/pytest -q -n 0 tests/trust $(ARGS)

# Files come in while API, worker, database and storage are killed (kill -9); what was answered is there.
crash: $(READY)
	.ci/versitygw
	SAKARK_CRASH_ROUNDS=$(CRASH_ROUNDS) $(BIN)/pytest -q -n 0 -s tests/crash $(ARGS)

check: $(READY) check-deploy audit
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sakark openapi --check
	$(BIN)/sakark settings --check
	$(BIN)/sakark life-cycle --check

# The image's recipe and the chart; hadolint and helm come with the lock. Where there is no helm, the
# chart's part is skipped, and says so.
check-deploy: $(READY)
	$(BIN)/hadolint Dockerfile
	$(BIN)/pytest -q tests/deploy/test_manifests.py tests/deploy/test_chart.py

# Look what is served with up in the open database of vulnerabilities; says so where it can't.
audit: $(READY)
	.ci/audit $(BIN)

# What is served with, part by part with versions and hashes, as other programs read it (CycloneDX).
sbom: $(READY)
	$(BIN)/python -W ignore::UserWarning -m cyclonedx_py requirements --pyproject pyproject.toml \
		--output-reproducible --output-file $(SBOM) requirements.lock

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	$(BIN)/python -m bench

# Collect the texts for people from the code into the catalogues; then translate what is new.
texts: $(READY)
	$(BIN)/pybabel -q extract -k text --no-default-keywords --omit-header --no-location --sort-output \
		-o build-texts.pot src/sakark_api
	for language in nn en; do $(BIN)/pybabel -q update -l $$language -i build-texts.pot --no-fuzzy-matching \
		--ignore-obsolete --omit-header -o src/sakark_api/locale/$$language/LC_MESSAGES/sakark.po; done
	rm build-texts.pot

# Write the page on conformance from the declarations and the tests.
conformance: $(READY)
	$(BIN)/python -m tests.conformance

# The lock files hold versions and hashes only, no addresses.
lock: $(READY)
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra test --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header -q -o requirements-dev.lock
	echo hatchling | $(BIN)/uv pip compile - -c requirements-dev.lock --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header -q \
		-o requirements-build.lock

# The lock is the whole answer: pip's own resolver, asked as well, takes extras of newer versions than
# the lock has (coverage[toml]) and refuses them for want of a hash.
$(READY): requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
	$(BIN)/pip check
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
