"""A judge behind any OpenAI-compatible endpoint, by the ``openai`` package, which is imported when it is used."""

from collections.abc import Mapping, Sequence
from typing import Any

from afnext.base.errors import ScoreError
from afnext.base.packages import package

RETRIES = 5
"""Of a call that fails for a while (rate limits, 5xx), with the client's growing waits between."""
SECONDS = 120.0
"""Before a call is given up."""


class Endpoint:
    """Chat completions at ``base_url`` (None: OpenAI's own, or what OPENAI_BASE_URL says).

    Args:
        base_url: such as http://localhost:8000/v1.
        api_key: None: what OPENAI_API_KEY says, or no key.
        retries: how often a call that fails for a while is made again.
        seconds: how long a call may take.

    Raises:
        MissingToolError: the package openai is not installed.
        ScoreError: no key is given for an endpoint that needs one.
    """

    def __init__(
        self, base_url: str | None = None, api_key: str | None = None, retries: int = RETRIES, seconds: float = SECONDS
    ) -> None:
        self._openai = package("openai", "evaluate")
        key = api_key or ("none" if base_url else None)
        try:
            self._client: Any = self._openai.OpenAI(
                base_url=base_url, api_key=key, max_retries=retries, timeout=seconds
            )
        except self._openai.OpenAIError as error:
            raise ScoreError(f"no judge: {error}", do="give api_key, or set OPENAI_API_KEY") from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def reply(self, messages: Sequence[Mapping[str, str]], model: str, settings: Mapping[str, Any]) -> list[str]:
        """The texts of all choices; a choice without text is "".

        Raises:
            ScoreError: the endpoint cannot be reached, refuses, or answers in another form.
        """
        try:
            done = self._client.chat.completions.create(model=model, messages=list(messages), **settings)
        except self._openai.OpenAIError as error:
            raise ScoreError(
                f"the judge {model} at {self._client.base_url} did not answer: {error}",
                do="check address, key and model",
            ) from error
        choices = getattr(done, "choices", None)
        if not choices:
            raise ScoreError(f"the judge {model} at {self._client.base_url} answered without choices")
        return [choice.message.content or "" for choice in choices]
