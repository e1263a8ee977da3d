#!/bin/sh
# The shipped nano, from nothing: sources, three stages, its accuracy. A few hours on two CPU cores.
# Needs the scene tools (make scenes-tools). Stop it at any time: every stage goes on from its last checkpoint.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

python -m afnext.training.prepare out/bank src/afnext/assets/nano
afnext train recipes/nano/1-listen.yaml
afnext train recipes/nano/2-answer.yaml
afnext train recipes/nano/3-long.yaml
python benchmarks/accuracy_nano.py --model out/3-long/model
