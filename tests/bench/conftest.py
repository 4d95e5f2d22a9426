"""The load tools, built once; without a compiler only CI fails."""

import os
import shutil

import pytest

from bench import tools


@pytest.fixture(scope="session")
def load_tools() -> None:
    if shutil.which("cc") is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have a C compiler for the load tools")
        pytest.skip("there is no C compiler: the load tools cannot be built")
    for name in ("mockllm", "loadsse"):
        tools.built(name)
