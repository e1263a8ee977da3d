"""Stage zero: an encoder learns to hear by captions and letters, and comes out alone in the published layout."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file

from afnext.audio.windows import stack, windows
from afnext.base.config import load_config
from afnext.base.errors import AfnextError
from afnext.data.groups import Group
from afnext.data.rows import Row
from afnext.data.shards import write_shards
from afnext.dialogue.message import AudioPart, TextPart, assistant, user
from afnext.dialogue.tokenizer import Tokenizer
from afnext.model import weights
from afnext.training.build import build
from afnext.training.checkpoint import checkpoints, resume
from afnext.training.heads import spell, unspell
from afnext.training.learner import heard_apart
from afnext.training.loop import train
from afnext.training.loss import transcript_loss
from afnext.training.recipe import Recipe

from .stored import stored
from .test_ranks import run as launch

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "recipes/tiny/0-caption.yaml"
NANO = ROOT / "src/afnext/assets/nano"
RATE = 16_000
PITCHES = {"low": 200, "middle": 700, "high": 2500}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Two tones, one after the other: captions name them, and of some they are the letters that are said."""
    folder = tmp_path_factory.mktemp("sounds")
    rng = np.random.default_rng(0)
    some = {"captions": [], "held": [], "transcripts": []}
    for number in range(60):
        names = [str(name) for name in rng.choice(list(PITCHES), 2, replace=False)]
        tones = []
        for name in names:
            pitch, seconds = PITCHES[name] * rng.uniform(0.9, 1.1), rng.uniform(0.3, 0.6)
            tones.append(0.3 * np.sin(2 * np.pi * pitch * np.arange(round(RATE * seconds)) / RATE))
        soundfile.write(folder / f"{number}.wav", np.concatenate(tones), RATE)
        told = {"audio": f"{number}.wav", "question": "Describe it.", "answer": f"A {names[0]} tone, a {names[1]} one."}
        some["held" if number >= 48 else "captions"].append(told)
        if number % 3 == 0 and number < 48:
            said = {"question": "Transcribe the input speech.", "answer": f"{names[0][0].upper()} {names[1][0]}!"}
            some["transcripts"].append(told | said)
    for name, lines in some.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def changes(rows, *more):
    data = f"data={rows / 'captions.jsonl'} + {rows / 'transcripts.jsonl'}"
    return [f"model.tokenizer={NANO}", data, *more]


@pytest.fixture(scope="module")
def run(rows, tmp_path_factory):
    """The shipped recipe, and the figures of its steps."""
    folder, seen = tmp_path_factory.mktemp("run") / "run", []
    held = rows / "held.jsonl"
    more = changes(rows, f"rows.validation={held}", f"held_out={{rows: {held}, every: 50}}")
    train(RECIPE, folder, more, lambda *told: seen.append(told[2]))
    return folder, seen


def stage_of(rows, *more):
    return build(load_config(Recipe, RECIPE, changes(rows, *more)))


def batch_of(stage, some):
    return stage.feed.speller.batch([Group((row.name,), (row.conversation,)) for row in some])


@torch.no_grad()
def captions(encoder, decoder, rows, name, silent=False):
    """What is written of the recordings in a file, and what should be."""
    tokenizer = Tokenizer.load(NANO)
    wanted = [json.loads(line) for line in (rows / f"{name}.jsonl").read_text().splitlines()]
    sounds = [soundfile.read(rows / row["audio"])[0].astype(np.float32) * (not silent) for row in wanted]
    mel, frames, _ = stack([window for sound in sounds for window in windows(sound)])
    heard = encoder(mel, frames)
    written = decoder.write(
        heard.tokens, heard.token_counts, start=tokenizer.turn_start, stop=tokenizer.turn_end, limit=30
    )
    return [tokenizer.decode(ids) for ids in written], [row["answer"] for row in wanted]


@pytest.mark.long
def test_the_encoder_that_comes_out_hears_what_captions_named(run, rows):
    """Recordings that it was not taught by, through the published folder, whose weights are in half precision."""
    folder, seen = run
    assert sum(f["text"] for f in seen[-10:]) < 0.1 * sum(f["text"] for f in seen[:10])
    stage = stage_of(rows)
    resume(checkpoints(folder)[-1], stage)
    encoder, decoder = weights.load(folder / "model", dtype=torch.float32).encoder, stage.learner.captioner.decoder
    written, wanted = captions(encoder, decoder, rows, "held")
    assert written == wanted
    deaf, _ = captions(encoder, decoder, rows, "held", silent=True)
    assert len(set(deaf)) == 1, "without the sound there is nothing to tell them apart by"
    untrained, _ = captions(stage_of(rows).model.encoder, decoder, rows, "held")
    assert untrained != wanted
    journal = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    assert [row["validation_text"] for row in journal if "validation_text" in row][-1] < 0.2
    asked = {row["step"]: row["held_out_right"] for row in journal if "held_out_right" in row}
    assert list(asked) == [50, 100, 150]
    assert asked[50] < 0.5
    assert asked[150] == seen[-1]["held_out_right"] == 1


