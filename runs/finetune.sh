#!/bin/sh
# Fine-tuning from rows to a better score: 200 rows about sounds that nano does not know, and 50 to measure on.
# Minutes on a CPU. FOLDER (out/own) gets rows, recordings and the run; EPOCHS (8) are passes over the rows.
set -eu
cd "$(dirname "$0")/.."
[ ! -d .venv ] || PATH="$PWD/.venv/bin:$PATH"
folder=${FOLDER:-out/own}

python examples/finetune/own_sounds.py "$folder"
python examples/finetune/score_answers.py nano "$folder/held_out.jsonl"
set -- data="$folder/train.jsonl" rows.validation="$folder/held_out.jsonl" rows.tokens=1024
set -- "$@" model.weights=nano epochs="${EPOCHS:-8}" optimizer.learning_rate=2e-3
afnext train recipes/finetune/lora.yaml --out "$folder/run" "$@"
python examples/finetune/score_answers.py "$folder/run/adapter" "$folder/held_out.jsonl"
