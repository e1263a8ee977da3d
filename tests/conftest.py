"""For the whole suite: tests that this machine cannot run skip themselves and say what is missing."""

import shutil
from pathlib import Path

import pytest
import torch

from afnext.scenes import tools

torch.set_num_threads(1)  # the tests' tensors are tiny: threads cost more than they bring

BENCHMARKS = Path(__file__).with_name("benchmarks")
"""The room of which every test is ``long``."""

FIRST = ("test_journey.py", "test_ranks.py", "test_processes.py")
"""Files of few long tests: begun last, they would keep one worker busy while the others have nothing left to do."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the benchmarks unread, whose imports take seconds, where no long test is chosen and no path names them."""
    if collection_path != BENCHMARKS or config.option.markexpr != "not long":
        return None
    named = (Path(config.invocation_params.dir, argument.partition("::")[0]).resolve() for argument in config.args)
    return None if any(path.is_relative_to(BENCHMARKS) for path in named) else True


@pytest.hookimpl(tryfirst=True)  # before those are chosen that run
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is marked ``scenes_tools``, ``browser`` or ``cuda`` where that is missing; benchmarks are ``long``.

    The files that take longest go first (with ``--no-loadscope-reorder``, for pytest-xdist would have them last).
    """
    items.sort(key=lambda item: item.path.name not in FIRST)
    for item in items:
        if "benchmarks" in item.path.parts:
            item.add_marker(pytest.mark.long)
    absent = {}
    if packages := tools.missing():
        absent["scenes_tools"] = f"missing: {', '.join(packages)} (make scenes-tools installs them)"
    if shutil.which("chromium") is None:
        absent["browser"] = "missing: chromium (make browser installs it)"
    if not torch.cuda.is_available():
        absent["cuda"] = "missing: an NVIDIA GPU"
    for item in items:
        for mark, reason in absent.items():
            if item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=reason))
