"""CoVoST 2: speech in one language into text in another, from and into English."""

from collections.abc import Callable

from afnext.evaluation.data import Data
from afnext.evaluation.sample import Row, Sample, need, picked
from afnext.evaluation.tables import rows
from afnext.evaluation.task import Published, Source, Task, published

LANGUAGES = {
    **{"ar": "Arabic", "ca": "Catalan", "cy": "Welsh", "de": "German", "en": "English", "es": "Spanish"},
    **{"et": "Estonian", "fa": "Persian", "fr": "French", "id": "Indonesian", "it": "Italian", "ja": "Japanese"},
    **{"lv": "Latvian", "mn": "Mongolian", "nl": "Dutch", "pt": "Portuguese", "ru": "Russian", "sl": "Slovenian"},
    **{"sv-SE": "Swedish", "ta": "Tamil", "tr": "Turkish", "zh-CN": "Chinese"},
}
FROM_ENGLISH = ("ar", "ca", "cy", "de", "et", "fa", "id", "ja", "lv", "mn", "sl", "sv-SE", "ta", "tr", "zh-CN")
INTO_ENGLISH = (
    *("fr", "de", "es", "ca", "it", "ru", "zh-CN", "pt", "fa", "et", "mn", "nl", "tr", "ar", "sv-SE", "lv", "sl"),
    *("ta", "ja", "id", "cy"),
)
_ULTRA = "UltraEval-Audio README"
NUMBERS: dict[tuple[str, str], tuple[Published, ...]] = {
    ("en", "ar"): published("third-party summaries (about 12 above Phi-4-mm)", {"AF-Next": "21.9"}),
    ("en", "zh-CN"): published(_ULTRA, {"Qwen3-Omni": "46.6", "Qwen2.5-Omni": "42.5", "Gemini 2.5 Pro": "41.8"}),
    ("zh-CN", "en"): published(_ULTRA, {"Qwen3-Omni": "29.4", "Qwen2.5-Omni": "11.5", "Gemini 2.5 Pro": "27.8"}),
}


def _make(source: str, target: str) -> Callable[[Row, Data], Sample]:
    question = f"Translate any speech you hear from {LANGUAGES[source]} into {LANGUAGES[target]}."

    def make(row: Row, data: Data) -> Sample:
        path = str(need(row, "path", "file", "id"))
        audio = row.get("audio") or path
        translation = str(need(row, "translation"))
        return Sample(
            item=path,
            audio=(data.recording(audio, under="clips"),),
            question=question,
            answer=translation,
            facts={**picked(row, "client_id"), "language": source, "target": target},
            row={"reference": translation, "language": target},
        )

    return make


def _task(source: str, target: str) -> Task:
    name = f"covost_v2.{source}_{target}"
    return Task(
        name=f"covost2-{source.lower()}-{target.lower()}",
        family="covost2",
        title=f"CoVoST 2, {LANGUAGES[source]} to {LANGUAGES[target]}",
        about="The test part of Common Voice 4 with translations: 15 directions from English, 21 into it.",
        source=Source(
            hub="facebook/covost2",
            address="https://github.com/facebookresearch/covost (covost_v2.<from>_<to>.tsv); Common Voice 4 clips/",
            licence="CC BY-NC 4.0",
        ),
        schema={
            "path": "of the clip",
            "sentence": "what is said",
            "translation": "into the target language",
            "client_id": "of the speaker",
        },
        read=rows(f"**/{name}.test.tsv", f"**/{name}.tsv", f"**/{source}_{target}/test*.parquet"),
        sample=_make(source, target),
        rule="bleu",
        known={"domain": "=speech", "skill": "=translation"},
        figure=f"bleu_{target}",
        protocol="Corpus BLEU by sacrebleu without normalising, the tokenizer by the target (zh, ja-mecab, else 13a). "
        "The signature stands in the report. lmms-eval lower-cases first, AudioBench uses flores101, NeMo-Skills "
        "averages sentence BLEU: other metrics.",
        published=NUMBERS.get((source, target), ()),
        faults=("covost_v2.<from>_<to>.tsv holds all parts; the .test.tsv is made of it by get_covost_splits.py",),
    )


TASKS = (*(_task("en", code) for code in FROM_ENGLISH), *(_task(code, "en") for code in INTO_ENGLISH))
