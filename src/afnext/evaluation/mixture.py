"""What to train on next: weights of the skills of scenes by how badly they went, as a recipe and as a command.

The rule. Of each skill the share of wrong answers is taken, drawn towards the run's own by ``PRIOR`` samples, so that
one unlucky question does not decide. A skill's weight is its share by the mean share of all, at least ``LEAST``, so
that nothing that is known is forgotten, and at most ``MOST``. The weakest are those of the largest weights, above 1.

Skills that benchmarks name in words of their own stand for the families of scenes' skills (``FAMILIES``) that these
words speak of (``WORDS``).
"""

import math
import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from afnext.evaluation.facts import DIMENSIONS
from afnext.evaluation.gaps import scored
from afnext.evaluation.runs import Run
from afnext.scenes.asking.questions import ALL_SKILLS, CLIP_SKILLS
from afnext.scenes.asking.skills.taxonomy import FAMILIES
from afnext.scenes.order import forms_of

PRIOR = 8
LEAST, MOST = 0.25, 4.0
WEAKEST = 12
"""Skills that are asked for, at most."""
HOURS = 10.0
STEPS = 1000

ALWAYS = ("presence", "caption")
"""Every scene gives questions of these. A recipe has them, so that no scene leaves nothing to ask."""
DEFAULT_WEIGHTS = "nvidia/audio-flamingo-next-hf"

WORDS: Mapping[str, tuple[str, ...]] = {
    "count": ("counting",),
    "order": ("temporal order", "temporal referring"),
    "sequence": ("temporal order",),
    "temporal": ("temporal order", "temporal referring", "temporal grounding", "temporal attribute"),
    "grounding": ("temporal grounding",),
    "duration": ("temporal attribute",),
    "event": ("captions", "sound attributes"),
    "presence": ("sound attributes",),
    "hallucination": ("sound attributes",),
    "existence": ("sound attributes",),
    "caption": ("captions",),
    "scene": ("place and channel",),
    "environment": ("place and channel",),
    "transcri": ("transcripts",),
    "asr": ("transcripts",),
    "speaker": ("multi-talker speech",),
    "diari": ("multi-talker speech",),
    "emotion": ("emotion and manner",),
    "sarcasm": ("sarcasm",),
    "needle": ("needles",),
    "extraction": ("needles",),
    "caus": ("causes and responses",),
    "summar": ("topics and summaries",),
    "topic": ("topics and summaries",),
    "instrument": ("music: instruments",),
    "harmon": ("music: harmony",),
    "chord": ("music: harmony",),
    "tempo ": ("music: time",),
    "rhythm": ("music: time",),
    "metre": ("music: time",),
    "structure": ("music: form",),
}
"""Beginnings of words in benchmarks' names of skills -> families."""


@dataclass(frozen=True)
class Mixture:
    """A proposal.

    Attributes:
        weights: skill of scenes -> relative frequency, the largest first.
        weakest: the skills to make scenes for.
        unknown: skills of the runs that scenes have nothing for.
        command: the command line that makes those scenes.
        recipe: the recipe as YAML; it trains on scenes composed as they are needed where they have one of the skills,
            and otherwise on the rows that the command writes.
    """

    weights: Mapping[str, float]
    weakest: tuple[str, ...]
    unknown: tuple[str, ...]
    command: str
    recipe: str


def propose(
    runs: Sequence[Run], protocol: str = "all-items", *, out: str = "scenes/gaps", hours: float = HOURS, seed: int = 0
) -> Mixture | None:
    """A mixture for the weakest skills of ``runs`` together; None where no skill of scenes was asked for.

    Args:
        runs: what was answered.
        protocol: whose scores.
        out: the folder for the scenes.
        hours: of scenes.
        seed: of the scenes and the training.
    """
    scores, unknown = _scores(runs, protocol)
    if not scores:
        return None
    weights = weights_of(scores)
    weakest = tuple(skill for skill, weight in weights.items() if weight > 1)[:WEAKEST] or tuple(weights)[:WEAKEST]
    command = f"afnext scenes {shlex.quote(out)} --hours {hours:g} --seed {seed} --skills {','.join(weakest)}"
    return Mixture(weights, weakest, tuple(unknown), command, _recipe(runs, weights, out, command, seed))


