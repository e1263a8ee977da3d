"""Audio Entailment: does a sentence follow from a recording, contradict it, or neither?"""

from collections.abc import Iterator
from dataclasses import replace

from afnext.evaluation.data import Data
from afnext.evaluation.sample import Row, Sample, need
from afnext.evaluation.spelling import Spelling
from afnext.evaluation.tables import rows, spread
from afnext.evaluation.task import Source, Task, published

HYPOTHESES = {"Entailment": "entailment", "Neutral": "neutral", "Contradiction": "contradiction"}
PROMPT = Spelling(
    "Hypothesis: {question} Is it entailed by the recording (entailment), contradicted by it (contradiction), or can "
    "it not be told (neutral)? Answer with one word.",
    source="ours: the prompt of the Audio Flamingo papers is not known",
)


def _split(row: Row) -> Iterator[Row]:
    for column, label in HYPOTHESES.items():
        yield {**row, "hypothesis": need(row, column), "label": label}


def _sample(row: Row, data: Data) -> Sample:
    name, label = str(need(row, "Audio file")), str(row["label"])
    stem = name.removesuffix(".wav")
    return Sample(
        item=f"{row['_number']}-{label}",
        audio=(data.one_of(name, f"{stem}.wav", f"Y{stem}.wav"),),
        question=str(row["hypothesis"]),
        answer=label,
        facts={"label": label},
        row={"label": label},
    )


_CLOTHO = Task(
    name="entailment-clotho",
    family="entailment",
    title="Audio Entailment, Clotho (CLE)",
    about="1045 captions of Clotho's evaluation part, three hypotheses each.",
    source=Source(
        address="https://github.com/microsoft/AudioEntailment (data/CLE/clotho_entailment_evaluation.csv); Clotho's "
        "recordings",
    ),
    schema={
        "Dataset": "name",
        "Audio file": "of the recording",
        "Caption": "not shown to the model",
        "Entailment, Neutral, Contradiction": "a hypothesis of each kind",
    },
    read=spread(rows("**/clotho_entailment_evaluation.csv", "*clotho*.csv"), _split),
    sample=_sample,
    rule="entailment",
    known={"domain": "=sound", "skill": "=entailment"},
    spelling=PROMPT,
    words=16,
    by=("label",),
    figure="macro_f1",
    protocol="The authors report F1 (macro_f1), the Audio Flamingo line accuracy.",
    published=(
        *published("Audio Flamingo 3 (arXiv 2507.08128; its text says 92.9)", {"AF3": "93.3"}),
        *published("Audio Flamingo 2 (arXiv 2503.03983)", {"AF2": "92.5"}),
    ),
)

TASKS = (
    _CLOTHO,
    replace(
        _CLOTHO,
        name="entailment-audiocaps",
        title="Audio Entailment, AudioCaps (ACE)",
        about="4875 captions of AudioCaps' test part, three hypotheses each.",
        source=Source(
            address="https://github.com/microsoft/AudioEntailment (data/ACE/audiocaps_entailment_test.csv); AudioCaps' "
            "recordings",
        ),
        read=spread(rows("**/audiocaps_entailment_test.csv", "*audiocaps*.csv"), _split),
        published=(
            *published("Audio Flamingo 3 (arXiv 2507.08128)", {"AF3": "95.0"}),
            *published("Audio Flamingo 2 (arXiv 2503.03983)", {"AF2": "93.3"}),
        ),
    ),
)
