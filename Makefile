# `make demo` shows the whole system at work; `make test` runs every test.
# Both need only Python ≥ 3.11 (with venv) and make.

PYTHON ?= python3
STAMP  := .venv/.installed
BIN    := .venv/bin
SBOM   := build/sbom.cdx.json
# What the documents as a site take from npm.
DOCS_NPM := build/docs-npm/.installed

.PHONY: help demo test install check docs format lock sbom audit-dependencies clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/'

demo: install ## install, start everything, play a story of ADT messages, show the reviews and their leads
	@$(BIN)/lfd demo

test: install ## run every test, two files at a time
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

install: $(STAMP) ## make .venv in the checkout and everything in it

$(STAMP): requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "make: $(PYTHON) is Python %d.%d; 3.11 or newer is needed: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --config-settings editable_mode=compat --editable .
	@touch $@

check: install ## lint, format check, type check
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/basedpyright

docs: install $(DOCS_NPM) ## build the documents into build/site, strictly (needs npm)
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
	@echo "build/site/index.html"

$(DOCS_NPM): docs/site/package.json docs/site/package-lock.json
	@command -v npm > /dev/null || { echo "make: npm is needed, which comes with Node.js 20 or newer"; exit 1; }
	@mkdir -p build/docs-npm && cp $^ build/docs-npm
	@cd build/docs-npm && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

format: install ## format the code and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: ## pin requirements/*.in with hashes (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/run.in -o requirements/run.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/dev.in -c requirements/run.lock -o requirements/dev.lock

sbom: install ## write build/sbom.cdx.json: what the product depends on, with hashes (CycloneDX 1.6)
	@mkdir -p $(dir $(SBOM))
	@$(BIN)/python -W ignore::UserWarning -m cyclonedx_py requirements requirements/run.lock --pyproject pyproject.toml \
		--spec-version 1.6 --output-format JSON --output-reproducible --output-file $(SBOM)
	@echo "$(SBOM)"

audit-dependencies: install ## ask the OSV database for known vulnerabilities in what the locks pin
	@$(BIN)/python requirements/audit.py requirements/run.lock requirements/dev.lock $(AUDIT_ARGS)

clean: ## remove what install and demo made
	rm -rf .venv .demo build *.egg-info
