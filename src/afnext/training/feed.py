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

from afnext.audio.spec import (
    SECONDS_PER_TOKEN,
    TOKENS_PER_WINDOW,
    WINDOW_SAMPLES,
    audio_tokens,
    mel_frames,
)
from afnext.audio.windows import Window, windows
from afnext.audio.windows import stack as stack_windows
from afnext.dialogue.message import AudioPart, TextPart, assistant, user
from afnext.dialogue.template import Family, render
from afnext.dialogue.timestamps import THINK, format_reply
from afnext.dialogue.tokenizer import Tokenizer
from afnext.scenes.asking.questions import questions
from afnext.scenes.bank import Bank
from afnext.scenes.forms.mix import compose
from afnext.scenes.render import render_all
from afnext.scenes.scene import Scene
from afnext.scenes.worlds import World
from afnext.training.augment import vary_timbre
from afnext.training.branches import IGNORED, Pack, Tree, join, pack
from afnext.training.heads import spell
from afnext.training.recipe import FeedRecipe
from afnext.training.truth import truth_of, veil

NONE = torch.empty(0, dtype=torch.int64)


@dataclass(frozen=True)
class Batch:
    """Clips with their questions.

    ``mel`` [W, 128, F], ``frames`` [W] valid mel frames and ``starts`` [W] seconds hold the windows of all clips in
    order; clip i has ``windows[i]`` of them. Where the truth is read in place of sound, ``mel`` is None. ``talk`` is
    what is asked and answered, a tree for each clip. ``truth`` [N, WIDTH] is what is known of each audio token of all
    clips (``truth.py``), ``seconds`` [N] when it begins in its clip; ``characters`` is what is said in each clip, in
    order of onset.
    """

    mel: Tensor | None
    frames: Tensor
    starts: Tensor
    windows: tuple[int, ...]
    talk: Pack
    truth: Tensor
    seconds: Tensor
    characters: tuple[list[int], ...]
    audio_seconds: float

    def counts(self) -> dict[str, int]:
        """How much of each loss's subject there is: target tokens, audio tokens, characters.

        A clip in which nobody speaks counts as one character: blanks everywhere is what it should give.
        """
        tokens = len(self.truth)
        return {
            "text": int((self.talk.targets != IGNORED).sum()),
            "tags": tokens,
            "clock": tokens,
            "transcript": sum(max(1, len(row)) for row in self.characters),
            "likeness": tokens,
        }

    def to(self, device: torch.device) -> "Batch":
        """The batch with its tensors on ``device``."""
        moved = {
            f.name: getattr(self, f.name).to(device)
            for f in fields(self)
            if isinstance(getattr(self, f.name), Tensor | Pack)
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
        lengths = self.lengths(rng)
        scenes, cut, trees = list[Scene](), list[list[Window]](), list[Tree]()
        known = list[NDArray[np.bool_]]()
        for seconds in lengths:
            scene, plan = compose(int(rng.integers(2**48)), self.world, seconds, self.sources, self.recipe.difficulty)
            tokens = tokens_in(plan.samples)
            scenes.append(scene)
            truth = truth_of(scene, tokens)
            if self.recipe.hears == "sound":
                parts = list(windows(render_all(plan)))
                cut.append([_varied(part, rng) for part in parts] if self.recipe.augment else parts)
            elif self.recipe.augment:
                truth = veil(truth, rng)
            known.append(truth)
            if self.tokenizer is not None and self.recipe.questions:
                trees.append(self.ask(scene, tokens, self.tokenizer, rng))
        mel, frames, starts = stack_windows([part for parts in cut for part in parts]) if cut else (None, NONE, NONE)
        return Batch(
            mel=mel,
            frames=frames,
            starts=starts,
            windows=tuple(len(parts) for parts in cut),
            talk=pack(trees),
            truth=torch.from_numpy(np.concatenate(known)),
            seconds=torch.cat([torch.arange(len(truth)) * SECONDS_PER_TOKEN for truth in known]),
            characters=tuple(said(scene) for scene in scenes),
            audio_seconds=sum(lengths),
        )

    def lengths(self, rng: np.random.Generator) -> list[float]:
        """Seconds of each clip of a batch, about ten times ``recipe.clips`` in all; alike where they are encoded."""
        low, high = np.log(self.recipe.seconds)
        left, lengths = 10.0 * self.recipe.clips, list[float]()
        while left > 0 and len(lengths) < 2 * self.recipe.clips:
            alike = lengths and self.recipe.hears == "sound"
            seconds = lengths[0] if alike else round(float(np.exp(rng.uniform(low, high))), 1)
            if lengths and seconds / 2 > left:
                break
            lengths.append(seconds)
            left -= seconds
        return lengths

    def ask(self, scene: Scene, tokens: int, tokenizer: Tokenizer, rng: np.random.Generator) -> Tree:
        """A tree of questions about ``scene``, whose recording is ``tokens`` audio tokens long."""
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

    def batches(self, start: int, stop: int, accumulate: int, share: tuple[int, int] = (0, 1)) -> Iterator[list[Batch]]:
        """The batches of steps ``start`` to ``stop``, ``accumulate`` a step.

        Args:
            start, stop: steps.
            accumulate: batches of a step, of all shares together.
            share: which of how many shares of each step is given; one may be empty.
        """
        mine = [
            [number for number in range(step * accumulate, (step + 1) * accumulate) if number % share[1] == share[0]]
            for step in range(start, stop)
        ]
        workers = self.recipe.workers
        loader = iter(
            DataLoader(
                self,
                batch_size=None,
                sampler=[number for numbers in mine for number in numbers],
                num_workers=workers,
                prefetch_factor=4 if workers else None,
                worker_init_fn=_one_thread if workers else None,
            )
        )
        for numbers in mine:
            yield [next(loader) for _ in numbers]


def tokens_in(samples: int) -> int:
    """Audio tokens of a recording of ``samples`` samples, window by window."""
    whole, rest = divmod(samples, WINDOW_SAMPLES)
    return whole * TOKENS_PER_WINDOW + audio_tokens(mel_frames(rest))


def said(scene: Scene) -> list[int]:
    """The characters of everything said, in order of onset, sentences parted by a space."""
    return spell(" ".join(event.text for event in scene.events if event.text))


def _varied(window: Window, rng: np.random.Generator) -> Window:
    return Window(vary_timbre(window.mel, rng), window.start, window.frames, window.tokens)


def _one_thread(_worker: int) -> None:
    torch.set_num_threads(1)