@torch.no_grad()
@pytest.mark.long
def test_the_letters_of_what_is_said_are_read_off_it(run, rows):
    """Of all that might be said, what is said is the likeliest, in nearly all recordings."""
    stage = stage_of(rows)
    resume(checkpoints(run[0])[-1], stage)
    batch = batch_of(stage, stage.feed.sets[1])
    _, frames = heard_apart(stage.model.encoder, batch.sound)
    might = ["l m", "l h", "m l", "m h", "h l", "h m"]
    right = 0
    for some, said in zip(frames, batch.spoken, strict=True):
        spelt = stage.learner.captioner.transcript(some)[None]
        losses = [transcript_loss(spelt, [len(some)], [spell(text)]).item() for text in might]
        right += might[int(np.argmin(losses))] == unspell(said, path=False)
    assert right >= 14, f"of {len(batch.spoken)}"


@pytest.mark.long
def test_the_captioner_stays_in_the_checkpoint(run):
    folder, _ = run
    model, kept = load_file(folder / "model/model.safetensors"), stored(checkpoints(folder)[-1])
    assert {name.split(".")[0] for name in model} == {"audio_tower", "multi_modal_projector", "language_model"}
    assert {name.split(".")[1] for name in kept if name.startswith("captioner.")} == {"decoder", "transcript"}
    assert "from random weights: the encoder" in (folder / "model/README.md").read_text()


@pytest.mark.long
def test_the_next_stage_starts_from_it(run, rows, tmp_path):
    """As recipes/af-next/1-pretrain-adaptor.yaml does: the adaptor is trained between encoder and decoder."""
    adaptor = ROOT / "recipes/af-next/1-pretrain-adaptor.yaml"
    more = [f"model.weights={run[0] / 'model'}", f"data={rows / 'captions.jsonl'}", "rows.workers=0", "rows.tokens=800"]
    train(adaptor, tmp_path / "run", [*more, "epochs=1", "accumulate=1", "parallel=null", "precision=float32"])
    before, after = (dict(weights.load(folder / "model").named_parameters()) for folder in (run[0], tmp_path / "run"))
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"adaptor"}


def test_a_batch_gives_what_its_rows_give_alone(rows):
    """Captions that stand in one row do not see each other, nor each other's sound."""
    stage = stage_of(rows)
    captioned, spoken = stage.feed.sets
    some = [*captioned[:4], *spoken[:3], captioned[5]]
    sums = {"text": 0.0, "transcript": 0.0}
    for row in some:
        alone = stage.learner(batch_of(stage, [row]))
        sums = {name: total + alone[name].item() for name, total in sums.items()}
    batch = batch_of(stage, some)
    assert {name: value.item() for name, value in stage.learner(batch).items()} == pytest.approx(sums, rel=1e-5)
    assert len(batch.talk.trees) == 8
    assert batch.tokens == sum(batch_of(stage, [row]).tokens for row in some)
    assert sum(map(sum, stage.feed.sizes)) == sum(batch_of(stage, [row]).tokens for row in [*captioned, *spoken])


def test_shards_teach_as_loose_rows_do(rows, tmp_path):
    """Every row of them comes by, captions and transcripts about one sound each by itself."""
    pytest.importorskip("megatron.energon")
    lines = [(rows / f"{name}.jsonl").read_text() for name in ("captions", "transcripts")]
    (rows / "both.jsonl").write_text("".join(lines))
    write_shards(rows / "both.jsonl", tmp_path / "shards")
    seen = []
    more = [f"model.tokenizer={NANO}", f"data={tmp_path / 'shards'}", "steps=12", "validate_batches=0"]
    train(RECIPE, tmp_path / "run", more, lambda *told: seen.append(told[2]))
    told = [figures["text"] for figures in seen if figures["text"]]  # some batches are transcripts alone
    assert told[-1] < told[0]
    stage = build(load_config(Recipe, RECIPE, more))
    batches = [stage.feed[drawn] for drawn in stage.feed.draws([[0], [1], [2]], 0, 1)]
    assert all(len(batch.talk.trees) == len(batch.windows) == len(batch.spoken) for batch in batches)
    assert any(row is None for batch in batches for row in batch.spoken)
    assert any(row for batch in batches for row in batch.spoken)


