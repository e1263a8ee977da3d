"""CMM, The Curse of Multi-Modalities: is what is asked about there? Yes or no."""

from afnext.evaluation.data import Data
from afnext.evaluation.sample import Row, Sample, need, picked, plain
from afnext.evaluation.spelling import Spelling
from afnext.evaluation.tables import rows
from afnext.evaluation.task import Source, Task, published

PROMPT = Spelling("{question} Answer with yes or no.", source="DAMO-NLP-SG/CMM: the suffix of the authors' evaluation")


def _sample(row: Row, data: Data) -> Sample | None:
    if str(need(row, "sub_category")).strip().lower() != "audio-language":
        return None
    question = str(need(row, "question"))
    path = str(need(row, "audio_path"))
    return Sample(
        item=f"{path}: {question}",
        audio=(data.recording(path),),
        question=question,
        answer=need(row, "answer"),
        facts=picked(row, "category", "sub_category", "granularity", "correlation_type", "modality"),
        row=plain(row),
    )


TASKS = (
    Task(
        name="cmm",
        title="CMM, audio-language part",
        about="400 yes/no questions on the 200 recordings that come without video: hallucinated sounds and events.",
        source=Source(
            hub="DAMO-NLP-SG/CMM",
            files=("all_data_final_reorg.json", "*.zip", "reorg_raw_files/**"),
            address="https://huggingface.co/datasets/DAMO-NLP-SG/CMM (the zip unpacked)",
        ),
        schema={
            "category, sub_category": "audio-language is the part without video",
            "modality": "what the item holds",
            "granularity": "object or event level",
            "correlation_type": "of the spurious correlation",
            "video_path, audio_path": "paths; audio-language items have a recording",
            "question": "text",
            "answer": "yes or no",
        },
        read=rows("all_data_final_reorg.json", "**/all_data*.json"),
        sample=_sample,
        rule="cmm",
        known={"domain": "=sound", "skill": "=hallucination"},
        prediction="pred",
        spelling=PROMPT,
        words=16,
        by=("granularity", "correlation_type"),
        figure="hallucination_resistance",
        protocol="Accuracy; perception accuracy (PA) over questions whose answer is yes, hallucination resistance (HR) "
        "over no. Audio Flamingo 2 names this subset; Audio Flamingo 3 and AF-Next do not say which they used.",
        published=(
            *published("Audio Flamingo 3 (arXiv 2507.08128)", {"AF3": "86.5", "AF2": "82.0", "Gemini 2.5 Pro": "82.0"}),
        ),
        faults=("'no' anywhere in the first five characters is no: 'Unknown' and 'I know it' are no",),
    ),
)
