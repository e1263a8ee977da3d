"""The end of a run: the trained model as a folder in the published layout."""

from pathlib import Path

from afnext.training.build import Stage


def export(stage: Stage, folder: Path) -> Path:
    """Write the model of ``stage`` to ``folder``."""
    return folder
