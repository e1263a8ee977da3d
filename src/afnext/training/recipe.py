"""A recipe: everything that decides a training run, as one frozen tree. The files in ``recipes/`` are its spelling."""

import re
from typing import Literal, get_args

from pydantic import Field, PositiveFloat, field_validator, model_validator

from afnext.audio.spec import WINDOW_SECONDS
from afnext.base.config import Frozen
from afnext.model.caption_decoder import CaptionerConfig
from afnext.model.lora import Lora
from afnext.parallel.mesh import Degrees
from afnext.scenes.forms.mix import Difficulty
from afnext.training.average import EmaRecipe

Part = Literal["encoder", "adaptor", "decoder"]
PARTS: tuple[Part, ...] = get_args(Part)


class ModelRecipe(Frozen):
    """What is trained, and where its weights come from."""

    preset: str = "nano"
    """A name known to ``model/config.py``."""
    weights: str | None = None
    """A model to begin with: nano, a checkpoint folder, or a Hugging Face id. Its sizes, tokenizer and template come
    along."""
    start: str | dict[Part, str] | None = None
    """A run folder whose last checkpoint gives model and heads, or one for each part named; the rest is random."""
    tokenizer: str | None = None
    """A folder with ``tokenizer.json``; a stage that asks nothing needs none."""


class FeedRecipe(Frozen):
    """Scenes composed as they are needed, from a bank of rendered sources."""

    bank: str
    """A folder with a bank for each world: ``train`` and ``validation``."""
    seconds: tuple[float, float] = (5.0, 15.0)
    """Shortest and longest scene. Those that are encoded have one length a batch, so that none is padded."""
    clips: int = Field(16, ge=1)
    """Scenes in a batch, if they are 10 s long; longer scenes get proportionally fewer."""
    questions: int = Field(6, ge=0)
    """Questions asked of each scene. They share the scene's audio and do not see each other."""
    rounds: int = Field(1, ge=1)
    """Times that every skill is drawn from each scene, equal questions counting once: in several, one skill asks about
    several things."""
    hears: Literal["sound", "truth"] = "sound"
    """``truth``: the decoder reads what is known of the scene, embedded, and nothing is rendered."""
    difficulty: Difficulty = Difficulty()
    """How crowded and noisy the scenes are."""
    skills: dict[str, PositiveFloat] | None = None
    """Relative frequency of each skill; None: all alike."""
    think: float = Field(0.0, ge=0.0, le=1.0)
    """Share of the questions that ask for reasoning, where a trace exists."""
    augment: bool = True
    """Vary timbre: a smooth random equaliser and a shift along the mel axis, and masked mel bands. Of the truth, leave
    some out."""
    workers: int = Field(1, ge=0)


class RowsRecipe(Frozen):
    """How rows of data become batches."""

    tokens: int = Field(8192, ge=64)
    """Tokens of a batch, sound (25 a second) and text: rows are packed into it, and do not see each other."""
    context: int | None = Field(None, ge=64)
    """Tokens of the longest row; as many as the model takes, if left out. Longer rows are left out."""
    longest: float = Field(1800.0, gt=0)
    """Seconds of the longest recording. Rows with a longer one are left out."""
    validation: str | None = None
    """Rows to measure on, in the spelling of ``data``."""
    workers: int = Field(1, ge=0)


