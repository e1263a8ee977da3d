#!/bin/sh
# The shipped nano, from nothing: sources, four stages, its accuracy. A few hours on two CPU cores.
# Needs the scene tools (make scenes-tools). Stop it at any time: every stage goes on from its last checkpoint.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

python -m afnext.training.prepare out/bank src/afnext/assets/nano
# The ear and the reader need nothing of each other: one core each.
OMP_NUM_THREADS=1 afnext train recipes/nano/1-listen.yaml --out out/1-listen &
OMP_NUM_THREADS=1 afnext train recipes/nano/2-read.yaml --out out/2-read
wait $!
afnext train recipes/nano/3-join.yaml --out out/3-join
afnext train recipes/nano/4-answer.yaml --out out/4-answer
python benchmarks/accuracy_nano.py --model out/4-answer/model
