# The everyday commands. `./start` and `./check` need none of this.
PYTHON = .venv/bin/python
UV ?= uv
COMPILE = $(UV) pip compile pyproject.toml -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header

.PHONY: lint format test lock

lint:
	./check --lint

format:
	.venv/bin/ruff check --fix . && .venv/bin/ruff format .

test:
	$(PYTHON) -m pytest

# Pins every package with the hashes of its files: constraints.txt has what developers need too,
# requirements.txt only what the hub runs on. Keeps the pinned versions; `make lock UPGRADE=-U` takes newer ones.
lock:
	$(COMPILE) $(UPGRADE) --all-extras -o constraints.txt
	$(COMPILE) -c constraints.txt -o requirements.txt
