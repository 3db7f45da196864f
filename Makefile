# Everything is set up in .venv from the lock files; nothing else is needed than Python 3.11 or later, git and make.
PYTHON ?= python3

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --no-annotate --no-strip-extras
LOWEST := $(LOCK) pyproject.toml --extra report --extra completion --resolution lowest-direct --no-deps --upgrade --output-file requirements/lowest.txt
# Tables and bars for terminals, which a job of Actions does not have.
UNATTENDED := $(foreach package,rich markdown-it-py mdurl pygments,--no-emit-package $(package))
GROUPS := validate uv release advisories peers native-peers
FITS := $(BIN)/check-jsonschema --quiet
SECONDS ?= 300
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: help demo test lint wheel docs fuzz fuzz-smoke bench lock upgrade clean

help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(INSTALLED) ## run the main job on the declared rotations, with the local tracker
	@$(BIN)/python scripts/demo.py

test: $(INSTALLED) ## run the tests, with their coverage
	$(BIN)/python -m pytest -n 3 --dist worksteal --cov --cov-report=term-missing:skip-covered

lint: $(INSTALLED) ## run the linters, types, contracts, schemas and checks of generated files
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/template_names.py > $(VENV)/template_names.py
	$(BIN)/vulture src scripts $(VENV)/template_names.py
	$(BIN)/deptry src
	$(BIN)/zizmor --offline --persona pedantic .github $(wildcard action.yml)
	$(FITS) --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(if $(wildcard action.yml),$(FITS) --builtin-schema vendor.github-actions action.yml)
	$(FITS) --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/*.yml
	$(FITS) --builtin-schema vendor.dependabot .github/dependabot.yml
	$(FITS) --check-metaschema schemas/*.schema.json
	$(FITS) --schemafile schemas/policy.schema.json keyturn.yaml
	for kind in provider platform rotation incident; do \
		if [ -d "$${kind}s" ]; then \
			find "$${kind}s" \( -name '*.yaml' -o -name '*.yml' \) -print0 \
				| xargs -0 -r $(FITS) --schemafile "schemas/$$kind.schema.json" || exit 1; \
		fi; \
	done
	for script in $(wildcard scripts/generate_*.py); do $(BIN)/python "$$script" --check || exit 1; done

wheel: $(INSTALLED) ## build the wheel and run the tests against it, far from the source
	.ci/wheel $(BIN)/python

docs: $(INSTALLED) ## build the documentation as a site, in build/docs
	$(BIN)/mkdocs build --quiet --strict

fuzz: $(INSTALLED) ## look for documents that break us, for SECONDS (300), then with deep property tests
	$(BIN)/python fuzz/documents.py --seconds $(SECONDS)
	$(BIN)/python -m pytest -n 2 --hypothesis-profile=deep tests/core/test_render_hostile.py tests/shell/test_hostile_files.py \
		tests/shell/test_faults_turns.py

fuzz-smoke: $(INSTALLED)
	$(BIN)/python fuzz/documents.py --seconds 60

bench: $(INSTALLED) ## measure how long the commands take
	$(BIN)/python benchmarks/run.py $(SECTIONS)

lock: $(BIN)/uv ## bring the lock files in line with pyproject.toml, moving as little as possible
	$(LOCK) pyproject.toml --output-file requirements/runtime.txt
	$(LOCK) pyproject.toml $(UNATTENDED) --constraint requirements/runtime.txt --output-file requirements/action.txt
	$(LOCK) pyproject.toml --extra report --constraint requirements/runtime.txt --output-file requirements/report.txt
	$(LOCK) pyproject.toml --extra report --group dev --constraint requirements/runtime.txt --output-file requirements/dev.txt
	for group in $(GROUPS); do $(LOCK) --group $$group --constraint requirements/runtime.txt --output-file requirements/$$group.txt || exit 1; done
	$(LOWEST)

upgrade: $(BIN)/uv ## the same, to the newest versions
	$(LOCK) pyproject.toml --upgrade --output-file requirements/runtime.txt
	$(LOCK) pyproject.toml --upgrade $(UNATTENDED) --constraint requirements/runtime.txt --output-file requirements/action.txt
	$(LOCK) pyproject.toml --upgrade --extra report --constraint requirements/runtime.txt --output-file requirements/report.txt
	$(LOCK) pyproject.toml --upgrade --extra report --group dev --constraint requirements/runtime.txt --output-file requirements/dev.txt
	for group in $(GROUPS); do \
		$(LOCK) --upgrade --group $$group --constraint requirements/runtime.txt --output-file requirements/$$group.txt || exit 1; \
	done
	$(LOWEST)

clean: ## remove what was made; the local tracker's issues in .keyturn stay
	rm -rf $(VENV) build dist .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Not $(INSTALLED): a lock file that lags behind pyproject.toml must not keep it from being brought in line.
$(BIN)/uv:
	$(MAKE) $(INSTALLED)

$(INSTALLED): requirements/dev.txt pyproject.toml src/keyturn/__init__.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "keyturn needs Python 3.11 or later: make PYTHON=python3.11")'
	@echo "Setting up $(VENV), once."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --no-deps --require-hashes --requirement requirements/uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes --compile-bytecode --requirement requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(PIP) check
	@touch $@
