"""Write the output of commands into a document, so that what it shows is what they print.

A block that begins with ``<!-- output of: COMMAND -->`` and ends with ``<!-- end of output -->`` is filled with a
transcript of COMMAND, run at the root of the repository. Words after the document choose blocks by their command.

    python docs/refresh.py README.md                     every block
    python docs/refresh.py README.md accuracy_nano       one of them
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"<!-- output of: (?P<command>.+?) -->\n(?P<shown>.*?)<!-- end of output -->\n", re.S)


def transcript(command: str) -> str:
    """The command after a prompt, and what it prints to standard output, as a fenced block."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith("MAKE")
    }  # else make speaks of levels
    done = subprocess.run(command, shell=True, cwd=ROOT, env=clean, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S602
    return f"```text\n$ {command}\n{done.stdout.rstrip()}\n```\n"


def refresh(document: str, words: list[str]) -> str:
    """``document`` with its blocks filled anew: all, or those whose command holds one of ``words``."""

    def fill(block: re.Match[str]) -> str:
        command = block["command"]
        if words and not any(word in command for word in words):
            return block[0]
        print(f"running {command}", file=sys.stderr)
        return f"<!-- output of: {command} -->\n{transcript(command)}<!-- end of output -->\n"

    return BLOCK.sub(fill, document)


def main() -> None:
    """Refresh the document named first, in place."""
    if len(sys.argv) == 1:
        sys.exit(__doc__)
    path = Path(sys.argv[1])
    path.write_text(refresh(path.read_text(encoding="utf-8"), sys.argv[2:]), encoding="utf-8")


if __name__ == "__main__":
    main()
