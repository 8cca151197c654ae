# Everything starts here: a fresh machine with Python 3.11, git and make needs nothing else.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo loop-tiny test test-vllm check fix bench

## The main job, small: problems drawn, captioned, solved, checked, curated, built; then its report.
demo: $(INSTALLED)
	$(BIN)/ovlt run recipes/quickstart.yaml

## The paper's iteration in miniature, with real gradients: docs/loop.md has what comes out, and how long it takes.
SEED ?= 1
loop-tiny: $(INSTALLED)
	$(BIN)/ovlt loop recipes/loop_tiny.yaml --name loop-tiny-$(SEED) --set seed=$(SEED)

test: $(INSTALLED)
	$(BIN)/python -m pytest -n 2 -rs --dist worksteal --ignore tests/real_vllm

## The same code against a real vLLM on this CPU, installed once into .venv-vllm (about 3 minutes, 3.5 GB).
test-vllm: $(INSTALLED)
	bash tests/real_vllm/install.sh
	OVLT_VLLM_PYTHON=$(CURDIR)/.venv-vllm/bin/python $(BIN)/python -m pytest tests/real_vllm -m vllm -rs

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/python -m pytest tests/test_layers.py

fix: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "torch" -e ".[train,serve,compare,dev]"
	touch $@
