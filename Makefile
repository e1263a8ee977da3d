# The doors of this repository. Each sets up what it needs in .venv; a second run finds it done.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
SCENES_PACKAGES := espeak-ng flite fluidsynth fluid-soundfont-gm
SOUND_FONT := /usr/share/sounds/sf2/FluidR3_GM.sf2
MISSING_TOOLS = $(shell for tool in espeak-ng flite fluidsynth; do command -v $$tool >/dev/null || echo $$tool; done; \
                        test -e $(SOUND_FONT) || echo $(SOUND_FONT))

.DELETE_ON_ERROR:
.PHONY: help demo install check test test-long fix scenes-tools browser train-nano bench-demo benchmarks-page readme clean

help:  ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: .venv/runtime.stamp  ## ask the shipped model about the shipped recording (no system package needed)
	$(BIN)/afnext ask examples/minute.flac "What happens, and when?"

install: .venv/test.stamp  ## the package, editable, with everything the tests need

check: .venv/test.stamp  ## style, types, and the floors of the house
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

test: .venv/test.stamp  ## everything: the scene tools where they may be installed, check, and the tests
	@if [ -n "$(MISSING_TOOLS)" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
	    then $(MAKE) --no-print-directory scenes-tools; fi
	@$(MAKE) --no-print-directory check
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

test-long: .venv/test.stamp  ## what takes minutes: the benchmarks' tests, the fine-tuning example, the dearest of alike tests
	$(BIN)/pytest -m long

fix: .venv/test.stamp  ## mend style where a tool can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

scenes-tools:  ## the Debian packages that speak and play; only for making scenes
	@if [ -n "$(MISSING_TOOLS)" ]; then set -e; export DEBIAN_FRONTEND=noninteractive; \
	    echo "installing $(SCENES_PACKAGES)"; \
	    apt-get update -qq; \
	    apt-get install -qq -y --no-install-recommends $(SCENES_PACKAGES) >/dev/null; \
	else echo "the scene tools are here"; fi

browser:  ## the Debian package chromium; only for the tests that open a page
	@command -v chromium >/dev/null || { set -e; export DEBIAN_FRONTEND=noninteractive; \
	    echo "installing chromium"; \
	    apt-get update -qq; \
	    apt-get install -qq -y --no-install-recommends chromium >/dev/null; }

train-nano: .venv/test.stamp scenes-tools  ## train the shipped model from nothing (hours on two cores)
	runs/nano.sh

bench-demo: .venv/test.stamp scenes-tools  ## nano on stand-ins of five benchmarks and on scenes-20: a minute or two
	runs/bench_demo.sh

benchmarks-page: .venv/runtime.stamp  ## write docs/benchmarks.md from the benchmarks' pages
	$(BIN)/python -m afnext.evaluation.pages docs/benchmarks.md

readme: .venv/test.stamp  ## run the commands whose output README.md shows, and write it there
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python docs/refresh.py README.md

clean:  ## remove .venv and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.venv/runtime.stamp: pyproject.toml | $(BIN)/python
	@echo "setting up .venv: a minute or two, once"
	$(PIP) --editable .
	@touch $@

.venv/test.stamp: pyproject.toml | $(BIN)/python
	@echo "setting up .venv with the test tools: a few minutes, once"
	$(PIP) --editable '.[test]'
	@touch .venv/runtime.stamp $@

$(BIN)/python:
	$(PYTHON) -m venv .venv
