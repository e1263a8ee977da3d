"""The table of rules: the names of ``afnext score``, each with what marks a row and what is told of a whole file.

To add one, write its file with a ``mark`` function and put a line into ``RULES``.
"""

import difflib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from afnext.base.errors import ScoreError
from afnext.scoring import (
    caption,
    clotho_aqa,
    cmm,
    diarisation,
    ifeval,
    judge,
    labels,
    mmau,
    mmau_pro,
    mmau_pro_checks,
    mmsu,
    muchomusic,
    span,
    speakers,
    transcript,
    translation,
    voicebench,
)
from afnext.scoring.interval import ratio
from afnext.scoring.judge_specs import SPECS
from afnext.scoring.mark import Mark, Row, Rule
from afnext.scoring.summary import recording

Whole = Callable[[Sequence[Row], Sequence[Mark]], Mapping[str, Any]]
"""Figures of a file that are no means of its rows, from the rows that could be read and their marks."""


@dataclass(frozen=True)
class Entry:
    """A rule of ``RULES``."""

    mark: Rule
    about: str
    whole: Whole | None = None


def _mmsu(rows: Sequence[Row], marks: Sequence[Mark]) -> Mapping[str, Any]:
    accuracy, total = mmsu.script_accuracy(rows)
    return {"script_accuracy": accuracy, "script_total": total}


def _entailment(rows: Sequence[Row], marks: Sequence[Mark]) -> Mapping[str, Any]:
    pairs = [(mark.options[mark.right], mark.verdict) for mark in marks if mark.right is not None]
    return {"macro_f1": labels.macro_f1(pairs, labels.ENTAILMENT)}


def _errors(rows: Sequence[Row], marks: Sequence[Mark]) -> Mapping[str, Any]:
    kept = [(row, mark.verdict) for row, mark in zip(rows, marks, strict=True) if mark.verdict is not None]
    edits, lengths = [verdict["edits"] for _, verdict in kept], [verdict["length"] for _, verdict in kept]
    recordings = [recording(row) or number for number, (row, _) in enumerate(kept)]
    return {"error_rate": asdict(ratio(edits, lengths, recordings)), "edits": sum(edits), "length": sum(lengths)}


def _der(rows: Sequence[Row], marks: Sequence[Mark]) -> Mapping[str, Any]:
    kinds = ("missed", "false_alarm", "confusion")
    total = {name: sum(mark.verdict[name] for mark in marks) for name in (*kinds, "speech")}
    wrong = [sum(mark.verdict[name] for name in kinds) for mark in marks]
    speech = [mark.verdict["speech"] for mark in marks]
    recordings = [recording(row) or number for number, row in enumerate(rows)]
    return {"error_rate": asdict(ratio(wrong, speech, recordings)), **total}


def _bleu(rows: Sequence[Row], marks: Sequence[Mark]) -> Mapping[str, Any]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        reference, prediction, language, _ = translation.sides(row)
        groups.setdefault(language, []).append((reference, prediction))
    found = {
        name: translation.bleu([r for r, _ in pairs], [p for _, p in pairs], name) for name, pairs in groups.items()
    }
    return {f"bleu_{name}": asdict(one) for name, one in found.items()}


def _cider(rows: Sequence[Row], marks: Sequence[Mark]) -> Mapping[str, Any]:
    told = [caption.captions(row) for row in rows]
    scores = caption.cider_d([prediction for prediction, _, _ in told], [references for _, references, _ in told])
    return {"cider_d": sum(scores) / len(scores)}


def _events(rows: Sequence[Row], marks: Sequence[Mark]) -> Mapping[str, Any]:
    total = Counter({name: sum(mark.verdict[name] for mark in marks) for name in ("hits", "found", "truth")})
    overlap = sum(mark.verdict["iou"] for mark in marks) / len(marks)
    return {"f1": span.f1(total["hits"], total["found"], total["truth"]), "mean_iou": overlap}


def _rated(rows: Sequence[Row], marks: Sequence[Mark]) -> Mapping[str, Any]:
    ratings = [rating for mark in marks for rating in mark.verdict if rating is not None]
    return {"gpt": sum(ratings) / len(ratings) if ratings else None, "samples": len(ratings)}


