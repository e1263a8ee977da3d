"""What is asked: a conversation, how to sample the answer, and what to do with a recording that is too long."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from afnext.base.errors import RequestError
from afnext.dialogue.message import Conversation

OverLimit = Literal["error", "truncate", "stitch"]


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the next token is chosen, and when to stop.

    Raises:
        RequestError: a value outside its range.
    """

    max_new_tokens: int | None = None
    """At most so many tokens; None: the model's own default (its ``generation_config.json``)."""

    temperature: float = 0.0
    """0 takes the likeliest token (greedy). Above 0 draws, from a flatter distribution the higher it is."""

    top_p: float = 1.0
    """Draw only among the likeliest tokens that together reach this probability."""

    repetition_penalty: float = 1.0
    """Above 1 makes every token already in the prompt or the answer less likely, as ``transformers`` defines it.

    The prompt counts whole, audio slots included: their one id is then penalised too, which a model never writes."""

    seed: int = 0
    """Seed of this request's own draws; they do not depend on what else is in the batch."""

    stop: tuple[str, ...] = ()
    """Strings that end the answer; they are not part of it."""

    max_think_tokens: int | None = None
    """At most so many tokens of reasoning: then it is closed, and the answer begins. None: no bound of its own."""

    stop_loops: bool = True
    """End an answer that goes in circles (see ``guards.circle``)."""

    def __post_init__(self) -> None:
        if self.max_new_tokens is not None and (not _integer(self.max_new_tokens) or self.max_new_tokens < 1):
            raise RequestError(f"max_new_tokens {self.max_new_tokens!r}", expected="a whole number of 1 or more")
        if self.max_think_tokens is not None and (not _integer(self.max_think_tokens) or self.max_think_tokens < 1):
            raise RequestError(f"max_think_tokens {self.max_think_tokens!r}", expected="a whole number of 1 or more")
        if not isinstance(self.stop_loops, bool):
            raise RequestError(f"stop_loops {self.stop_loops!r}", expected="true or false")
        if not _number(self.temperature) or not 0 <= self.temperature <= 100:
            raise RequestError(f"temperature {self.temperature!r}", expected="a number from 0 (greedy) to 100")
        if not _number(self.top_p) or not 0 < self.top_p <= 1:
            raise RequestError(f"top_p {self.top_p!r}", expected="a number above 0, up to 1")
        if not _number(self.repetition_penalty) or not 0 < self.repetition_penalty <= 100:
            raise RequestError(
                f"repetition_penalty {self.repetition_penalty!r}", expected="a number above 0, 1 for none, up to 100"
            )
        if not _integer(self.seed) or not 0 <= self.seed < 2**63:
            raise RequestError(f"seed {self.seed!r}", expected="a whole number from 0 to 2**63 - 1")
        if isinstance(self.stop, str):
            object.__setattr__(self, "stop", (self.stop,))
        if not all(isinstance(text, str) and text for text in self.stop):
            raise RequestError(f"stop {self.stop!r}", expected="strings of at least one character")
        object.__setattr__(self, "stop", tuple(self.stop))


@dataclass(frozen=True)
class Request:
    """One conversation to be continued by the model."""

    conversation: Conversation
    sampling: Sampling = field(default_factory=Sampling)
    over_limit: OverLimit = "error"

    def __post_init__(self) -> None:
        check_over_limit(self.over_limit)


def check_over_limit(value: object) -> None:
    """Raise unless ``value`` is one of the policies.

    Raises:
        RequestError: it is not.
    """
    if value not in get_args(OverLimit):
        raise RequestError(f"over_limit {value!r}", expected=" or ".join(get_args(OverLimit)))


def request_of(conversation: Conversation, settings: Mapping[str, Any]) -> Request:
    """The request with ``settings``: the fields of ``Sampling``, and ``over_limit``.

    Raises:
        RequestError: an unknown setting, or a value outside its range.
    """
    known = [field.name for field in fields(Sampling)]
    unknown = [name for name in settings if name not in (*known, "over_limit")]
    if unknown:
        raise RequestError(f"unknown setting {unknown[0]!r}", expected=", ".join([*known, "over_limit"]))
    sampling = Sampling(**{name: value for name, value in settings.items() if name != "over_limit"})
    return Request(conversation, sampling, settings.get("over_limit", "error"))


def _integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
