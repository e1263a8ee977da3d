"""A file of questions, one a line, as words or as ``{"question": "..."}``; and the answers to them."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import typer

from afnext.base.errors import AfnextError, ConversationError, RequestError
from afnext.cli.answers import print_checks, remark
from afnext.inference.prompt import conversation_of
from afnext.inference.reply import Reply


def read_questions(name: str) -> list[str]:
    """The questions in a file, or on standard input for a dash; empty lines are skipped.

    A line that begins with a brace is a JSON object, whose field ``question`` counts.

    Raises:
        RequestError: no such file, not text, no question in it, or a line that cannot be read, which is named.
    """
    questions = []
    for number, line in enumerate(_text(name).splitlines(), 1):
        if not line.strip():
            continue
        question = _in_json(line, f"{name}:{number}") if line.lstrip().startswith("{") else line.strip()
        try:
            conversation_of((question,))
        except (ConversationError, RequestError) as error:
            raise RequestError(f"{name}:{number}: {error}") from error
        questions.append(question)
    if not questions:
        raise RequestError(f"{name} holds no question", expected="one question a line")
    return questions


def _text(name: str) -> str:
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return data.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise RequestError(f"no such file: {name!r}", expected="a file of questions", do="check the path") from error
    except UnicodeDecodeError as error:
        raise RequestError(f"{name} is not text", expected="questions in UTF-8, one a line") from error
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise RequestError(f"{name!r} cannot be read ({reason})", expected="a file of questions") from error


def _in_json(line: str, place: str) -> str:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise RequestError(f"{place} is not JSON: {error}", expected='{"question": "..."}, or plain words') from error
    except RecursionError as error:
        raise RequestError(f"{place} is nested too deeply", expected='{"question": "..."}') from error
    question = row.get("question")
    if not isinstance(question, str):
        raise RequestError(f"{place} has no question", expected='{"question": "..."}')
    return question


class Answers:
    """Prints the answers to questions, one after the other: a line each, or with ``json`` an object each.

    The error of one goes to standard error (and as an object to its place in JSON; else an empty line stands there).
    """

    def __init__(self, questions: Sequence[str], check: Callable[[Reply], Reply] | None, *, json: bool) -> None:
        """``check`` is what becomes of a reply before it is printed, if anything."""
        self._questions = iter(questions)
        self._check = check
        self._json = json
        self._failed: AfnextError | None = None

    def print(self, answer: Reply | AfnextError) -> None:
        """Print the next one."""
        question = next(self._questions)
        if isinstance(answer, AfnextError):
            self._failed = self._failed or answer
            typer.echo(f"afnext: {answer}", err=True)
            self._line(question, {"error": str(answer)}, "")
            return
        reply = self._check(answer) if self._check else answer
        self._line(question, reply.to_dict(), " ".join(reply.text.split()))
        if not self._json:
            print_checks(reply)
            remark(reply)

    def _line(self, question: str, fields: dict[str, Any], text: str) -> None:
        typer.echo(json.dumps({"question": question, **fields}, ensure_ascii=False) if self._json else text)
        sys.stdout.flush()

    def done(self) -> None:
        """End with the exit code of the first error, where there was one."""
        if self._failed is not None:
            raise typer.Exit(self._failed.exit_code)
