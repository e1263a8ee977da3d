"""Training batches out of scenes, composed as they are needed.

Batch ``i`` is a function of (recipe, i) alone: any worker can make it, in any order, after any interruption.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from afnext.audio.spec import SECONDS_PER_TOKEN
from afnext.audio.windows import Window, count_tokens, windows
from afnext.data.batch import Batch, Truth, group
from afnext.data.pack import Tree, join, pack
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
from afnext.training.heads import spell
from afnext.training.recipe import FeedRecipe
from afnext.training.truth import truth_of, veil


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
            tokens = count_tokens(plan.samples)
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
        return Batch(
            sound=group([part for parts in cut for part in parts], together=True),
            windows=tuple(len(parts) for parts in cut),
            talk=pack(trees),
            audio_seconds=sum(lengths),
            truth=Truth(
                labels=torch.from_numpy(np.concatenate(known)),
                seconds=torch.cat([torch.arange(len(truth)) * SECONDS_PER_TOKEN for truth in known]),
                characters=tuple(said(scene) for scene in scenes),
            ),
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
        drawn = (one for _ in range(self.recipe.rounds) for one in questions(scene, rng, self.recipe.skills))
        asked = list({question.text: question for question in drawn}.values())
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


def said(scene: Scene) -> list[int]:
    """The characters of everything said, in order of onset, sentences parted by a space."""
    return spell(" ".join(event.text for event in scene.events if event.text))


def _varied(window: Window, rng: np.random.Generator) -> Window:
    return Window(vary_timbre(window.mel, rng), window.start, window.frames, window.tokens)
