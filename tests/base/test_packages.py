"""Optional packages."""

import json

import pytest

from afnext.base.errors import MissingToolError
from afnext.base.packages import package


def test_one_that_is_here_is_imported():
    assert package("json", "scenes") is json


def test_a_missing_package_is_named_with_the_extra_that_brings_it():
    with pytest.raises(MissingToolError, match=r"no_such_package is not installed; pip install 'afnext\[scenes\]'"):
        package("no_such_package", "scenes")
