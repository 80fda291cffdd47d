# make demo: tag the seed articles. make test: pass the tests. Both set everything up in .venv first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check model clean

demo: .venv/installed
	$(BIN)/cyberthemes tag seeds/*.txt --format table
	@$(BIN)/cyberthemes tag seeds/*.txt --output demo/seeds.jsonl
	@echo "The full result, with all evidence, is in demo/seeds.jsonl (one article a line)."

test: .venv/installed
	$(BIN)/python -m pytest

check: .venv/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# Learn the bundled model again: make model GOLD="my/train.jsonl my/more.jsonl"
model: .venv/installed
	$(BIN)/cyberthemes fit $(GOLD) --taxonomy models/cyberspace-governance/taxonomy.yaml --output models/cyberspace-governance --jobs 2

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv demo dist
