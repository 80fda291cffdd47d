# make demo: tag the seed articles. make test: pass the tests. Both set everything up in .venv first.
# make test-oldest: pass them with the oldest versions that pyproject.toml allows, in .venv-oldest, on the oldest Python.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-oldest check reference model clean

demo: .venv/installed
	$(BIN)/cyberthemes tag seeds/*.txt --format table
	@$(BIN)/cyberthemes tag seeds/*.txt --output demo/seeds.jsonl
	@echo "The full result, with all evidence, is in demo/seeds.jsonl (one article a line)."

test: .venv/installed
	$(BIN)/python -m pytest

test-oldest: .venv-oldest/installed
	.venv-oldest/bin/python -m pytest --override-ini filterwarnings=default --override-ini cache_dir=.venv-oldest/cache

check: .venv/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# The API reference, from the docstrings: open reference/index.html
reference: .venv/installed
	$(BIN)/python .ci/reference.py reference

# Learn the bundled model again: make model GOLD="my/train.jsonl my/more.jsonl"
model: .venv/installed
	$(BIN)/cyberthemes fit $(GOLD) --taxonomy models/cyberspace-governance/taxonomy.yaml --output models/cyberspace-governance --jobs 2

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

.venv-oldest/installed: pyproject.toml .ci/oldest.py
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --upgrade pip
	.venv-oldest/bin/python .ci/oldest.py > .venv-oldest/requirements.txt
	.venv-oldest/bin/python -m pip install --quiet --requirement .venv-oldest/requirements.txt --editable .
	touch $@

clean:
	rm -rf .venv .venv-oldest demo dist reference
