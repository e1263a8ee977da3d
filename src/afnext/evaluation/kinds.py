"""Kinds of tasks that many benchmarks share: choices, closed labels, transcripts, translations, judged answers.

A page says where its data lie and what its fields are called; the rest is here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from afnext.audio.clip import Clip
from afnext.evaluation.data import Data
from afnext.evaluation.sample import Row, Sample, need, picked, plain
from afnext.evaluation.spelling import LABELS
from afnext.evaluation.tables import Reader
from afnext.evaluation.task import Published, Source, Task
from afnext.scoring.mark import texts
from afnext.scoring.options import normal

TRANSCRIBE = "Transcribe the input speech."
"""Audio Flamingo's own, and ``transcribe`` of the published model cards."""
CAPTION = "Generate a caption for the input audio."
AUDIO = ("audio", "context", "file", "path")
"""Columns in which hub tables keep a recording."""

Make = Callable[[Row, Data], Sample | None]


def chosen(
    audio: Callable[[Row, Data], tuple[Clip, ...]],
    *,
    item: str = "id",
    question: str = "question",
    choices: str = "choices",
    answer: str = "answer",
    facts: Sequence[str] = (),
    hidden: bool = False,
) -> Make:
    """Makes samples of rows with a list of choices and the right one's text; ``hidden`` where that is held back."""

    def make(row: Row, data: Data) -> Sample | None:
        return Sample(
            item=str(need(row, item)),
            audio=audio(row, data),
            question=str(need(row, question)),
            choices=tuple(texts(need(row, choices), choices)),
            answer=None if hidden else need(row, answer),
            facts=picked(row, *facts),
            row=plain(row),
        )

    return make


def one_audio(*names: str, under: str = "") -> Callable[[Row, Data], tuple[Clip, ...]]:
    """The recording that the first of the fields ``names`` holds."""
    return lambda row, data: (data.recording(need(row, *names), under=under),)


def labelled(  # noqa: PLR0917
    labels: Sequence[str],
    question: str,
    audio: Callable[[Row, Data], tuple[Clip, ...]],
    label: Callable[[Row], str | None],
    item: Callable[[Row], str],
    facts: Sequence[str] = (),
) -> Make:
    """Makes samples of rows with one of a closed set of labels; rows whose ``label`` is None are not of the set."""

    def make(row: Row, data: Data) -> Sample | None:
        right = label(row)
        if right is None:
            return None
        fault = "" if normal(right) in map(normal, labels) else f"the label {right[:40]!r} is none of the set"
        return Sample(
            item=item(row),
            audio=audio(row, data),
            question=question,
            choices=tuple(labels),
            answer=right,
            facts=picked(row, *facts),
            row={"label": right, "labels": list(labels)},
            fault=fault,
        )

    return make


def put_labels(row: Row, choices: Sequence[str]) -> Row:
    """The row of the rule ``labels`` with its labels in another order."""
    return {**row, "labels": list(choices)}


def label_task(  # noqa: PLR0917
    name: str,
    title: str,
    about: str,
    source: Source,
    schema: Mapping[str, str],
    read: Reader,
    sample: Make,
    *,
    published: tuple[Published, ...],
    domain: str,
    by: tuple[str, ...] = (),
    protocol: str = "",
    faults: tuple[str, ...] = (),
    certain: bool = True,
    doubt: str = "",
) -> Task:
    """A task of classification in a closed set."""
    common = (
        "The Audio Flamingo line counts an exact match, or the label nearest by AF-CLAP embedding (the scheme of "
        "Pengi); here it is an exact match after normalising, or the one label that stands in the answer as whole "
        "words. Published numbers may be higher by what the embedding forgives, and lower by what it mistakes."
    )
    return Task(
        name=name,
        title=title,
        about=about,
        source=source,
        schema=schema,
        read=read,
        sample=sample,
        rule="labels",
        spelling=LABELS,
        arrange=put_labels,
        known={"domain": f"={domain}", "skill": f"={name}"},
        by=by,
        words=32,
        protocol=f"{common} {protocol}".strip(),
        published=published,
        faults=(
            "nearest-embedding scoring mis-scores right answers ('Punk Metal' becomes Metal) and rewards a memorised "
            "label style: Audio Flamingo 2 shows it of its own protocol",
            *faults,
        ),
        certain=certain,
        doubt=doubt,
    )


def transcribed(
    text: str | tuple[str, ...],
    item: str | tuple[str, ...] = "id",
    *,
    audio: Callable[[Row, Data], tuple[Clip, ...]] | None = None,
    clean: Callable[[str], str] = str.strip,
    facts: Sequence[str] = (),
    leave: Callable[[str], bool] = lambda text: False,
) -> Make:
    """Makes samples of rows with a recording and its transcript; those that the set says not to score are left out."""
    names = (text,) if isinstance(text, str) else text
    items = (item,) if isinstance(item, str) else item
    heard = audio or one_audio(*AUDIO)

    def make(row: Row, data: Data) -> Sample | None:
        written = str(need(row, *names))
        if leave(written):
            return None
        reference = clean(written)
        return Sample(
            item=str(need(row, *items)),
            audio=heard(row, data),
            question=TRANSCRIBE,
            answer=reference,
            facts=picked(row, *facts),
            row={"reference": reference},
        )

    return make


def asr_task(name: str, title: str, about: str, *, recipe: str = "wer-whisper", **page: Any) -> Task:
    """A task of transcription."""
    protocol = page.pop("protocol", "")
    return Task(
        name=name,
        title=title,
        about=about,
        rule=recipe,
        known={"domain": "=speech", "skill": "=transcription"},
        figure="error_rate",
        words=512,
        protocol="Edits over words of the whole set after Whisper's English normaliser (rule wer-whisper), the recipe "
        f"of most papers; wer-qwen, wer-audiobench and wer-open-asr are other metrics. {protocol}".strip(),
        **page,
    )


def judged_task(name: str, title: str, about: str, *, spec: str, **page: Any) -> Task:
    """A task whose answers are scored by a judge, of the spec ``spec``."""
    return Task(name=name, title=title, about=about, rule=spec, judge=(spec,), figure="mean_score", **page)


def answered(
    audio: Callable[[Row, Data], tuple[Clip, ...]],
    *,
    item: str | tuple[str, ...] = "id",
    question: str | tuple[str, ...] = "question",
    answer: str | tuple[str, ...] = "answer",
    asked: str = "",
    facts: Sequence[str] = (),
) -> Make:
    """Makes samples of rows with a question, or the same question ``asked`` of all, and a free answer."""
    names = {"item": item, "question": question, "answer": answer}
    fields = {role: (value,) if isinstance(value, str) else value for role, value in names.items()}

    def make(row: Row, data: Data) -> Sample | None:
        words = asked or str(need(row, *fields["question"]))
        truth = need(row, *fields["answer"])
        return Sample(
            item=str(need(row, *fields["item"])),
            audio=audio(row, data),
            question=words,
            answer=truth,
            facts=picked(row, *facts),
            row={"question": words, "answer": truth},
        )

    return make


def listed(value: Any, name: str) -> list[str]:
    """A list of texts, or one that is written as JSON, or a single text.

    Raises:
        ScoreError: it is neither.
    """
    if isinstance(value, str) and not value.lstrip().startswith("["):
        return [value]
    return texts(value, name)


def camel_words(name: str) -> str:
    """``SubwayStation`` as ``subway station``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").lower()
