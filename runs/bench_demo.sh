#!/bin/sh
# nano on small stand-ins of five benchmarks and on twenty items of scenes-20: data, run, table, and a page to listen to.
# A minute or two of CPU, most of it for the scenes. FOLDER (out/bench-demo) gets all of it; a second call goes on.
# Needs the scene tools (make scenes-tools).
set -eu
cd "$(dirname "$0")/.."
[ ! -d .venv ] || PATH="$PWD/.venv/bin:$PATH"
folder=${FOLDER:-out/bench-demo}

python -m afnext.evaluation.fixtures.write "$folder/data" mmau mmar clotho-aqa librispeech gtzan
afnext scenes "$folder/data/scenes-20" --benchmark --items 20 --seed 7
set -- --on mmau,mmar,clotho-aqa,librispeech,gtzan,scenes-20 --data "$folder/data" --out "$folder/run"
afnext evaluate nano "$@" --no-audio --permute-choices --sounds
afnext report "$folder/run" --html "$folder/report.html"
