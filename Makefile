# Every target works from a clean clone: the first one also makes .venv, which takes some GB and some minutes.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help quickstart test lint bench smoke studies constraints clean

help: ## Print this list.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

quickstart: $(STAMP) ## Install everything into .venv, run the smallest sweep and write its report.
	$(BIN)/raylth sweep sweeps/quickstart.yaml
	@$(BIN)/raylth report results/runs/quickstart

# Ray's tests wait much of the time, so two at once cost little; a file's tests share what they set up.
test: $(STAMP) ## Run the tests.
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(STAMP) ## Check style, types and which floor imports which.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP) ## Measure the training speed of this machine.
	$(BIN)/python -m benchmarks.training

smoke: $(STAMP) ## Run every sweep of sweeps/ in miniature.
	@for sweep in sweeps/*.yaml; do \
		echo "$$sweep"; $(BIN)/raylth sweep "$$sweep" --smoke || exit 1; \
	done

studies: $(STAMP) ## Run small versions of all the paper's studies on embedded data.
	@for sweep in sweeps/embedded/*.yaml; do \
		echo "$$sweep"; $(BIN)/raylth sweep "$$sweep" || exit 1; \
	done

# A pin such as 2.14.1+cpu names a build for one kind of machine, so the part from + on is dropped.
constraints: ## Pin the newest versions that pyproject.toml allows in constraints.txt.
	rm -rf build/pins
	$(PYTHON) -m venv build/pins
	build/pins/bin/pip install ".[dev]"
	{ grep '^#' constraints.txt; build/pins/bin/pip freeze --all --exclude pip --exclude raylth | sed 's/+.*//'; } > build/constraints.txt
	mv build/constraints.txt constraints.txt
	rm -rf build/pins

clean: ## Remove .venv, caches and build products (never results/).
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last and taken away first. Where it is missing, an install never ended, and pip could take
# half-copied packages for whole ones: start over.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "raylth needs Python 3.11 or newer, which '$(PYTHON)' is not: run 'make PYTHON=/path/to/python'." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "'$(PYTHON)' cannot make virtual environments: install the package python3-venv (Debian, Ubuntu)." >&2; exit 1; }
	@{ rm $@ && $(BIN)/python -c ''; } 2>/dev/null || $(PYTHON) -m venv --clear .venv
	$(BIN)/pip install -c constraints.txt -e ".[dev]"
	@touch $@
