"""The command line: ``afnext VERB``, one verb a file."""

from afnext.cli.app import main

__all__ = ["main"]
