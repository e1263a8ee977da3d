#!/bin/sh
# The shipped nano, from nothing: sources, ten stages, its accuracy. Hours on two CPU cores.
# Needs the scene tools (make scenes-tools). Stop it at any time: every stage goes on from its last checkpoint.
# Words after it change every recipe, for a trial of minutes: runs/nano.sh steps=2 'feed.seconds=[5, 6]' feed.clips=1
set -eu
cd "$(dirname "$0")/.."
[ ! -d .venv ] || PATH="$PWD/.venv/bin:$PATH"

python -m afnext.training.prepare out/bank src/afnext/assets/nano
# The ear and the reader need nothing of each other: one core each.
(
    export OMP_NUM_THREADS=1
    afnext train recipes/nano/1-listen.yaml recipes/nano/6-hear.yaml "$@"
) &
(
    export OMP_NUM_THREADS=1
    afnext train recipes/nano/2-name.yaml recipes/nano/3-tell.yaml recipes/nano/4-far.yaml recipes/nano/5-long.yaml "$@"
)
wait $!
afnext train recipes/nano/7-join.yaml "$@"
OMP_NUM_THREADS=1 torchrun --standalone --nproc-per-node 2 --no-python afnext train recipes/nano/8-answer.yaml "$@"
afnext train recipes/nano/9-polish.yaml recipes/nano/10-reason.yaml "$@"
[ $# -gt 0 ] || python benchmarks/accuracy_nano.py --model out/10-reason/model
