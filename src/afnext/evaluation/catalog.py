"""The catalog: every benchmark by its name, and families by theirs."""

import difflib
from collections.abc import Mapping, Sequence

from afnext.base.errors import BenchmarkError
from afnext.evaluation.task import Task
from afnext.evaluation.tasks import (
    captions,
    clotho_aqa,
    cmm,
    covost2,
    diarisation,
    entailment,
    judged_qa,
    long_audio,
    mmar,
    mmau,
    mmau_pro,
    mmsu,
    muchomusic,
    music_avqa,
    music_labels,
    openaudiobench,
    scenes_20,
    sound_labels,
    speech_text,
    voicebench,
)

PAGES = (
    *(mmau, mmau_pro, mmar, mmsu, cmm, muchomusic, long_audio, music_labels, sound_labels, music_avqa, captions),
    *(judged_qa, clotho_aqa, entailment, speech_text, covost2, voicebench, openaudiobench, diarisation, scenes_20),
)
CATALOG: Mapping[str, Task] = {task.name: task for page in PAGES for task in page.TASKS}
"""Each benchmark by its name, in the order of the pages."""
FAMILIES: Mapping[str, tuple[str, ...]] = {
    family: tuple(task.name for task in CATALOG.values() if task.family == family)
    for family in dict.fromkeys(task.family for task in CATALOG.values() if task.family)
}
"""Each family by its name, with its parts."""


def find_tasks(names: Sequence[str]) -> list[Task]:
    """The tasks called ``names``, a family's name standing for all its parts; each once.

    Raises:
        BenchmarkError: there is none of a name, or no name.
    """
    wanted = dict.fromkeys(part for name in names for part in FAMILIES.get(name, (name,)))
    for name in wanted:
        if name not in CATALOG:
            near = difflib.get_close_matches(name, (*CATALOG, *FAMILIES), 1)
            raise BenchmarkError(
                f"no benchmark {name!r}",
                expected="names of docs/benchmarks.md, such as mmau,mmar,librispeech",
                do=f"did you mean {near[0]}?" if near else "afnext evaluate --list prints them",
            )
    if not wanted:
        raise BenchmarkError("no benchmark is named", do="give --on mmau, or several parted by commas")
    return [CATALOG[name] for name in wanted]
