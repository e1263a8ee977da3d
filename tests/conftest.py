"""For the whole suite: tests that this machine cannot run skip themselves and say what is missing."""

import pytest
import torch

from afnext.scenes import tools

torch.set_num_threads(1)  # the tests' tensors are tiny: threads cost more than they bring


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is marked ``scenes_tools`` or ``cuda`` where those are missing."""
    absent = {}
    if packages := tools.missing():
        absent["scenes_tools"] = f"missing: {', '.join(packages)} (make scenes-tools installs them)"
    if not torch.cuda.is_available():
        absent["cuda"] = "missing: an NVIDIA GPU"
    for item in items:
        for mark, reason in absent.items():
            if item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=reason))
