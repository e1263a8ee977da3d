"""Draw ten scenes of every form into docs/scenes, and write them with their questions into docs/scenes.md.

    python docs/ten_scenes.py

What stands between the two marks of the document is written anew: seeds fix everything. Needs the scene tools.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from afnext.scenes.asking.questions import Question, clip_questions, questions
from afnext.scenes.forms.group import compose_group
from afnext.scenes.picture import draw
from afnext.scenes.scene import Scene
from afnext.scenes.sources import FreshSources
from afnext.scenes.write import write_group

HERE = Path(__file__).resolve().parent
DOCUMENT, PICTURES = HERE / "scenes.md", HERE / "scenes"
BEGIN, END = "<!-- ten scenes: python docs/ten_scenes.py -->\n", "<!-- end of ten scenes -->\n"
COLOURS = 48


@dataclass(frozen=True)
class Shown:
    """A scene, and the skills that are asked about it."""

    title: str
    form: str
    seed: int
    seconds: float
    skills: tuple[str, ...]


TEN = (
    Shown("Sounds, a sentence and a phrase", "mix", 11, 12.0, ("events", "order_list", "between")),
    Shown("A crowded mix", "mix", 5, 15.0, ("count", "overlap", "longest")),
    Shown("Near and far", "scape", 44, 20.0, ("nearest", "nearing", "when")),
    Shown("In a small room", "scape", 4, 20.0, ("place", "at_time", "order_first")),
    Shown("Two people talk", "talk", 0, 25.0, ("count_speakers", "who_said", "fact_plan", "settles")),
    Shown("Four people talk", "talk", 21, 40.0, ("emotion", "interruption", "response", "sarcasm")),
    Shown("A piece", "music", 1, 20.0, ("key", "metre", "section_order", "instrument_entry")),
    Shown("A song over the telephone", "music", 2, 25.0, ("lyrics", "tempo", "chord", "count_parts")),
    Shown("A needle", "needle", 1, 60.0, ("when", "said_when", "position")),
    Shown("Look-alikes", "alike", 6, 24.0, ("what_changed", "same_order", "clip_soonest")),
)


def main() -> None:
    """Draw, ask and write."""
    PICTURES.mkdir(exist_ok=True)
    parts = [part for number, shown in enumerate(TEN, 1) for part in show(number, shown)]
    text = DOCUMENT.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    DOCUMENT.write_text(head + BEGIN + "\n" + "\n".join(parts) + "\n" + END + tail, encoding="utf-8")


def show(number: int, shown: Shown, pictures: Path | None = PICTURES) -> list[str]:
    """The lines about one of the ten; its pictures are drawn into the folder, if there is one."""
    plans = compose_group(shown.form, shown.seed, "test", shown.seconds, FreshSources("test"))
    scenes = [plan.scene for plan in plans]
    lines = [f"### {number}. {shown.title}", ""]
    names = [f"{number:02d}" + (chr(ord("a") + clip) if len(plans) > 1 else "") for clip in range(len(plans))]
    if pictures:
        with tempfile.TemporaryDirectory() as folder:
            for stem, name, scene in zip(write_group(Path(folder), "it", plans), names, scenes, strict=True):
                whole = stem.with_suffix(".png")
                draw(scene, stem.with_name(f"{stem.name}.flac"), whole)
                with Image.open(whole) as image:
                    image.convert("RGB").quantize(COLOURS).save(pictures / f"{name}.png", optimize=True)
    lines += [f"![{shown.title}: truth above spectrogram](scenes/{name}.png)" for name in names]
    lines += ["", f"`{shown.form}`, seed {shown.seed}: {told(scenes)}.", ""]
    for question in ask(scenes, shown):
        first, *options = question.text.split("\n")
        lines.append(f"* **{question.skill}** — {first}" + (f" *{' '.join(options)}*" if options else ""))
        lines.append(f"  **{question.answer}**" + (f" because: {question.trace}" if question.trace else ""))
    return [*lines, ""]


def told(scenes: Sequence[Scene]) -> str:
    """Where, how long, how many events, and what the recording went through."""
    of_each = [
        f"{scene.duration:.1f} s, {scene.place}, {len(scene.events)} events"
        + (f", {scene.background.kind}" if scene.background else "")
        + (f", {scene.channel.kind}" if scene.channel.kind != "full band" else "")
        for scene in scenes
    ]
    return "; ".join(of_each)


def ask(scenes: Sequence[Scene], shown: Shown) -> list[Question]:
    """The questions of the skills that these scenes give one for."""
    rng = np.random.default_rng(shown.seed)
    if len(scenes) > 1:
        return clip_questions(scenes, rng, shown.skills, choice=0.5)
    return questions(scenes[0], rng, shown.skills, choice=0.5, style="grammar")


if __name__ == "__main__":
    main()