def test_going_on_gives_the_same_bits(rows, tmp_path):
    def stop(done, *_):
        if done == 3:
            raise KeyboardInterrupt

    more = changes(rows, "steps=5", "checkpoint_every=2")
    train(RECIPE, tmp_path / "whole", more)
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, tmp_path / "cut", more, stop)
    train(RECIPE, tmp_path / "cut", more)
    one, other = (stored(checkpoints(tmp_path / name)[-1]) for name in ("whole", "cut"))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.long
def test_weights_in_parts_learn_what_one_process_learns(rows, tmp_path):
    """Two processes with weights in shards; of some batches none, and of some all rows are transcripts."""
    more = changes(
        rows,
        "steps=3",
        "accumulate=2",
        "rows.tokens=80",
        "validate_batches=0",
        "optimizer.warmup=0",
        "ema={decay: 0.5}",
    )
    train(RECIPE, tmp_path / "alone", more)
    launch(RECIPE, tmp_path / "two", 2, [*more, "parallel={shard: 2, recompute: 1}"])
    told = []
    for name in ("alone", "two"):
        [line] = [json.loads(line) for line in (tmp_path / name / "journal.jsonl").read_text().splitlines()]
        told.append([line[figure] for figure in ("text", "transcript", "gradient_norm")])
    assert told[1] == pytest.approx(told[0], abs=2e-5, rel=2e-5)
    mine, wanted = (load_file(tmp_path / name / "model/model.safetensors") for name in ("two", "alone"))
    for name, tensor in wanted.items():
        assert (mine[name].float() - tensor.float()).abs().mean() < 2e-5, name


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["captioner.widht=3"], "captioner.widht: Extra inputs are not permitted"),
        (["captioner.heads=5"], "captioner width 48 is not a multiple of its 5 heads"),
        (["captioner.transcripts='('"], "no regular expression"),
        (["captioner.positions=4"], "has no row to learn from: 48 with a caption of 4 tokens or more"),
        (["captioner.transcripts=never"], "no row of transcription (captioner.transcripts) to learn from"),
        (["captioner.transcripts=never", "objective.text=0"], "has no row to learn from: 48 with a caption"),
        (["trains=[encoder, adaptor]"], "captioner trains the encoder in full, and no other part"),
        (["objective.tags=1"], "captioner learns by objective.text and objective.transcript alone"),
        (["rows.longest=60"], "captioner hears one window: set rows.longest to 30 or less"),
        (["parallel={ulysses: 2}"], "captions need no sequences in parts"),
        (["data=null", "feed={bank: x}"], "captioner learns from rows: give data, not feed"),
        (["model.tokenizer=null"], "data is given without model.tokenizer"),
        (["model.preset=tinny"], "preset 'tinny'"),
    ],
)
def test_what_cannot_be_done_is_told(rows, tmp_path, more, told):
    with pytest.raises(AfnextError) as error:
        train(RECIPE, tmp_path / "run", changes(rows, *more))
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_rows_of_no_use_are_told(rows, tmp_path):
    """Two recordings, two answers, and words that a to z cannot spell."""
    sound = str(rows / "0.wav")
    said = {"audio": sound, "question": "Transcribe the input speech."}
    odd = [
        {"audio": [sound, sound], "question": "Which?", "answer": "One."},
        {"messages": [
            {"role": "user", "content": [{"type": "audio", "path": sound}, {"type": "text", "text": "What?"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "A tone."}]},
            {"role": "user", "content": [{"type": "text", "text": "And?"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "No more."}]},
        ]},
        said | {"answer": "Grüße an alle"},
        said | {"answer": "call 911"},
        said | {"answer": "Call <t>1.0-2.0</t>"},
        said | {"answer": "Don't, call PETER!"},
    ]  # fmt: skip
    file = tmp_path / "odd.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in odd))
    stage = stage_of(rows, f"data={file} + {rows / 'captions.jsonl'}")
    feed = stage.feed
    assert [row.conversation[-1].text for row in feed.sets[0]] == ["Don't, call PETER!"]
    assert sorted(feed.left_out.values()) == [1, 1, 3]
    batch = batch_of(stage, feed.sets[0])
    assert unspell(batch.spoken[0], path=False) == "don't call peter"
    assert batch.counts() == {"text": 0, "transcript": len("don't call peter")}
    gone = Row("line 9", (user(AudioPart(str(tmp_path / "gone.wav")), TextPart("What?")), assistant("A tone.")))
    empty = batch_of(stage, [gone])
    assert empty.lost[0].startswith("line 9: ")
    assert not any(empty.counts().values())
    assert {name: value.item() for name, value in stage.learner(empty).items()} == {"text": 0, "transcript": 0}
