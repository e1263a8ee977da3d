"""What is called in a training step: a batch in, the sums of its losses out, on one device or split over a mesh."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from afnext.audio.spec import MELS, audio_tokens
from afnext.data.batch import Batch, Sound, Truth
from afnext.data.pack import IGNORED
from afnext.model.attention import attend
from afnext.model.encoder import Encoder, EncoderOutput
from afnext.model.flamingo import Flamingo
from afnext.parallel.mesh import Mesh
from afnext.parallel.sequence import SplitSequence
from afnext.parallel.windows import attach, encode_share, share
from afnext.training.heads import Captioner, Heads
from afnext.training.loss import Losses, clock_loss, likeness_loss, tag_loss, text_loss, transcript_loss
from afnext.training.recipe import ObjectiveRecipe
from afnext.training.truth import WINDOW_DIGITS, window_digits


class Learner(nn.Module):
    """A model with the heads that read scenes' truth, or with what captions the sounds of rows.

    With a mesh its parameters are in shards: then all of its ranks call it at the same time, those of a sequence group
    with the same batch, of which each computes a part.
    """

    def __init__(
        self, model: Flamingo, heads: Heads | None, objective: ObjectiveRecipe, captioner: Captioner | None = None
    ) -> None:
        super().__init__()
        self.model = model
        self.heads = heads
        self.captioner = captioner
        self.objective = objective
        self.mesh: Mesh | None = None

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The losses that the objective weighs, by name, each the sum over this rank's part of the batch."""
        if batch.truth is not None:
            return self._scenes(batch, batch.truth).named()
        if self.captioner is not None:
            return self._captions(batch, self.captioner).named()
        if self.mesh is None:
            return {"text": self._text(batch, encode(self.model, batch.sound))}
        return {"text": self._split(batch, self.mesh)}

    def tokens(self, sound: Sound) -> tuple[EncoderOutput, Tensor]:
        """What the encoder makes of ``sound``, and its tokens [N, D], all windows one after the other."""
        heard = self.model.encoder(sound.mel, sound.frames)
        places = torch.arange(heard.tokens.shape[1], device=heard.tokens.device)
        return heard, heard.tokens[places < heard.token_counts[:, None]]

    def _scenes(self, batch: Batch, truth: Truth) -> Losses:
        wanted, heads = self.objective, self.heads
        assert heads is not None, "what is known is read by heads"
        if not batch.sound:
            return Losses(text=self._text(batch, heads.decoder(truth.labels, truth.seconds)))
        [sound] = batch.sound
        heard, tokens = self.tokens(sound)
        tags, clock, spoken, text, likeness = None, None, None, None, None
        if wanted.tags:
            tags = tag_loss(heads.encoder.tags(tokens), truth.labels)
        if wanted.clock:
            clock = clock_loss(heads.encoder.clock(tokens), window_digits(truth.seconds), WINDOW_DIGITS)
        if wanted.transcript:
            frames, lengths = clip_frames(heard, batch.windows)
            spoken = transcript_loss(heads.encoder.transcript(frames), lengths, truth.characters)
        if wanted.text or wanted.likeness:
            embedded = self.model.project(heard, sound.starts)
            text = self._text(batch, embedded) if wanted.text else None
            if wanted.likeness:
                likeness = likeness_loss(embedded, heads.decoder(truth.labels, truth.seconds))
        return Losses(text, tags, clock, spoken, likeness)

    def _captions(self, batch: Batch, captioner: Captioner) -> Losses:
        """Of windows that captions are written about, each beside its own."""
        tokens, frames = heard_apart(self.model.encoder, batch.sound)
        text, spoken, said = None, None, batch.spoken
        assert said is not None, "captions are read by a feed of captions"
        if self.objective.text:
            talk, decoder = batch.talk, captioner.decoder
            sound, listening = torch.cat(tokens)[None], Listening(talk.trees, [len(some) for some in tokens])
            hidden = decoder(talk.ids, sound, positions=talk.positions, attention=talk.attention, listening=listening)
            wanted = talk.targets != IGNORED
            text = text_loss(decoder.logits(hidden[wanted]), talk.targets[wanted])
        if self.objective.transcript:
            known = [place for place, row in enumerate(said) if row is not None]
            # where none is known one is spelt all the same: with weights in shards, all ranks compute alike
            read = [frames[place] for place in known or [0]]
            spelt = captioner.transcript(pad_sequence(read, batch_first=True))
            spoken = attach(spelt.new_zeros(()), spelt)
            if known:
                spoken = transcript_loss(spelt, [len(row) for row in read], [said[place] or [] for place in known])
        return Losses(text=text, transcript=spoken)

    def _text(self, batch: Batch, audio: Tensor | None) -> Tensor:
        model, talk = self.model, batch.talk
        hidden = model.decoder(model.embed(talk.ids, audio), positions=talk.positions, attention=talk.attention)
        wanted = talk.targets != IGNORED
        return text_loss(model.logits(hidden[wanted]), talk.targets[wanted])

    def _split(self, batch: Batch, mesh: Mesh) -> Tensor:
        """The same of this rank's piece of the sequence, its windows encoded by all ranks of the group together."""
        model, talk = self.model, batch.talk
        ids, positions, targets, attention = talk.ids, talk.positions, talk.targets, talk.attention
        mel, frames, starts = _one(batch.sound, ids.device)
        mine = share(len(mel), mesh.sequence)
        heard = encode_share(model.encode, mel[mine], frames[mine], starts[mine], mesh.sequence)
        audio = heard
        if dist.get_world_size(mesh.sequence) > 1:
            part = SplitSequence(mesh, talk.trees, ids.device)
            audio = part.audio(ids, heard, model.config.sound_id)
            ids, positions = part.split(ids), part.split(positions)
            targets, attention = part.split(targets, IGNORED), part.attention
        embeddings = attach(model.embed(ids, audio), heard)
        hidden = model.decoder(embeddings, positions=positions, attention=attention)
        wanted = targets != IGNORED
        return text_loss(model.logits(hidden[wanted]), targets[wanted])