def _followed(rows: Sequence[Row], marks: Sequence[Mark]) -> Mapping[str, Any]:
    return ifeval.rates([ifeval.Followed(tuple(m.verdict["strict"]), tuple(m.verdict["loose"])) for m in marks])


def _judged(rows: Sequence[Row], marks: Sequence[Mark]) -> Mapping[str, Any]:
    scores = [mark.verdict for mark in marks if mark.verdict is not None]
    return {"mean_score": sum(scores) / len(scores) if scores else None, "judged": len(scores)}


def _grounding(rows: Sequence[Row], marks: Sequence[Mark]) -> Mapping[str, Any]:
    steps = sum(mark.verdict["steps"] for mark in marks)
    held = sum((mark.verdict["share"] or 0.0) * mark.verdict["steps"] for mark in marks)
    return {"steps": steps, "grounded_steps": held / steps if steps else None}


RULES: Mapping[str, Entry] = {
    "mmau": Entry(mmau.mark, "MMAU: sets of words"),
    "mmar": Entry(mmau.mark, "MMAR: the rule of MMAU"),
    "muchomusic": Entry(muchomusic.mark, "MuChoMusic, the original"),
    "rul-muchomusic": Entry(muchomusic.mark_rul, "MuChoMusic of Are You Really Listening?"),
    "mmsu": Entry(mmsu.mark, "MMSU: the first letter or the last but one", _mmsu),
    "cmm": Entry(cmm.mark, "CMM: yes or no in five characters", lambda rows, _: cmm.rates(rows)),
    "mmau-pro-if": Entry(mmau_pro_checks.mark, "MMAU-Pro, instruction following: 27 checks"),
    "mmau-pro": Entry(mmau_pro.mark_closed, "MMAU-Pro, closed questions, by the option parser"),
    "clotho-aqa": Entry(clotho_aqa.mark, "ClothoAQA: three annotators a question"),
    "music-avqa": Entry(labels.mark_musicavqa, "MusicAVQA: the same word"),
    "entailment": Entry(labels.mark_entailment, "Audio Entailment: one of three labels", _entailment),
    "labels": Entry(labels.mark, "a closed set of labels"),
    "voicebench-mcq": Entry(voicebench.mark_choice, "VoiceBench mmsu, openbookqa: a letter"),
    "voicebench-bbh": Entry(voicebench.mark_bbh, "VoiceBench bbh: yes or no, a or b"),
    "voicebench-harm": Entry(voicebench.mark_harm, "VoiceBench advbench: a refusal"),
    "voicebench-ifeval": Entry(ifeval.mark, "VoiceBench ifeval: 25 checks", _followed),
    "voicebench-open": Entry(voicebench.mark_open, "VoiceBench alpacaeval, commoneval, wildvoice, judged", _rated),
    "voicebench-qa": Entry(voicebench.mark_qa, "VoiceBench sd-qa, judged: most say yes"),
    **{
        name: Entry(partial(judge.mark_judged, spec=spec), f"{name}, judged", _judged)
        for name, spec in SPECS.items()
        if not name.startswith("voicebench")
    },
    **{
        name: Entry(partial(transcript.mark, recipe=name), f"{name}: edits over words", _errors)
        for name in transcript.RECIPES
    },
    "cpwer": Entry(partial(speakers.mark, timed=False), "word errors under the best assignment of speakers", _errors),
    "tcpwer": Entry(partial(speakers.mark, timed=True), "the same, within a collar of five seconds", _errors),
    "der": Entry(diarisation.mark, "time that is missed, invented or given to another speaker", _der),
    "bleu": Entry(translation.mark, "BLEU by sacrebleu, with its signature", _bleu),
    "cider": Entry(caption.mark, "CIDEr-D of captions", _cider),
    "events": Entry(span.mark_events, "timestamped events: F1 at half a second, IoU", _events),
    "grounding": Entry(span.mark_grounding, "share of reasoning steps that point at the evidence", _grounding),
}
"""Each rule by its name on the command line."""


def find_rule(name: str) -> Entry:
    """The rule called ``name``.

    Raises:
        ScoreError: there is none.
    """
    if name in RULES:
        return RULES[name]
    near = difflib.get_close_matches(name, RULES, 1)
    raise ScoreError(
        f"no rule {name!r}", expected=f"one of {', '.join(RULES)}", do=f"did you mean {near[0]}?" if near else ""
    )
