"""How many answers to rows of one's own are right to the letter.

    python examples/finetune/score_answers.py MODEL ROWS.jsonl

MODEL is nano, a folder, or the `adapter` folder of a fine-tuning.
"""

import json
import sys
from pathlib import Path

import afnext

file = Path(sys.argv[2])
rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
model = afnext.load(sys.argv[1])
replies = model.ask_many([(file.parent / row["audio"], row["question"]) for row in rows], max_new_tokens=30)
right = sum(reply.text == row["answer"] for reply, row in zip(replies, rows, strict=True))
print(f"{right} of {len(rows)} answers are right")
