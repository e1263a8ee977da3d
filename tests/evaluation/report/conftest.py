"""Runs as an evaluation leaves them: scenes of sounds that need no tools, asked of nano, and marked by rule."""

import hashlib
import json

import numpy as np
import pytest
import soundfile

import afnext
from afnext.audio.spec import SAMPLE_RATE
from afnext.dialogue.timestamps import THINK, parse
from afnext.evaluation.record import Record, Timed
from afnext.evaluation.runs import Run
from afnext.scenes import sounds
from afnext.scenes.asking.questions import questions
from afnext.scenes.bank import Bank, BankIndex, BankSize
from afnext.scenes.forms.mix import Difficulty, compose
from afnext.scenes.render import render_all
from afnext.scenes.sources import Source
from afnext.scoring.rules import RULES

SKILLS = ("events", "when", "count", "order_first", "order_list", "before_after", "presence", "duration")
SCENES = 7
CLEAR = Difficulty(events=(3.0, 6.0), kinds=(1.0, 0.0, 0.0), background=0.0, reverberation=0.0, overlap=0.0)


@pytest.fixture(scope="session")
def bank(tmp_path_factory):
    """Sounds of the test world."""
    folder, rng = tmp_path_factory.mktemp("bank"), np.random.default_rng(0)
    kinds = list(sounds.KINDS)[:12]
    made = [sounds.make(kind, "test", rng) for kind in kinds for _ in range(2)]
    starts = np.cumsum([0, *map(len, made)])
    np.save(folder / "000.npy", np.round(np.concatenate(made) * 32767).astype(np.int16))
    sources = tuple(
        Source("sound", sounds.KINDS[kinds[number // 2]], f"test:{number}", len(sound), (0, int(start)))
        for number, (sound, start) in enumerate(zip(made, starts, strict=False))
    )
    size = BankSize(variants=2, sentences=2, phrases=1)
    index = BankIndex(world="test", seed=0, size=size, shards=("000.npy",), sources=sources)
    (folder / "index.json").write_text(index.model_dump_json())
    return Bank.open(folder)


@pytest.fixture(scope="session")
def model():
    return afnext.load("nano")


@pytest.fixture(scope="session")
def asked(bank, tmp_path_factory):
    """Questions about recordings: (scene, path of the recording, digest, question)."""
    folder, found = tmp_path_factory.mktemp("recordings"), []
    for number in range(SCENES):
        scene, plan = compose(number, "test", 7.0 + 5 * (number % 2), bank, CLEAR)
        samples = render_all(plan)
        digest = hashlib.sha256(samples.tobytes()).hexdigest()
        path = folder / f"{digest}.flac"
        soundfile.write(path, samples, SAMPLE_RATE)
        rng = np.random.default_rng(number)
        found += [(scene, path, digest, one) for one in questions(scene, rng, SKILLS, 0.6, style="plain")]
    return found


@pytest.fixture(scope="session")
def write_run():
    """``write_run(folder, records, recordings)``: a run's folder, read again."""

    def write(folder, records, recordings=(), about=None):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "run.json").write_text(json.dumps(about or {"model": "nano"}))
        for record in records:
            (folder / record.task / "sounds").mkdir(parents=True, exist_ok=True)
            with (folder / record.task / "records.jsonl").open("a") as lines:
                lines.write(record.model_dump_json() + "\n")
            for path in recordings:
                place = folder / record.task / "sounds" / path.name
                if path.stem in record.audio and not place.exists():
                    place.symlink_to(path)
        return Run.open(folder)

    return write


@pytest.fixture(scope="session")
def ask(model, asked, write_run):
    """``ask(folder, heard)``: the run of nano over ``asked``, with or without the recordings."""

    def make(folder, *, heard):
        texts = [f"{one.text} {THINK}" if one.trace and n % 2 else one.text for n, (*_, one) in enumerate(asked)]
        replies = model.ask_many(
            [(str(path), text) if heard else (text,) for (_, path, _, _), text in zip(asked, texts, strict=True)]
        )
        records = []
        for number, ((scene, _, digest, one), text, reply) in enumerate(zip(asked, texts, replies, strict=True)):
            events = [[event.start, event.end, event.label] for event in scene.events]
            answer = one.answer[4:] if one.options else one.answer
            if one.options:
                rule, row = "mmau-pro", {"choices": list(one.options), "answer": answer}
            elif one.skill == "events":
                rule, row = "events", {"events": events}
            else:  # nothing but the right words is right
                rule, row = "labels", {"labels": [answer, *("yes", "no")], "label": answer}
            mark = RULES[rule].mark({**row, "prediction": reply.text, "model_output": reply.text})
            if rule == "events":
                score = 2 * mark.verdict["hits"] / (mark.verdict["found"] + mark.verdict["truth"] or 1)
                scores = {"official": score, "parsed": None, "all-items": score}
            else:
                scores = {name: mark.score(name) for name in ("official", "parsed", "all-items")}
            records.append(
                Record(
                    task="scenes",
                    revision="seed 0",
                    item=f"q{number:03d}",
                    audio=(digest,),
                    prompt_hash=hashlib.sha256(text.encode()).hexdigest(),
                    model="nano",
                    prompt=text,
                    choices=one.options or (),
                    answer=answer,
                    facts={
                        "skill": one.skill,
                        "domain": "sound",
                        "duration": scene.duration,
                        "events": events,
                        "evidence": [[span.start, span.end] for span in one.evidence],
                    },
                    row=row,
                    raw=reply.raw,
                    text=reply.text,
                    steps=tuple(Timed(start=s.start, end=s.end, text=s.text) for s in parse(reply.raw).steps),
                    verdict=mark.verdict,
                    scores=scores,
                    unparsed=mark.unparsed and rule != "labels",
                )
            )
        return write_run(folder, records, [path for _, path, _, _ in asked])

    return make


@pytest.fixture(scope="session")
def run(ask, tmp_path_factory):
    """nano, listening."""
    return ask(tmp_path_factory.mktemp("runs") / "nano", heard=True)


@pytest.fixture(scope="session")
def silent(ask, tmp_path_factory):
    """nano without the recordings."""
    return ask(tmp_path_factory.mktemp("runs") / "deaf", heard=False)


@pytest.fixture(scope="session")
def record():
    """``record(item, text, answer, score, **facts)``: one by hand."""

    def make(item="1", text="b", answer="a", score=0.0, *, audio=("0" * 64,), **fields):
        facts = fields.pop("facts", {})
        given = {"task": "t", "revision": "1", "prompt_hash": "0", "model": "m", "prompt": "What?", "raw": text}
        scores = {"official": score, "all-items": score}
        return Record(
            **{**given, **fields}, item=item, audio=audio, text=text or "", answer=answer, facts=facts, scores=scores
        )

    return make
