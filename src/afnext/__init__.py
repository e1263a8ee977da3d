"""Audio Flamingo Next as software: listen, reason with timestamps, train, measure.

    import afnext

    model = afnext.load("nano")  # or a folder, or a Hugging Face id
    reply = model.ask("kitchen.flac", "What happens, and when?")
    print(reply.text, reply.events)

The names below are the front door. They are imported when first used, so that ``import afnext`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from afnext.audio.clip import Clip
    from afnext.base.errors import (
        AfnextError,
        AudioError,
        BenchmarkError,
        CheckpointError,
        ConversationError,
        MissingToolError,
        OutputError,
        OverLimitError,
        ParallelError,
        RecipeError,
        RequestError,
        SceneError,
        ScoreError,
    )
    from afnext.inference.budget import Budget
    from afnext.inference.chat import Chat
    from afnext.inference.engine import Engine
    from afnext.inference.load import load
    from afnext.inference.reply import Reply
    from afnext.inference.request import Request, Sampling

__all__ = [
    "AfnextError",
    "AudioError",
    "BenchmarkError",
    "Budget",
    "Chat",
    "CheckpointError",
    "Clip",
    "ConversationError",
    "Engine",
    "MissingToolError",
    "OutputError",
    "OverLimitError",
    "ParallelError",
    "RecipeError",
    "Reply",
    "Request",
    "RequestError",
    "Sampling",
    "SceneError",
    "ScoreError",
    "load",
]

_HOMES = {
    "Budget": "afnext.inference.budget",
    "Chat": "afnext.inference.chat",
    "Clip": "afnext.audio.clip",
    "Engine": "afnext.inference.engine",
    "Reply": "afnext.inference.reply",
    "Request": "afnext.inference.request",
    "Sampling": "afnext.inference.request",
    "load": "afnext.inference.load",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'afnext' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "afnext.base.errors")), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
