"""``afnext``: the table of verbs, and what becomes of errors.

A verb is a module of this package with a ``run`` function: its parameters are the options, its docstring the help,
ending in examples. To add one, write the module and put a line in ``VERBS``. A verb's module is imported when it is
called, so that ``afnext --help`` answers at once.
"""

import sys
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from afnext.base.errors import AfnextError

VERBS = {
    "ask": "Ask a question about recordings.",
    "chat": "Talk about recordings.",
    "caption": "Describe recordings.",
    "transcribe": "Write down what is said.",
    "train": "Train a model from a recipe, or through several.",
    "scenes": "Make synthetic recordings whose truth is known.",
    "evaluate": "Measure a model on benchmarks by their official rules.",
    "compare": "Compare runs over the same samples, or print the table of one.",
    "score": "Apply a benchmark's official rule to predictions.",
    "report": "Write runs as one page to read and to listen to.",
    "gaps": "Tell where a model is weak, and what to train it on next.",
    "convert": "Write a model folder anew, or rows as shards.",
    "info": "Tell a model's size, limits and memory.",
}
"""Each verb and the first line of its help."""


def command(verb: str) -> Any:
    """The command of a verb, its module imported."""
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(name=verb, no_args_is_help=verb != "info")(import_module(f"afnext.cli.{verb}").run)
    return typer.main.get_command(single)


class Verbs(TyperGroup):
    """The group of all verbs; prints a user's mistake as one line, without a traceback."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {verb: TyperCommand(verb, help=summary) for verb, summary in VERBS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The verb asked for, imported."""
        name, stub, rest = super().resolve_command(ctx, args)
        return name, command(name) if name else stub, rest

    def invoke(self, ctx: Any) -> Any:
        """Run the verb."""
        try:
            return super().invoke(ctx)
        except AfnextError as error:
            typer.echo(f"afnext: {error}", err=True)
            raise typer.Exit(error.exit_code) from error


app = typer.Typer(
    cls=Verbs,
    help="Audio Flamingo Next: listen, reason with timestamps, train, measure.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"afnext {version('afnext')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Options before the verb."""


def main() -> None:
    """The console script."""
    app(prog_name="afnext")
    sys.exit(0)
