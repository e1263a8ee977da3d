"""Is every answer about scenes true? A second, separately written reader of the truth answers the same questions.

    python benchmarks/scenes_truth.py                     10,000 questions about random truths
    python benchmarks/scenes_truth.py FOLDER...           about the scenes that `afnext scenes` wrote there
    python benchmarks/scenes_truth.py --questions 500     fewer
    python benchmarks/scenes_truth.py --json              one object: skill -> {agree, of}

The reader (tests/scenes/second_reader) sees the JSON of the scenes and the words of the question, and shares no code
with what asked it; a question that it finds open to doubt counts against the answer. Random truths hold all that a
truth can hold (talks, pieces, paths, masks, telephones) and need no tools; captions, which have no one right spelling,
are not read again.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/scenes"))

import random_scenes  # noqa: E402
import second_reader  # noqa: E402

from afnext import AfnextError  # noqa: E402
from afnext.scenes.asking.questions import ALL_SKILLS, CLIP_SKILLS  # noqa: E402
from afnext.scenes.asking.sets import question_set  # noqa: E402
from afnext.scenes.scene import Scene  # noqa: E402
from afnext.scenes.sources import LABELS  # noqa: E402

SKILLS = [skill for skill in (*ALL_SKILLS, *CLIP_SKILLS) if skill != "caption"]
QUESTIONS = 10_000
EACH = 20
"""Questions about one scene, at most."""
SHOWN = 10
"""Disagreements that are printed."""


def random_groups(seed: int) -> Iterator[list[Scene]]:
    """Random truths without end, alone and together."""
    for turn in count(1000 * seed):
        yield from ([scene] for scene in random_scenes.scenes(9, turn))
        yield from random_scenes.together(7, turn)


def written_groups(folders: Sequence[Path]) -> Iterator[list[Scene]]:
    """The scenes in ``folders``, each alone, and each with the next."""
    before: Scene | None = None
    for path in sorted(
        path
        for folder in folders
        for path in folder.glob("*.json")
        if path.name not in ("scenes.json", "scenes-20.json")
    ):
        scene = Scene.load(path)
        yield [scene]
        if before is not None:
            yield [before, scene]
        before = scene


def main() -> None:
    """Ask, read again, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    kept: list[list[Scene]] = []

    def groups() -> Iterator[list[Scene]]:
        for group in written_groups(asked.folders) if asked.folders else random_groups(asked.seed):
            kept.append(group)
            yield group

    labels = [label for of_kind in LABELS.values() for label in of_kind]
    agree, total, shown = Counter[str](), Counter[str](), 0
    for number, question in question_set(groups(), asked.questions, asked.seed, SKILLS, each=EACH, choice=0.5):
        truths = [scene.to_json() for scene in kept[number]]
        right = question.answer[4:] if question.options else question.answer
        try:
            found = second_reader.answer(question.skill, question.text, truths, labels)
        except (AssertionError, LookupError, ValueError, TypeError) as error:  # it understood something else
            found = f"{type(error).__name__}: {error}"
        total[question.skill] += 1
        agree[question.skill] += found == right
        if found != right and shown < SHOWN:
            shown += 1
            print(
                f"{question.skill}: {question.text!r}: {right!r}, and by the second reader {found!r}", file=sys.stderr
            )
    if asked.json:
        print(json.dumps({skill: {"agree": agree[skill], "of": total[skill]} for skill in sorted(total)}))
    else:
        print("\n".join(f"{skill:20} {agree[skill]:5} of {total[skill]:5}" for skill in SKILLS if total[skill]))
        print(f"{agree.total()} of {total.total()} agree, of {len(total)} skills")
    if agree != total:
        sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except AfnextError as error:
        sys.exit(f"scenes_truth: {error}")
