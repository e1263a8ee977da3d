"""Training batches out of scenes, composed as they are needed.

Batch ``i`` is a function of (recipe, i) alone: any worker can make it, in any order, after any interruption.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from afnext.audio.spec import SECONDS_PER_TOKEN
from afnext.audio.windows import Window, windows
from afnext.audio.windows import stack as stack_windows
from afnext.dialogue.message import AudioPart, TextPart, assistant, user
from afnext.dialogue.template import Family, render
from afnext.dialogue.timestamps import THINK, format_reply
from afnext.dialogue.tokenizer import Tokenizer
from afnext.scenes.bank import Bank
from afnext.scenes.compose import compose
from afnext.scenes.questions import questions
from afnext.scenes.render import render_all
from afnext.scenes.scene import Scene
from afnext.scenes.sources import LABELS
from afnext.scenes.worlds import World
from afnext.training.augment import vary_timbre
from afnext.training.branches import Row, join, stack
from afnext.training.heads import spell
from afnext.training.recipe import FeedRecipe

ALL_LABELS: tuple[str, ...] = tuple(label for labels in LABELS.values() for label in labels)
"""What the tag head names, in its order."""


@dataclass(frozen=True)
class Batch:
    """Clips of one length with their questions.

    ``mel`` [W, 128, F], ``frames`` [W] valid mel frames and ``starts`` [W] seconds hold the windows of all clips in
    order; clip i has ``windows[i]`` of them. ``ids``, ``positions``, ``branch`` and ``target`` [B, L] are as in
    ``branches.py``. ``tags`` [N, K] says which label sounds in each audio token of all clips; ``characters`` is what is
    said in each clip, in order of onset.
    """

    mel: Tensor
    frames: Tensor
    starts: Tensor
    windows: tuple[int, ...]
    ids: Tensor
    positions: Tensor
    branch: Tensor
    target: Tensor
    tags: Tensor
    characters: tuple[list[int], ...]
    audio_seconds: float

    def to(self, device: torch.device) -> "Batch":
        """The batch with its tensors on ``device``."""
        moved = {
            f.name: getattr(self, f.name).to(device) for f in fields(self) if isinstance(getattr(self, f.name), Tensor)
        }
        return replace(self, **moved)


class SceneFeed(Dataset[Batch]):
    """Batches by number.

    Args:
        recipe: what to compose and ask.
        tokenizer: spells the conversations; None if nothing is asked.
        family: the prompt's family.
        seed: of the run.
        world: whose sources; the recipe's, or "validation" to measure.
    """

    def __init__(
        self, recipe: FeedRecipe, tokenizer: Tokenizer | None, family: Family, seed: int, world: World
    ) -> None:
        self.recipe = recipe
        self.tokenizer = tokenizer
        self.family = family
        self.seed = seed
        self.world = world
        self.sources = Bank.open(Path(recipe.bank) / world)

    def __getitem__(self, index: int) -> Batch:
        """Batch number ``index``."""
        rng = np.random.default_rng((self.seed, index))
        low, high = self.recipe.seconds
        seconds = round(float(np.exp(rng.uniform(np.log(low), np.log(high)))), 1)
        clips = max(1, min(2 * self.recipe.clips, round(self.recipe.clips * 10 / seconds)))
        scenes, cut, rows = list[Scene](), list[list[Window]](), list[Row]()
        for _ in range(clips):
            scene, plan = compose(int(rng.integers(2**48)), self.world, seconds, self.sources, self.recipe.difficulty)
            parts = list(windows(render_all(plan)))
            scenes.append(scene)
            cut.append([_varied(part, rng) for part in parts] if self.recipe.augment else parts)
            if self.tokenizer is not None and self.recipe.questions:
                rows.append(self.ask(scene, sum(part.tokens for part in parts), self.tokenizer, rng))
        mel, frames, starts = stack_windows([part for parts in cut for part in parts])
        ids, positions, branch, target = stack(
            rows, self.tokenizer.id_of("<|endoftext|>") or 0 if self.tokenizer else 0
        )
        tags = [tag_frames(scene, sum(part.tokens for part in parts)) for scene, parts in zip(scenes, cut, strict=True)]
        return Batch(
            mel=mel,
            frames=frames,
            starts=starts,
            windows=tuple(len(parts) for parts in cut),
            ids=ids,
            positions=positions,
            branch=branch,
            target=target,
            tags=torch.from_numpy(np.concatenate(tags)),
            characters=tuple(said(scene) for scene in scenes),
            audio_seconds=seconds * clips,
        )

    def ask(self, scene: Scene, tokens: int, tokenizer: Tokenizer, rng: np.random.Generator) -> Row:
        """A row of questions about ``scene``, whose recording is ``tokens`` audio tokens long."""
        asked = questions(scene, rng, self.recipe.skills)
        weights = np.array([(self.recipe.skills or {}).get(question.skill, 1.0) for question in asked])
        chosen = rng.choice(
            len(asked), size=min(self.recipe.questions, len(asked)), replace=False, p=weights / weights.sum()
        )
        prompts = []
        for number in chosen:
            question = asked[number]
            text, answer = question.text, question.answer
            if question.trace is not None and rng.random() < self.recipe.think:
                text, answer = f"{text} {THINK}", format_reply(answer, question.trace)
            conversation = (user(AudioPart(None), TextPart(text)), assistant(answer))
            prompts.append(render(conversation, [tokens], tokenizer, self.family, generation_prompt=False))
        return join(prompts)

    def batches(self, start: int, stop: int, accumulate: int) -> Iterator[list[Batch]]:
        """The batches of steps ``start`` to ``stop``, ``accumulate`` a step."""
        order = range(start * accumulate, stop * accumulate)
        workers = self.recipe.workers
        loader = DataLoader(
            self,
            batch_size=None,
            sampler=order,
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            worker_init_fn=_one_thread if workers else None,
        )
        pending: list[Batch] = []
        for batch in loader:
            pending.append(batch)
            if len(pending) == accumulate:
                yield pending
                pending = []


def tag_frames(scene: Scene, tokens: int) -> NDArray[np.float32]:
    """Which label sounds in each audio token: [tokens, K], 1 where an event covers at least half of the 40 ms."""
    truth = np.zeros((tokens, len(ALL_LABELS)), dtype=np.float32)
    for event in scene.events:
        first, last = round(event.start / SECONDS_PER_TOKEN), round(event.end / SECONDS_PER_TOKEN)
        truth[first : max(first + 1, last), ALL_LABELS.index(event.label)] = 1
    return truth


def said(scene: Scene) -> list[int]:
    """The characters of everything said, in order of onset, sentences parted by a space."""
    return spell(" ".join(event.text for event in scene.events if event.text))


def _varied(window: Window, rng: np.random.Generator) -> Window:
    return Window(vary_timbre(window.mel, rng), window.start, window.frames, window.tokens)


def _one_thread(_worker: int) -> None:
    torch.set_num_threads(1)