class CaptionerRecipe(CaptionerConfig):
    """The decoder that an encoder is taught by before any language model listens to it, and what it reads in rows."""

    transcripts: str = r"transcribe (the |this )?(input |spoken )?(speech|content|audio|recording)\W*"
    """Questions, as a regular expression, whose answer is all that is said and nothing else, word for word: those rows
    give the transcript loss. All other answers are captions."""

    @field_validator("transcripts")
    @classmethod
    def _expression(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        return value


class ParallelRecipe(Degrees):
    """Over how many processes weights and sequences are split (``afnext.parallel.mesh``)."""

    recompute: int = Field(0, ge=0)
    """Every so many-th layer keeps its input alone and computes the rest again backward; 0: none."""


class ObjectiveRecipe(Frozen):
    """Weights of the losses."""

    text: float = Field(1.0, ge=0)
    """Next token of answers, mean over target tokens."""
    tags: float = Field(0.0, ge=0)
    """Which labels sound, begin and end, and which word is said, in each 40 ms: binary cross-entropy on the pooled
    encoder output."""
    clock: float = Field(0.0, ge=0)
    """The digits of the time within the window, of each 40 ms: cross-entropy on the same."""
    transcript: float = Field(0.0, ge=0)
    """CTC over characters on the 50 Hz encoder output."""
    likeness: float = Field(0.0, ge=0)
    """Squared distance of what the adaptor gives from what the decoder learnt to read in a stage that heard truth."""


class OptimizerRecipe(Frozen):
    """What moves the weights, with a cosine schedule."""

    method: Literal["adamw", "muon"] = "adamw"
    """``muon``: Muon for the matrices inside layers, AdamW for tables, read-outs and vectors."""
    learning_rate: float = Field(1e-3, gt=0)
    minimum: float = Field(0.05, ge=0, le=1)
    """Learning rate at the last step, as a share of the highest."""
    warmup: float = Field(200, ge=0)
    """Steps, or below 1 the share of all steps, over which the rate rises to its highest."""
    betas: tuple[float, float] = (0.9, 0.98)
    weight_decay: float = Field(0.01, ge=0)
    clip: float = Field(1.0, gt=0)
    """Largest global gradient norm."""


class HeldOutRecipe(Frozen):
    """Rows whose last answer the model is asked for, greedily, to be compared with theirs."""

    rows: str
    """In the spelling of ``data``."""
    every: int = Field(500, ge=1)
    """Steps."""
    limit: int = Field(32, ge=1)
    """The first so many of the rows that can be used."""
    max_new_tokens: int = Field(64, ge=1)
    """Tokens of the longest answer."""


Reporter = Literal["tensorboard", "wandb", "trackio"]


class Recipe(Frozen):
    """One supervised stage. It learns from rows (``data``) or from scenes made as they are needed (``feed``)."""

    name: str
    seed: int = 0
    steps: int | None = Field(None, ge=1)
    epochs: float | None = Field(None, gt=0)
    """Passes over the rows, in place of ``steps``."""
    accumulate: int = Field(1, ge=1)
    trains: tuple[Part, ...] | None = None
    """Parts that are trained in full: all, or with ``lora`` none, if left out."""
    lora: Lora | None = None
    """Low-rank products that are trained in place of the matrices they stand beside."""
    captioner: CaptionerRecipe | None = None
    """A decoder that captions what the encoder hears, to train both from rows: ``objective.text`` weighs its captions,
    ``objective.transcript`` the letters of what is said. It is no part of the model that comes out."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """``auto``: bfloat16 autocast where the machine multiplies it in hardware, else float32."""
    model: ModelRecipe
    data: str | None = None
    """A file of rows, or several with weights: ``a.jsonl*0.5 + b.jsonl``."""
    rows: RowsRecipe = RowsRecipe()
    feed: FeedRecipe | None = None
    objective: ObjectiveRecipe = ObjectiveRecipe()
    optimizer: OptimizerRecipe = OptimizerRecipe()
    checkpoint_every: int = Field(500, ge=1)
    keep: int = Field(2, ge=1)
    """How many checkpoints stay."""
    validate_every: int = Field(500, ge=1)
    validate_batches: int = Field(4, ge=0)
    held_out: HeldOutRecipe | None = None
    """Rows that the model answers now and then while it is trained."""
    ema: EmaRecipe | None = None
    """Averages of the weights, beside the weights themselves."""
    compile: bool = False
    """Let PyTorch's compiler fuse what the layers compute, attention aside. It takes a C++ compiler, and minutes at the
    first steps."""
    parallel: ParallelRecipe | None = None
    """None: every process that torchrun starts holds the whole model."""
    report: tuple[Reporter, ...] = ()
    """Where figures go besides the journal."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """Parts that are trained in full."""
        if self.trains is not None:
            return self.trains
        if self.captioner:
            return ("encoder",)
        return () if self.lora else PARTS

    @model_validator(mode="after")
    def _something_to_learn(self) -> "Recipe":
        weights = self.objective
        if not any(weights.model_dump().values()):
            raise ValueError("every loss has weight 0: nothing would be learned")
        if not self.parts and self.lora is None:
            raise ValueError("trains is empty and there is no lora: nothing would be learned")
        if (self.data is None) == (self.feed is None):
            raise ValueError("a recipe has either data (rows) or feed (scenes), such as data=my.jsonl")
        if (self.steps is None) == (self.epochs is None):
            raise ValueError("a recipe has either steps or epochs")
        return self

    @model_validator(mode="after")
    def _of_one_piece(self) -> "Recipe":
        dense = any(self.objective.model_dump(exclude={"text"}).values())
        if self.captioner is not None:
            self._of_captions()
        elif self.feed is None:
            if dense:
                raise ValueError("only scenes are known well enough for objective.tags, clock, transcript and likeness")
        else:
            if self.epochs is not None:
                raise ValueError("scenes never end: give steps, not epochs")
            if self.objective.text > 0 and self.feed.questions == 0:
                raise ValueError("objective.text needs feed.questions above 0")
            if self.feed.hears == "truth" and dense:
                raise ValueError("feed.hears: truth gives the encoder nothing to hear; weigh objective.text alone")
        if self.parallel is not None and self.optimizer.method == "muon":
            raise ValueError("muon needs whole matrices, and parallel splits them: use optimizer.method=adamw")
        if self.parallel is not None and self.parallel.ring * self.parallel.ulysses > 1 and self.feed is not None:
            raise ValueError(
                "parallel.ring and parallel.ulysses split rows of data, not scenes with their dense losses"
            )
        if self.parallel is not None and self.held_out is not None:
            raise ValueError("held_out is answered by a process that holds the whole model: leave it out with parallel")
        if self.model.weights is not None and (self.model.start or self.model.tokenizer):
            raise ValueError("model.weights brings its tokenizer; leave out model.start and model.tokenizer")
        if self.lora is not None and self.model.weights is None:
            raise ValueError("lora stands beside the weights of a model: name it in model.weights")
        if self.lora is not None and self.lora.quantize:
            if "decoder" in self.parts:
                raise ValueError("lora.quantize holds the decoder in few bits, which learn nothing: leave it frozen")
            if self.parallel is not None:
                raise ValueError("lora.quantize does without parallel: each process holds the packed model whole")
        return self

    def _of_captions(self) -> None:
        if self.feed is not None:
            raise ValueError("captioner learns from rows: give data, not feed")
        if self.parts != ("encoder",) or self.lora is not None:
            raise ValueError("captioner trains the encoder in full, and no other part: leave out trains and lora")
        if any(self.objective.model_dump(exclude={"text", "transcript"}).values()):
            raise ValueError("captioner learns by objective.text and objective.transcript alone")
        if self.rows.longest > WINDOW_SECONDS:
            raise ValueError(f"captioner hears one window: set rows.longest to {WINDOW_SECONDS:g} or less")
        if self.parallel is not None and self.parallel.ring * self.parallel.ulysses > 1:
            raise ValueError("captions need no sequences in parts: leave out parallel.ring and parallel.ulysses")