def encode(model: Flamingo, sound: Sequence[Sound]) -> Tensor | None:
    """Audio tokens [N, C] of all windows of a batch, in their places; None if there are none."""
    pieces: dict[int, Tensor] = {}
    for some in sound:
        counts = [audio_tokens(frames) for frames in some.frames.tolist()]
        parts = torch.split(model.encode(some.mel, some.frames, some.starts), counts)
        pieces.update(zip(some.places.tolist(), parts, strict=True))
    return torch.cat([pieces[place] for place in sorted(pieces)]) if pieces else None


def heard_apart(encoder: Encoder, sound: Sequence[Sound]) -> tuple[list[Tensor], list[Tensor]]:
    """The audio tokens [T, D] and the frames [E, D] of every window of a batch, each at its own length, in order."""
    tokens, frames = dict[int, Tensor](), dict[int, Tensor]()
    for some in sound:
        heard = encoder(some.mel, some.frames)
        counts = zip(some.places.tolist(), heard.token_counts.tolist(), heard.frame_counts.tolist(), strict=True)
        for row, (place, token_count, frame_count) in enumerate(counts):
            tokens[place] = heard.tokens[row, :token_count]
            frames[place] = heard.frames[row, :frame_count]
    return [tokens[place] for place in sorted(tokens)], [frames[place] for place in sorted(frames)]


@dataclass(frozen=True)
class Listening:
    """An :class:`~afnext.model.attention.Attention` of packed captions over sounds one behind the other: the caption
    that is tree i hears sound i alone, which is ``counts[i]`` audio tokens long."""

    trees: Sequence[Sequence[int]]
    counts: Sequence[int]

    def __call__(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """[B, H, L, D] over [B, H, T, D] -> [B, L, H * D]."""
        counts = list(self.counts)
        sounds = zip(torch.split(key, counts, dim=2), torch.split(value, counts, dim=2), strict=True)
        heard = [
            attend(query[:, :, tree[0] : tree[-1]], *sound) for tree, sound in zip(self.trees, sounds, strict=True)
        ]
        return torch.cat(heard, dim=1)


def clip_frames(heard: EncoderOutput, windows: Sequence[int]) -> tuple[Tensor, list[int]]:
    """Encoder frames of each clip, its windows joined: [B, E, D] padded, and the valid length of each."""
    counts = heard.frame_counts.tolist()
    clips, first = [], 0
    for count in windows:
        clips.append(torch.cat([heard.frames[w, : counts[w]] for w in range(first, first + count)]))
        first += count
    return pad_sequence(clips, batch_first=True), [len(clip) for clip in clips]


def _one(sound: Sequence[Sound], device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """The windows of a batch, which a feed for many devices leaves in one group, as mel, frames and starts."""
    if not sound:
        none = torch.zeros(0, dtype=torch.int64, device=device)
        return torch.zeros(0, MELS, 0, device=device), none, none.float()
    [some] = sound
    return some.mel, some.frames, some.starts
