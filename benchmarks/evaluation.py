"""How fast a benchmark is run: ours against a plain loop over ``transformers``, the same weights and items.

    python benchmarks/evaluation.py               a line; a few minutes
    python benchmarks/evaluation.py --quick       a smaller model and fewer items, within a minute
    python benchmarks/evaluation.py --json        one object: figure -> {ours, peer, ratio, unit}
    python benchmarks/evaluation.py --cpu-time    by one thread's processor time, where the machine is busy

    samples_per_second  multiple-choice questions in MMAU's form about recordings of 2 to 12 seconds, one question each.
                        Ours: `run_task`, from the data's files to marked records on disk. The peer: decode a
                        recording, `apply_chat_template`, `generate`, a line to a file, one item after the other, as
                        the authors' own scripts do

Every round has recordings of its own, so that nothing is remembered from round to round. Before anything is timed both
must give the same answers.
"""

import argparse
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from _clock import Comparison, in_turn
from _sides import Theirs, write_model
from afnext import AfnextError, load
from afnext.audio.spec import SAMPLE_RATE
from afnext.evaluation.asking import Wanted
from afnext.evaluation.catalog import CATALOG
from afnext.evaluation.fixtures.files import as_json
from afnext.evaluation.fixtures.sounds import noise, quizzes, write
from afnext.evaluation.folder import Folder
from afnext.evaluation.local import Local
from afnext.evaluation.run import run_task
from against_transformers import SIZES

TASK = CATALOG["mmau"]
TOKENS = 16
"""Of every answer: random weights do not stop by themselves."""
ALIKE = 0.9
"""Share of answers that must be the same on both sides; float sums in another order may turn a greedy token."""


def write_data(folder: Path, count: int, seed: int) -> None:
    """MMAU's files with ``count`` recordings of 2 to 12 seconds."""
    rng = np.random.default_rng(seed)
    rows = []
    for number, quiz in enumerate(quizzes(rng, count)):
        rest = noise(float(rng.uniform(2, 12)) - len(quiz.samples) / SAMPLE_RATE, rng)
        write(folder / f"audio/{number}.wav", np.concatenate([quiz.samples, rest]))
        choices = [str(choice) for choice in rng.permutation(quiz.choices)]
        row = {"id": str(number), "audio_id": f"audio/{number}.wav", "question": quiz.question}
        rows.append({**row, "choices": choices, "answer": quiz.answer, "task": quiz.domain})
    as_json(folder / "mmau-test-mini.json", rows)


class Sides:
    """The two, over one data set a round."""

    def __init__(self, place: Path, model: Path, count: int, rounds: int) -> None:
        self.place = place
        self.count = count
        self.engine = load(model, device="cpu", dtype="float32")
        self.theirs = Theirs(model)
        for number in range(rounds + 2):
            write_data(self._data(number), count, number)

    def _data(self, number: int) -> Path:
        return self.place / f"data-{number}"

    def ours(self, number: int) -> dict[str, str]:
        """Answers by item."""
        out = Folder(self.place / f"ours-{number}-{time.monotonic_ns()}")
        respondent = Local(self.engine, "model", {"stop_loops": False})
        run_task(TASK, TASK.data(self._data(number)), out, respondent, Wanted(max_new_tokens=TOKENS))
        return {record.item: str(record.raw) for record in out.records(TASK.name)}

    @torch.inference_mode()
    def peer(self, number: int) -> dict[str, str]:
        """The same."""
        said: dict[str, str] = {}
        rows: list[dict[str, Any]] = json.loads((self._data(number) / "mmau-test-mini.json").read_text())
        with (self.place / f"peer-{number}.jsonl").open("w") as file:
            for row in rows:
                samples, _ = soundfile.read(self._data(number) / row["audio_id"], dtype="float32")
                text = TASK.spelling.text(row["question"], row["choices"])
                content = [{"type": "audio", "audio": samples}, {"type": "text", "text": text}]
                given = self.theirs.processor.apply_chat_template(
                    [{"role": "user", "content": content}], tokenize=True, add_generation_prompt=True, return_dict=True
                )
                written = self.theirs.model.generate(**given, do_sample=False, max_new_tokens=TOKENS)
                answer = written[0, given["input_ids"].shape[1] :]
                said[row["id"]] = self.theirs.processor.decode(answer, skip_special_tokens=True)
                file.write(json.dumps({**row, "model_output": said[row["id"]]}) + "\n")
        return said

    def check(self) -> float:
        """The share of answers that are the same.

        Exits where they are too few.
        """
        mine, theirs = self.ours(0), self.peer(0)
        same = sum(mine[item].strip() == theirs[item].strip() for item in theirs) / len(theirs)
        if same < ALIKE:
            sys.exit(f"evaluation: {same:.0%} of the answers are the same; expected {ALIKE:.0%}")
        return same


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a small model and few items, within a minute")
    parser.add_argument("--items", type=int, metavar="N", help="of a round")
    parser.add_argument("--rounds", type=int, metavar="N", help="measurements behind each median")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), metavar="N", help="of torch, for both")
    parser.add_argument("--cpu-time", action="store_true", help="one thread's processor time, not the wall clock's")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1 if given.cpu_time else given.threads)
    clock = time.process_time if given.cpu_time else time.perf_counter
    size, count = ("small", given.items or 12) if given.quick else ("medium", given.items or 32)
    rounds = given.rounds or (2 if given.quick else 3)

    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        write_model(place / "model", SIZES[size])
        sides = Sides(place, place / "model", count, rounds)
        same = sides.check()

        def rate(side: Any, numbers: Any) -> float:
            number = next(numbers)
            start = clock()
            side(number)
            return count / (clock() - start)

        first, second = itertools.count(1), itertools.count(1)
        rates = in_turn(lambda: rate(sides.ours, first), lambda: rate(sides.peer, second), rounds)
    found = Comparison(*rates, unit="samples/s", higher_is_better=True)
    if given.json:
        print(json.dumps({"samples_per_second": found.to_dict()}))
        return
    timed = "processor time of one thread" if given.cpu_time else f"threads: {given.threads}"
    print(f"size {size}, float32, {timed}, {count} items, medians of {rounds}; {same:.0%} of the answers the same")
    print(f"samples_per_second  ours {found.ours:.3g}  transformers {found.peer:.3g}  ratio {found.ratio:.2f}")


if __name__ == "__main__":
    try:
        main()
    except AfnextError as error:
        sys.exit(f"evaluation: {error}")
