"""One tree of errors. Each message is one line: what was given, what was expected, what to do.

    AfnextError (ValueError)
    +-- AudioError          a recording that cannot be decoded, or holds nothing usable
    +-- ConversationError   messages, parts or dialects that do not fit the canonical form
    +-- CheckpointError     a model folder, a tensor, a tokenizer or a template that does not fit
    +-- RecipeError         a configuration file or override
    +-- RequestError        a question or sampling setting that cannot be answered as asked
    |   +-- OverLimitError  a recording longer than the model's limit
    +-- SceneError          an impossible synthetic scene
    +-- ScoreError          a rule, a row of predictions or a judge that nothing can be scored with
    +-- BenchmarkError      a benchmark, its data, a run's folder or an endpoint that cannot be measured with
    +-- ParallelError       processes, degrees of parallelism or a mesh that do not fit together
    +-- OutputError         a place where nothing can be written
    +-- MissingToolError    a program or optional package that is not installed

They are for users' mistakes, and the command line prints them without a traceback (exit code 2).
Our own mistakes are ``assert``.
"""


class AfnextError(ValueError):
    """A user's mistake, told in one line.

    Args:
        given: what was given, with the name or value the user knows it by.
        expected: what would have been right, if that is not plain from ``given``.
        do: what to do about it.
    """

    exit_code = 2

    def __init__(self, given: str, *, expected: str = "", do: str = "") -> None:
        parts = [given, f"expected {expected}" if expected else "", do]
        lines = (" ".join(part.split()) for part in parts)
        super().__init__("; ".join(line for line in lines if line))


class AudioError(AfnextError):
    """A recording that cannot be decoded, or holds nothing usable."""


class ConversationError(AfnextError):
    """Messages, parts or dialects that do not fit the canonical form."""


class CheckpointError(AfnextError):
    """A model folder, a tensor, a tokenizer or a template that does not fit."""


class RecipeError(AfnextError):
    """A configuration file or override that does not fit its schema."""


class RequestError(AfnextError):
    """A question or sampling setting that cannot be answered as asked."""


class OverLimitError(RequestError):
    """A recording longer than the model's limit."""


class SceneError(AfnextError):
    """An impossible synthetic scene."""


class ScoreError(AfnextError):
    """A rule, a row of predictions or a judge that nothing can be scored with."""


class BenchmarkError(AfnextError):
    """A benchmark, its data, a run's folder or an endpoint that nothing can be measured with."""


class ParallelError(AfnextError):
    """Processes, degrees of parallelism or a mesh that do not fit together."""


class OutputError(AfnextError):
    """A place where nothing can be written."""


class MissingToolError(AfnextError):
    """A program or optional package that is not installed."""
