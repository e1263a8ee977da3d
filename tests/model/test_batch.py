"""Recordings and conversations of different lengths in one batch: each equal to itself alone."""

import torch

from afnext.audio.windows import stack

from . import reference

SECONDS = ([35.0], [0.4], [], [5.0, 12.0])


def conversations(config):
    """Clips of each row, and the rows themselves: two windows, half a second, text alone, two clips."""
    clips = [
        [reference.listen(reference.noise(s, seed=row)) for s in row_seconds] for row, row_seconds in enumerate(SECONDS)
    ]
    return clips, [reference.prompt(some, config, seed=row) for row, some in enumerate(clips)]


def padded(rows, pad):
    """[B, L], padded on the right."""
    longest = max(map(len, rows))
    return torch.tensor([row + [pad] * (longest - len(row)) for row in rows])


def test_windows_of_different_lengths_are_encoded_as_if_alone(pair):
    clips, _ = conversations(pair.ours.config)
    windows = [window for some in clips for item in some for window in item.windows]
    with torch.no_grad():
        together = pair.ours.encode(*stack(windows)).split([window.tokens for window in windows])
        for window, tokens in zip(windows, together, strict=True):
            torch.testing.assert_close(tokens, pair.ours.encode(*stack([window])), atol=1e-5, rtol=0)


def test_rows_of_different_lengths_have_their_own_logits(pair):
    clips, rows = conversations(pair.ours.config)
    flat = [item for some in clips for item in some]
    with torch.no_grad():
        batch = reference.embed(pair.ours, padded(rows, pair.ours.config.pad_id), flat)
        together = pair.ours.logits(pair.ours.decoder(batch))
        for row, ids in enumerate(rows):
            alone = pair.ours.logits(pair.ours.decoder(reference.embed(pair.ours, torch.tensor([ids]), clips[row])))
            torch.testing.assert_close(together[row, : len(ids)], alone[0], atol=1e-4, rtol=0)


def test_left_padded_batch_of_transformers_agrees(pair):
    """It pads on the left and counts positions from the first real token; the two must meet where there are tokens."""
    clips, rows = conversations(pair.ours.config)
    flat = [item for some in clips[:2] for item in some]
    rows, longest = rows[:2], max(map(len, rows[:2]))
    ids = torch.tensor([[0] * (longest - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
    with torch.no_grad():
        theirs = pair.theirs(
            input_ids=ids,
            attention_mask=mask,
            position_ids=(mask.cumsum(-1) - 1).clamp(min=0),
            input_features=torch.cat([item.features for item in flat]),
            input_features_mask=torch.cat([item.mask for item in flat]),
        ).logits
        ours = pair.ours.logits(pair.ours.decoder(reference.embed(pair.ours, padded(rows, 0), flat)))
    for row, row_ids in enumerate(rows):
        torch.testing.assert_close(ours[row, : len(row_ids)], theirs[row, -len(row_ids) :], atol=1e-4, rtol=0)


def test_rows_of_different_lengths_say_the_same_as_alone(pair):
    clips, rows = conversations(pair.ours.config)
    flat = [item for some in clips for item in some]
    batch = reference.embed(pair.ours, padded(rows, pair.ours.config.pad_id), flat)
    together = reference.greedy(pair.ours, batch, [len(row) for row in rows], 24)
    for row, ids in enumerate(rows):
        alone = reference.embed(pair.ours, torch.tensor([ids]), clips[row])
        assert reference.greedy(pair.ours, alone, [len(ids)], 24) == [together[row]]


def test_what_lay_in_memory_before_does_not_matter(music):
    """torch fills fresh memory with NaN in this mode; a short row looks past its end only through the mask."""
    rows = [[7, 8, 9], [10, 11, 12, 13, 14], [15]]
    alone = [reference.greedy(music.ours, music.ours.embed(torch.tensor([row])), [len(row)], 8)[0] for row in rows]
    torch.use_deterministic_algorithms(True)
    try:
        together = reference.greedy(music.ours, music.ours.embed(padded(rows, 0)), [3, 5, 1], 8)
    finally:
        torch.use_deterministic_algorithms(False)
    assert together == alone


@torch.no_grad()
def test_a_row_that_ends_leaves_the_others_as_they_are(music):
    model, rows = music.ours, [[7, 8, 9], [10, 11, 12, 13, 14], [15]]
    expected = reference.greedy(model, model.embed(padded(rows, 0)), [3, 5, 1], 8)
    store = reference.Rows(model.decoder, 3, 13)
    hidden = store.read(model.embed(padded(rows, 0)), [3, 5, 1])
    last, alive, said = model.logits(hidden[[0, 1, 2], [2, 4, 0]]).argmax(-1), [0, 1, 2], [[], [], []]
    for step in range(8):
        for row, token in zip(alive, last.tolist(), strict=True):
            said[row].append(token)
        if step == 3:  # the first row has ended
            store.keep([1, 2])
            alive, last = [1, 2], last[1:]
        last = model.logits(store.read(model.embed(last[:, None]))[:, 0]).argmax(-1)
    assert said[1:] == expected[1:]
    assert said[0] == expected[0][:4]
