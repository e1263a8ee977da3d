"""Captions: Clotho, AudioCaps by CIDEr-D; SongCaps and MusicCaps by a judge."""

from afnext.evaluation.data import Data
from afnext.evaluation.kinds import CAPTION, answered, judged_task, one_audio
from afnext.evaluation.sample import Row, Sample, need
from afnext.evaluation.tables import grouped, rows
from afnext.evaluation.task import Source, Task, published

CIDER = (
    "CIDEr-D by our tokenizer (no Java); SPICE, SPIDEr and FENSE are not computed: the Audio Flamingo papers report "
    "CIDEr only. Its weights come from the corpus, so a run with --limit or --filter is on another scale."
)


def _clotho(row: Row, data: Data) -> Sample:
    name = str(need(row, "file_name"))
    captions = [str(need(row, f"caption_{number}")) for number in range(1, 6)]
    return Sample(
        item=name,
        audio=(data.recording(name),),
        question=CAPTION,
        answer=captions,
        row={"references": captions},
    )


def _audiocaps(row: Row, data: Data) -> Sample:
    video, start = str(need(row, "youtube_id")), str(need(row, "start_time"))
    captions = [str(caption) for caption in row["caption"]]
    return Sample(
        item=f"{video}_{start}",
        audio=(data.one_of(*(f"{stem}.wav" for stem in (f"{video}_{start}", video, f"Y{video}"))),),
        question=CAPTION,
        answer=captions,
        row={"references": captions},
    )


def _musiccaps(row: Row, data: Data) -> Sample:
    video = str(need(row, "ytid"))
    start, end = (int(float(str(need(row, name)))) for name in ("start_s", "end_s"))
    caption = str(need(row, "caption"))
    return Sample(
        item=video,
        audio=(data.one_of(*(f"{stem}.wav" for stem in (f"[{video}]-[{start}-{end}]", video, f"{video}_{start}"))),),
        question=CAPTION,
        answer=caption,
        row={"question": CAPTION, "answer": caption},
    )


_SONGCAPS = {
    "id": "of the song",
    "audio": "path of the recording",
    "caption": "the reference description: genre, tempo, key, instruments, voice, form, lyrics, mood",
    "culture (optional)": "where the music is from",
}


def _songcaps(part: str, score: dict[str, str]) -> Task:
    return judged_task(
        f"songcaps-{part}",
        f"SongCaps-style captions, {part}",
        "Long descriptions of whole songs. The 1000 songs of SongCaps were never released; this reads any set in the "
        "form below.",
        spec=f"songcaps-{part}",
        known={"domain": "=music", "skill": "=caption"},
        family="songcaps",
        source=Source(address="songcaps.jsonl, made by the user in the form below: the official link leads to a model"),
        schema=_SONGCAPS,
        read=rows("songcaps.jsonl", "*.jsonl"),
        sample=answered(one_audio("audio"), answer="caption", asked=CAPTION, facts=("culture",)),
        words=1024,
        by=("culture",),
        certain=False,
        doubt="the official data and the judge's prompt are unreleased: this is a documented substitute",
        protocol=f"{part.capitalize()} from 0 to 10 by a judge (GPT-5 in the papers), whose prompt is ours.",
        published=published("AF-Next model cards; Music Flamingo (arXiv 2511.10289)", score),
    )


TASKS = (
    Task(
        name="clotho",
        title="Clotho v2, captions",
        about="1045 recordings of 15 to 30 seconds of the evaluation part, five captions each.",
        source=Source(
            address="https://zenodo.org/records/4783391 (clotho_captions_evaluation.csv, evaluation/)",
        ),
        schema={"file_name": "of the recording", "caption_1 ... caption_5": "texts"},
        read=rows("**/clotho_captions_evaluation.csv", "*.csv"),
        sample=_clotho,
        rule="cider",
        known={"domain": "=sound", "skill": "=caption"},
        figure="cider_d",
        words=64,
        protocol=CIDER,
        published=(
            *published("Audio Flamingo 3 (arXiv 2507.08128)", {"AF3": "0.50"}),
            *published("Audio Flamingo 2 (arXiv 2503.03983)", {"AF2": "0.46"}),
        ),
        faults=("aac-metrics' difference of lengths is counted in bigrams",),
    ),
    Task(
        name="audiocaps",
        title="AudioCaps, captions",
        about="Clips of ten seconds of AudioSet, five captions each in the test part.",
        source=Source(address="https://github.com/cdjkim/audiocaps (dataset/test.csv); recordings from YouTube"),
        schema={
            "audiocap_id": "of the caption",
            "youtube_id": "of the video",
            "start_time": "seconds",
            "caption": "text; one row a caption",
        },
        read=grouped(rows("**/test.csv", "*.csv"), "youtube_id", "start_time", gather="caption"),
        sample=_audiocaps,
        rule="cider",
        known={"domain": "=sound", "skill": "=caption"},
        figure="cider_d",
        words=64,
        protocol=CIDER,
        doubt="how recordings are named is the user's matter: <id>_<start>.wav, <id>.wav and Y<id>.wav are looked for",
        published=(
            *published("Audio Flamingo 3 (arXiv 2507.08128)", {"AF3": "0.70"}),
            *published("Audio Flamingo 2 (arXiv 2503.03983)", {"AF2": "0.58"}),
        ),
        faults=("videos vanish from YouTube: the number of items heard belongs to the score",),
    ),
    _songcaps("coverage", {"AF-Next": "8.8", "Music Flamingo": "8.8", "AF3": "6.7"}),
    _songcaps("correctness", {"AF-Next": "8.9", "Music Flamingo": "8.0", "AF3": "6.2"}),
    judged_task(
        "musiccaps",
        "MusicCaps, captions",
        "Clips of ten seconds of music with a description by a musician.",
        spec="songcaps-correctness",
        known={"domain": "=music", "skill": "=caption"},
        source=Source(
            hub="google/MusicCaps",
            files=("musiccaps-public.csv",),
            address="https://huggingface.co/datasets/google/MusicCaps; recordings from YouTube",
            licence="CC BY-SA 4.0",
        ),
        schema={
            "ytid": "of the video",
            "start_s, end_s": "seconds",
            "aspect_list": "texts",
            "caption": "text",
            "author_id, is_balanced_subset, is_audioset_eval, audioset_positive_labels": "not read",
        },
        read=rows("musiccaps-public.csv", "**/musiccaps*.csv"),
        sample=_musiccaps,
        words=512,
        doubt="how recordings are named is the user's matter: [<id>]-[<start>-<end>].wav and <id>.wav are looked for",
        protocol="Music Flamingo scores by GPT-5 with a prompt that was not released; the judge's prompt is ours.",
        published=(),
    ),
)
