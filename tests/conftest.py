"""What every test may ask for."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of public documents and questions; elsewhere than in CI its tests are skipped without it."""
    folder = os.environ.get("RIVULET_TEST_DATA")
    if folder:
        return Path(folder)
    if os.environ.get("CI"):
        pytest.fail("CI must set RIVULET_TEST_DATA")
    pytest.skip("RIVULET_TEST_DATA is not set: the real documents and questions are not here")
