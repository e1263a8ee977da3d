"""docs/benchmarks.md, written from the catalog: ``python -m afnext.evaluation.pages docs/benchmarks.md``."""

import sys
from collections.abc import Sequence
from pathlib import Path

from afnext.base.files import write_text
from afnext.evaluation.catalog import PAGES
from afnext.evaluation.task import Task
from afnext.scoring.rules import RULES

HEAD = """# Benchmarks

Written by `make benchmarks-page` from the pages under `src/afnext/evaluation/tasks`: change those, not this. Rules are
those of [scoring.md](scoring.md), under the three protocols that stand there. [evaluation.md](evaluation.md) tells how
runs are made, go on, and are compared. With `--data FOLDER` a benchmark's files are taken from `FOLDER/NAME` (or
`FOLDER/FAMILY`, or `FOLDER`), else from the hub.

Published numbers stand as their sources have them, in per cent unless they say otherwise. They are not ours, and most
were made with prompts, parsers and revisions of data that nobody stated.
"""


def document() -> str:
    """The whole document."""
    groups = [group for page in PAGES for group in _groups(page.TASKS)]
    lines = [HEAD, "| name | benchmark | rule | data |", "|---|---|---|---|"]
    for group in groups:
        first = group[0]
        name = f"`{first.family}`: {len(group)} parts" if len(group) > 1 else f"`{first.name}`"
        known = "schema known" if all(task.certain and not task.doubt for task in group) else "with doubts, see there"
        rules = ", ".join(dict.fromkeys(task.rule for task in group))
        title = _family(group) if len(group) > 1 else first.title
        lines.append(f"| {name} | [{title}](#{_anchor(title)}) | {rules} | {known} |")
    return "\n".join(lines) + "\n\n" + "\n".join(_section(group) for group in groups)


def _groups(tasks: Sequence[Task]) -> list[list[Task]]:
    groups: dict[str, list[Task]] = {}
    for task in tasks:
        groups.setdefault(task.family or task.name, []).append(task)
    return list(groups.values())


def _family(group: Sequence[Task]) -> str:
    return group[0].title.partition(",")[0]


def _anchor(title: str) -> str:
    return "".join(sign for sign in title.lower().replace(" ", "-") if sign.isalnum() or sign in "-_")


def _section(group: Sequence[Task]) -> str:
    first = group[0]
    lines = [f"## {_family(group) if len(group) > 1 else first.title}", ""]
    if len(group) > 1:
        lines += [f"Together `{first.family}`.", "", "| name | part | rule |", "|---|---|---|"]
        lines += [f"| `{task.name}` | {task.title.partition(', ')[2] or task.title} | {task.rule} |" for task in group]
        lines += [""]
    else:
        lines += [f"`{first.name}`, rule `{first.rule}`: {RULES[first.rule].about}.", ""]
    lines += [*_each(group, "about"), *_data(group), *_schema(group), *_prompt(group), *_each(group, "protocol")]
    by = list(dict.fromkeys(name for task in group for name in task.by))
    if by:
        lines += [f"Broken down by {', '.join(f'`{name}`' for name in by)}.", ""]
    lines += [*_published(group), *_faults(group)]
    return "\n".join(lines)


def _each(group: Sequence[Task], name: str) -> list[str]:
    """A text of each part; once where it is the same."""
    told: dict[str, list[str]] = {}
    for task in group:
        told.setdefault(getattr(task, name), []).append(task.name)
    lines: list[str] = []
    for text, names in told.items():
        if text:
            lines += [text if len(told) == 1 else f"{', '.join(f'`{one}`' for one in names)}: {text}", ""]
    return lines


def _data(group: Sequence[Task]) -> list[str]:
    told = []
    for source in dict.fromkeys(task.source for task in group):
        pinned = "" if source.revision == "main" else f" at `{source.revision[:12]}`"
        hub = f"`{source.hub}`{pinned} on the hub" if source.hub else ""
        licence = f"licence {source.licence}" if source.licence else ""
        told.append("; ".join(part for part in (hub, source.address, licence) if part))
    lines = [f"Data: {one}." for one in dict.fromkeys(told)]
    if any(task.source.hub and task.source.revision == "main" for task in group):
        lines.append("No revision is pinned; a record has the commit it was made with.")
    doubts = dict.fromkeys(task.doubt for task in group if task.doubt)
    return [*lines, *(f"**Not known for sure:** {doubt}." for doubt in doubts), ""]


def _schema(group: Sequence[Task]) -> list[str]:
    fields = {name: told for task in group for name, told in task.schema.items()}
    return ["| field | holds |", "|---|---|", *(f"| {name} | {_cell(told)} |" for name, told in fields.items()), ""]


def _prompt(group: Sequence[Task]) -> list[str]:
    lines = []
    for spelling in dict.fromkeys(task.spelling for task in group):
        lines += [f"Prompt ({spelling.source}):", "", "```text", spelling.template, "```", ""]
        if "{options}" in spelling.template:
            between = "a line each" if spelling.between == "\n" else "in one line"
            lines += [f"Options, {between}: `{spelling.option}`.", ""]
    judges = list(dict.fromkeys(name for task in group for name in task.judge))
    if judges:
        lines += [f"Judge: {', '.join(f'`{name}`' for name in judges)} of [scoring.md](scoring.md#judges).", ""]
    return lines


def _published(group: Sequence[Task]) -> list[str]:
    rows = [(task, one) for task in group for one in task.published]
    if not rows:
        return ["No published number is known.", ""]
    many = len(group) > 1
    lines = (
        ["| part | model | score | source |", "|---|---|---|---|"]
        if many
        else ["| model | score | source |", "|---|---|---|"]
    )
    for task, one in rows:
        part = f"| `{task.name}` " if many else ""
        lines.append(f"{part}| {one.model} | {one.score} | {_cell(one.source)} |")
    return [*lines, ""]


def _faults(group: Sequence[Task]) -> list[str]:
    faults = dict.fromkeys(fault for task in group for fault in task.faults)
    if not faults:
        return []
    return ["Known faults of the official script, data or numbers:", "", *(f"- {fault}" for fault in faults), ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write the document to the path given."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write_text(Path(sys.argv[1]), document())


if __name__ == "__main__":
    main()