def weights_of(scores: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The weight of each skill, largest first, from its scores (0 to 1), by the rule above.

    >>> weights_of({"when": [0.0] * 8, "count": [1.0] * 8})
    {'when': 1.5, 'count': 0.5}
    """
    every = [score for some in scores.values() for score in some]
    whole = 1 - math.fsum(every) / len(every)
    missed = {
        skill: (math.fsum(1 - score for score in some) + PRIOR * whole) / (len(some) + PRIOR)
        for skill, some in scores.items()
    }
    mean = math.fsum(missed.values()) / len(missed)
    weights = {skill: round(min(MOST, max(LEAST, share / mean)), 2) if mean else 1.0 for skill, share in missed.items()}
    return dict(sorted(weights.items(), key=lambda item: (-item[1], item[0])))


def skills_for(name: str) -> tuple[str, ...]:
    """The skills of scenes that train what a benchmark calls ``name``; () where there are none.

    >>> skills_for("when"), skills_for("Sarcasm Detection"), skills_for("World Knowledge")
    (('when',), ('sarcasm', 'mocker'), ())
    """
    if name in ALL_SKILLS or name in CLIP_SKILLS:
        return (name,)
    words = f" {name.casefold().replace('_', ' ').replace('-', ' ')} "
    families = dict.fromkeys(family for word, some in WORDS.items() if f" {word}" in words for family in some)
    return tuple(dict.fromkeys(skill for family in families for skill in FAMILIES[family]))


def _scores(runs: Sequence[Run], protocol: str) -> tuple[dict[str, list[float]], list[str]]:
    """Scores by skill of scenes, and the names that none stands for."""
    found: dict[str, list[float]] = defaultdict(list)
    unknown = dict[str, None]()
    for run in runs:
        for record, score in scored(run.records, protocol):
            name = DIMENSIONS["skill"](record)
            skills = skills_for(name)
            if name and not skills:
                unknown[name] = None
            for skill in skills:
                found[skill].append(score)
    return found, list(unknown)


def _recipe(runs: Sequence[Run], weights: Mapping[str, float], out: str, command: str, seed: int) -> str:
    model = runs[0].model.partition("@")[0]
    far = "://" in model
    common = {"name": "gaps", "seed": seed, "model": {"weights": DEFAULT_WEIGHTS if far else model}}
    feed = {skill: weight for skill, weight in weights.items() if "mix" in forms_of(skill)}
    names = " ".join(", ".join(run.name for run in runs).split())
    told = [f"# Proposed from {names}: more of what went wrong, some of all that was asked."]
    if far:
        told.append("# The model was asked over the network: name the weights to train in model.weights.")
    elif "/" not in model and model != "nano":
        told.append("# model.weights: the path of that folder.")
    if feed:
        feed = {**feed, **{skill: LEAST for skill in ALWAYS if skill not in feed}}
        told.append("# The bank of sources is made once: python -m afnext.training.prepare out/bank out/tokenizer")
        aside = [skill for skill in weights if skill not in feed]
        if aside:
            told.append(f"# Not in such scenes: {', '.join(aside)}. Rows of them:")
            told.append(f"#   {command}")
        values = {
            **common,
            "steps": STEPS,
            "feed": {"bank": "out/bank", "seconds": [5.0, 30.0], "clips": 4, "skills": feed},
            "optimizer": {"learning_rate": 1e-4, "warmup": 0.03},
        }
    else:
        told.append(f"# On the rows of: {command}")
        values = {
            **common,
            "epochs": 1,
            "data": f"{out}/examples.jsonl",
            "lora": {"rank": 16, "alpha": 32},
            "optimizer": {"learning_rate": 1e-4, "warmup": 0.03},
        }
    spelt: str = yaml.safe_dump(values, sort_keys=False, default_flow_style=None, width=118)
    return "\n".join([*told, spelt])
