"""A model behind an OpenAI-compatible address, by the ``openai`` package, which is imported when it is used.

Recordings are sent as ``input_audio`` parts (WAV, 16 kHz, base64). A call that fails for a while is made again, with
growing waits, for as long as the patience lasts; then the run ends, and goes on when it is started again.
"""

import base64
import io
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event
from typing import Any

import soundfile

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import BenchmarkError
from afnext.base.packages import package
from afnext.evaluation.hearing import Sound
from afnext.evaluation.respondent import Answer, Asked, Each, read_answer

PATIENCE = 3600.0
"""Seconds that an endpoint may fail before the run gives up."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
WIDTH = 8
"""Calls at once."""
SECONDS = 600.0
"""Before one call is given up and made again."""
PASSING = (408, 409, 425, 429)
"""Refusals that pass, beside the server's own errors (5xx)."""
FATAL = (401, 403, 404)
"""Refusals that every call would meet: a wrong key, address or model."""


class Remote:
    """An endpoint as a respondent.

    Args:
        address: such as http://localhost:8000/v1.
        model: its name there; None: the only one that the endpoint lists.
        settings: ``temperature``, ``top_p``, ``repetition_penalty``.
        api_key: None: what OPENAI_API_KEY says, or none.
        width: calls at once.
        patience: see ``PATIENCE``.
        first_wait: seconds before a call is made again for the first time; doubled up to a minute.

    Raises:
        MissingToolError: the package openai is not installed.
        BenchmarkError: no model is named, and the endpoint does not list exactly one.
    """

    def __init__(
        self,
        address: str,
        model: str | None = None,
        settings: Mapping[str, Any] | None = None,
        *,
        api_key: str | None = None,
        width: int = WIDTH,
        patience: float = PATIENCE,
        first_wait: float = FIRST_WAIT,
    ) -> None:
        self._openai = package("openai", "evaluate")
        self._client: Any = self._openai.OpenAI(
            base_url=address, api_key=api_key or "none", max_retries=0, timeout=SECONDS
        )
        self.address = address.rstrip("/")
        self.width = width
        self._patience = patience
        self._first_wait = first_wait
        self._stopped = Event()
        self.settings: Mapping[str, Any] = dict(settings or {})
        self.model = model or self._only_model()
        self.name = f"{self.address} {self.model}"

    def answer(self, asked: Sequence[Asked], each: Each) -> None:
        """Answer all, several at once.

        Raises:
            BenchmarkError: the endpoint refuses every call, or failed longer than the patience lasts.
        """
        pool = ThreadPoolExecutor(self.width, thread_name_prefix="asking")
        try:
            calls = {pool.submit(self._ask, one): number for number, one in enumerate(asked)}
            for call in as_completed(calls):
                each(calls[call], call.result())
        finally:
            self._stopped.set()  # whoever waits for the endpoint to come back gives up
            pool.shutdown(cancel_futures=True)
            self._stopped.clear()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ask(self, asked: Asked) -> Answer:
        start = time.perf_counter()
        body = self._body(asked)
        try:
            done = self._patiently(lambda: self._client.chat.completions.create(**body))
        except _Refused as refused:
            return Answer(None, error=str(refused), seconds=time.perf_counter() - start)
        choices = getattr(done, "choices", None)
        seconds = time.perf_counter() - start
        if not choices:
            return Answer(None, error=f"{self.name} answered without choices", seconds=seconds)
        message = choices[0].message
        raw, reasoning = message.content or "", getattr(message, "reasoning_content", None)
        if reasoning and "<think>" not in raw:
            raw = f"<think>{reasoning}</think>\n\n{raw}"
        notes = [note for sound in asked.sounds for note in sound.notes]
        if choices[0].finish_reason == "length":
            notes.append("the answer was cut: a higher --max-new-tokens lets it go on")
        return read_answer(raw, seconds, notes)

    def _body(self, asked: Asked) -> dict[str, Any]:
        content: list[dict[str, Any]] = [
            {"type": "input_audio", "input_audio": {"data": _wav(sound), "format": "wav"}} for sound in asked.sounds
        ]
        if asked.prompt:
            content.append({"type": "text", "text": asked.prompt})
        settings = {name: value for name, value in self.settings.items() if name in ("temperature", "top_p")}
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": "user", "content": content}],
            "max_tokens": asked.max_new_tokens,
            "seed": asked.seed,
            **settings,
        }
        penalty = self.settings.get("repetition_penalty", 1.0)
        return body if penalty == 1.0 else {**body, "extra_body": {"repetition_penalty": penalty}}

    def _patiently(self, call: Any) -> Any:
        """The call's result; made again while it fails in a way that passes.

        Raises:
            _Refused: this request is refused.
            BenchmarkError: every request would be, or patience has ended.
        """
        begin, wait = time.monotonic(), self._first_wait
        while True:
            try:
                return call()
            except self._openai.OpenAIError as error:
                status = getattr(error, "status_code", None)
                told = " ".join(str(error).split())[:300]
                if status in FATAL:
                    raise BenchmarkError(
                        f"{self.address} refuses ({status}): {told}", do="check address, --name and OPENAI_API_KEY"
                    ) from error
                if status is not None and status < 500 and status not in PASSING:
                    raise _Refused(f"{self.address} refuses this question ({status}): {told}") from error
                if isinstance(error, self._openai.APIConnectionError) or status is not None:
                    if time.monotonic() - begin + wait > self._patience or self._stopped.wait(wait):
                        raise BenchmarkError(
                            f"{self.address} has not answered for {time.monotonic() - begin:.0f} s: {told}",
                            do="start the same command again when it is back: what was answered is kept",
                        ) from error
                    wait = min(2 * wait, LONGEST_WAIT)
                    continue
                raise _Refused(f"{self.address} answered in another form: {told}") from error

    def _only_model(self) -> str:
        try:
            listed = [model.id for model in self._patiently(self._client.models.list).data]
        except _Refused as refused:
            raise BenchmarkError(str(refused), do="name the model with --name") from refused
        if len(listed) != 1:
            raise BenchmarkError(
                f"{self.address} has {len(listed)} models: {', '.join(listed[:8])}", do="name one with --name"
            )
        return str(listed[0])


class _Refused(Exception):  # noqa: N818
    """An answer of the endpoint that concerns one question only."""


def _wav(sound: Sound) -> str:
    file = io.BytesIO()
    soundfile.write(file, sound.samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return base64.b64encode(file.getvalue()).decode("ascii")
