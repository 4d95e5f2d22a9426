"""What the tests of the parsers share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rivulet.parsers.registry import default
from rivulet.ports.knowledge import Parsed


@pytest.fixture(scope="session")
def read() -> Callable[[bytes, str], Parsed]:
    """Reads in this process, by the installed parsers."""
    return default().read


@pytest.fixture(scope="session")
def real(real_data: Path) -> Callable[[str], bytes]:
    """The bytes of a real file."""
    return lambda name: (real_data / "files" / name).read_bytes()
