"""Batches of rows: alike whoever makes them, nothing lost unsaid, and packed rows as if each stood alone."""

import json

import numpy as np
import pytest
import soundfile
import torch

from afnext.audio.windows import count_tokens
from afnext.base.errors import ConversationError
from afnext.data.feed import RowFeed
from afnext.data.groups import Speller
from afnext.data.loader import Share, load
from afnext.data.mixture import parse_mixture
from afnext.data.pack import IGNORED
from afnext.dialogue.message import AudioPart, TextPart, assistant, user
from afnext.dialogue.template import NANO, render
from afnext.model.config import preset
from afnext.model.flamingo import Flamingo
from afnext.training.learner import encode

MIXED = [0.4, 2.0, 31.0, 5.0, None, 9.0, 1.3, 3.7]


@pytest.fixture
def feed(tokenizer):
    def make(mixture, **changes):
        settings = {"tokens": 1200, "context": 4096, "longest": 60.0} | changes
        return RowFeed(parse_mixture(str(mixture)), Speller(tokenizer, NANO, **settings), seed=5)

    return make


def same(one, other):
    assert torch.equal(one.talk.ids, other.talk.ids)
    assert torch.equal(one.talk.targets, other.talk.targets)
    assert one.talk.trees == other.talk.trees
    assert len(one.sound) == len(other.sound)
    for mine, theirs in zip(one.sound, other.sound, strict=True):
        assert torch.equal(mine.mel, theirs.mel)
        assert torch.equal(mine.places, theirs.places)


def test_every_row_passes_once_an_epoch_spelt_as_the_template_spells_it(feed, write_rows, tokenizer):
    made = feed(write_rows(MIXED))
    talks = []
    for number in range(made.batches(1)):
        batch = made[number]
        for _, first, end in batch.talk.trees:
            targets = batch.talk.targets[0, first:end].tolist()
            talks.append((tuple(batch.talk.ids[0, first:end].tolist()), tuple(targets)))
    wanted = []
    for number, length in enumerate(MIXED):
        parts = [TextPart(f"What is {number}?")] if length is None else [AudioPart("x"), TextPart(f"What is {number}?")]
        counts = [] if length is None else [count_tokens(round(length * 16_000))]
        prompt = render((user(*parts), assistant("It hums.")), counts, tokenizer, NANO, generation_prompt=False)
        following = [i if m else IGNORED for i, m in zip(prompt.ids[1:], prompt.loss_mask[1:], strict=True)]
        wanted.append((tuple(prompt.ids), (*following, IGNORED)))
    assert sorted(talks) == sorted(wanted)


def test_batches_are_their_number_alone(feed, write_rows):
    file = write_rows(MIXED)
    one, other = feed(file), feed(file)
    count = one.batches(3)
    in_turn = [batch for [batch] in load(one, 0, count)]
    for number in reversed(range(count)):
        same(in_turn[number], other[number])
    ahead = [batch for [batch] in load(other, 2, count, workers=1)]
    for mine, theirs in zip(ahead, in_turn[2:], strict=True):
        same(mine, theirs)
    shares = [list(load(one, 0, count // 2, accumulate=2, share=Share(rank, 2))) for rank in range(2)]
    for step in range(count // 2):
        same(shares[0][step][0], in_turn[2 * step])
        same(shares[1][step][0], in_turn[2 * step + 1])


def test_packed_rows_are_learnt_as_if_each_stood_alone(feed, write_rows, tokenizer, tmp_path):
    """The same logits where something is to be predicted, in one batch and in many."""
    torch.manual_seed(0)
    shipped = preset("tiny").with_vocabulary(
        tokenizer.vocab_size, sound=tokenizer.sound, sound_bos=tokenizer.sound_start, sound_eos=tokenizer.sound_end,
        stop=(tokenizer.turn_end,), pad=tokenizer.end_of_text,
    )  # fmt: skip
    model = Flamingo(shipped)

    def losses(made):
        told = {}
        for number in range(made.batches(1)):
            batch = made[number]
            embedded = model.embed(batch.talk.ids, encode(model, batch.sound))
            hidden = model.decoder(embedded, positions=batch.talk.positions, attention=batch.talk.attention)
            each = torch.nn.functional.cross_entropy(
                model.logits(hidden)[0], batch.talk.targets[0], reduction="none", ignore_index=IGNORED
            )
            for _, first, end in batch.talk.trees:
                told[tuple(batch.talk.ids[0, first:end].tolist())] = each[first:end].sum().item()
        return told

    file = write_rows(MIXED)
    packed = feed(file)
    assert packed.batches(1) == 2
    alone = {}
    for number, line in enumerate(file.read_text().splitlines()):
        (tmp_path / f"{number}.jsonl").write_text(line)
        alone |= losses(feed(tmp_path / f"{number}.jsonl"))
    together = losses(packed)
    assert together.keys() == alone.keys()
    for row, value in together.items():
        assert value == pytest.approx(alone[row], rel=1e-5)


def test_rows_that_do_not_fit_are_left_out_and_counted(feed, write_rows, tmp_path):
    file = write_rows([1.0, 61.0, 2.0])
    with file.open("a") as lines:
        lines.write(json.dumps({"audio": "nowhere.wav", "question": "What?", "answer": "No."}) + "\n")
    write_rows([1.0], "long.jsonl", answer="word " * 3000)
    made = feed(file)
    assert len(made.sets[0]) == 2
    assert sorted(made.left_out.values()) == [1, 1]
    told = " ".join(made.left_out)
    assert "longer than 60 s" in told
    assert "nowhere.wav" in told
    with pytest.raises(ConversationError, match=r"long\.jsonl has no row to learn from: .* longer than 1,200 tokens"):
        feed(tmp_path / "long.jsonl")


@pytest.mark.parametrize("damage", ["cut", "nan", "gone"])
def test_a_recording_that_fails_later_costs_only_its_row(feed, write_rows, tmp_path, damage):
    made = feed(write_rows([1.0, 2.0, 3.0]))
    victim = tmp_path / "rows.jsonl-1.wav"
    if damage == "cut":
        victim.write_bytes(victim.read_bytes()[:30])
    elif damage == "nan":
        soundfile.write(victim, np.full(32_000, np.nan), 16_000, subtype="FLOAT")
    else:
        victim.unlink()
    batch = made[0]
    assert len(batch.talk.trees) == 2
    [lost] = batch.lost
    assert "line 2" in lost
    assert "rows.jsonl-1.wav" in lost
    assert batch.audio_seconds == pytest.approx(4.0)


def test_windows_of_a_batch_are_encoded_in_groups_of_about_one_length(feed, write_rows):
    batch = feed(write_rows([31.0, 1.0, 4.0, 7.0]), tokens=2000)[0]
    assert [some.mel.shape[-1] <= 3000 for some in batch.sound] == [True] * len(batch.sound)
    lengths = [some.frames.tolist() for some in batch.sound]
    assert [(max(some) - min(some)) < 500 for some in lengths] == [True] * 3
    assert sorted(place for some in batch.sound for place in some.places.tolist()) == list(range(5))
