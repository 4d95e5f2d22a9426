"""What every test may ask for."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import hatch_build
from tests.door import alone_in
from tests.image_host import ImageHost

# How long an example takes is the machine's affair; by itself hypothesis knows that in CI only.
settings.register_profile(
    "unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")

PACKAGES_S = 600
"""The first test of Node waits here until its packages are there, or until another process has fetched them:
a busy machine takes minutes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "node" in getattr(item, "fixturenames", ()) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(PACKAGES_S))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def image_host() -> Iterator[ImageHost]:
    with ImageHost() as host:
        yield host


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of public documents and questions; elsewhere than in CI its tests are skipped without it."""
    folder = os.environ.get("RIVULET_TEST_DATA")
    if folder:
        return Path(folder)
    if os.environ.get("CI"):
        pytest.fail("CI must set RIVULET_TEST_DATA")
    pytest.skip("RIVULET_TEST_DATA is not set: the real documents and questions are not here")


@pytest.fixture(scope="session")
def node() -> str:
    """Node as the page's build finds it: on PATH, or the one that comes with the type checker. With it come
    the packages of `js/`, of which the build leaves out some."""
    folder = hatch_build.find_node()
    if folder is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Node")
        pytest.skip("there is no Node 20.19 or newer here")
    with alone_in(hatch_build.SOURCES):
        hatch_build.install_packages(folder, for_tests=True)
    return str(shutil.which("node", path=folder))
