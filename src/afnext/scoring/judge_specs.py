"""The judges of the benchmarks: MMAU-Pro's open questions, VoiceBench, LongAudioBench, SongCaps, LibriSQA.

Where an official prompt is known, its criteria, scale and settings are kept and the words are ours; where none was
released (SongCaps, LibriSQA) the whole spec is ours, and its source says so. Scores are comparable only under one key.
"""

from collections.abc import Mapping

from afnext.scoring.judge import Spec

_ITEM = "Question: {question}\n\nReference answer: {answer}\n\nAnswer to judge: {response}\n\n"

MMAU_PRO_OPEN = Spec(
    name="mmau-pro-open",
    version=1,
    source="criteria, scale and settings of sonalkum/MMAUPro (960e93a); wording ours",
    model="Qwen/Qwen2.5-7B-Instruct",
    settings={"temperature": 0.1, "max_tokens": 512},
    system="You are a helpful and objective evaluator.",
    prompt=_ITEM + "Judge the answer against the reference by four criteria, each from 1 (worst) to 5 (best): is it"
    " factually right, does it address the question, does it cover what matters, is it clear. Reply in five lines, each"
    " with a number and a short reason:\nCORRECTNESS: n - reason\nRELEVANCE: n - reason\nCOMPLETENESS: n - reason\n"
    "CLARITY: n - reason\nOVERALL: mean - reason",
    reading="mmau-pro",
    top=5.0,
)
VOICEBENCH_OPEN = Spec(
    name="voicebench-open",
    version=1,
    source="scale and settings of MatthewCYM/VoiceBench api_judge.py (5338154); wording ours",
    model="gpt-4o-mini",
    settings={"temperature": 0.5, "top_p": 0.95, "max_tokens": 1024, "n": 3},
    system="You judge the answers of voice assistants.",
    prompt="A user said to a voice assistant: {question}\n\nIt answered: {response}\n\nRate the answer from 1 to 5."
    " 1: it misses the request or is wrong. 2: it is partly to the point, incomplete or padded. 3: it is mostly right"
    " but long or with needless detail. 4: it is right, to the point and short. 5: it is exactly what was asked for,"
    " right and direct. Reply with the number alone.",
    reading="rating",
    top=5.0,
)
VOICEBENCH_QA = Spec(
    name="voicebench-qa",
    version=1,
    source="form and settings of MatthewCYM/VoiceBench api_judge.py (5338154); wording ours",
    model="gpt-4o-mini",
    settings={"temperature": 0.5, "top_p": 0.95, "max_tokens": 1024, "n": 3},
    system="You judge the answers of voice assistants.",
    prompt=_ITEM + "Is the answer correct, given the question and the reference? Reply with Yes or No alone.",
    reading="majority",
    top=1.0,
)
LONG_AUDIO = Spec(
    name="long-audio",
    version=1,
    source="Audio Flamingo 2 (arXiv 2503.03983), figure 25: criteria and scale; wording ours",
    model="gpt-4o",
    settings={"temperature": 0.0, "max_tokens": 64},
    prompt="An agent was asked about a recording of half a minute to five minutes.\n\n" + _ITEM + "The reference was"
    " checked by people. Score the answer from 1 (worst) to 10 (best) by how detailed, how correct and how direct it"
    ' is. Reply with a JSON object of one key: {"score": number}.',
    reading="json",
    top=10.0,
)
SONGCAPS_COVERAGE = Spec(
    name="songcaps-coverage",
    version=1,
    source="ours: Music Flamingo (arXiv 2511.10289) reports coverage from 0 to 10 by GPT-5 and released no prompt",
    model="gpt-5",
    prompt="Reference description of a song: {answer}\n\nDescription to judge: {response}\n\nHow much of what the"
    " reference tells (genre, tempo, key, instruments, voice, form, lyrics, mood) does the description cover? 0: none,"
    ' 10: all. Reply with a JSON object of one key: {"score": number}.',
    reading="json",
    top=10.0,
)
SONGCAPS_CORRECTNESS = Spec(
    name="songcaps-correctness",
    version=1,
    source="ours: Music Flamingo (arXiv 2511.10289) reports correctness from 0 to 10 by GPT-5 and released no prompt",
    model="gpt-5",
    prompt="Reference description of a song: {answer}\n\nDescription to judge: {response}\n\nHow much of what the"
    " description tells agrees with the reference? 0: nothing, 10: all of it; what the reference is silent about does"
    ' not count. Reply with a JSON object of one key: {"score": number}.',
    reading="json",
    top=10.0,
)
LIBRISQA = Spec(
    name="librisqa",
    version=1,
    source="ours: Audio Flamingo 3 (arXiv 2507.08128) reports 0 to 10 by GPT-4o and released no prompt",
    model="gpt-4o",
    settings={"temperature": 0.0, "max_tokens": 64},
    prompt=_ITEM + "Score from 0 to 10 how well the answer agrees with the reference in what it says, not in how it is"
    ' worded. Reply with a JSON object of one key: {"score": number}.',
    reading="json",
    top=10.0,
)

SPECS: Mapping[str, Spec] = {
    spec.name: spec
    for spec in (
        *(MMAU_PRO_OPEN, VOICEBENCH_OPEN, VOICEBENCH_QA, LONG_AUDIO),
        *(SONGCAPS_COVERAGE, SONGCAPS_CORRECTNESS, LIBRISQA),
    )
}
"""Every spec by its name."""


def macro_mean(scores: Mapping[str, tuple[float, int]]) -> tuple[float, float]:
    """LongAudioBench's two means of (mean score, number of items) by question type: over types, and over items.

    Audio Flamingo 2's tables fit the first, which is likely the published one; ten times it is what they print.
    """
    total = sum(count for _, count in scores.values())
    over_types = sum(score for score, _ in scores.values()) / len(scores) if scores else 0.0
    return over_types, sum(score * count for score, count in scores.values()) / total if total else 0.0
