"""Starts model servers that are not ours, from what tests/engines/package-lock.json names."""

import hashlib
import os
import platform
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hatch_build import find_node, npm_of
from tests.door import alone_in

ENGINES = Path(__file__).parents[1] / "engines"
START_S = 90
"""llama.cpp tries out its own binary first; that took up to 20 s on a busy machine."""


def node() -> str:
    """The command that is Node, once the packages are there. Without, a test fails in CI, else is skipped."""
    folder = find_node()
    if folder is None:
        _missing("there is no Node 20.19, 22.12 or newer")
    try:
        _install(folder)
    except (OSError, subprocess.SubprocessError) as problem:
        _missing(f"the packages of tests/engines cannot be installed: {problem}")
    return str(folder / "node")


@contextmanager
def running(*command: str) -> Iterator[str]:
    """The address a server prints when it is ready."""
    with subprocess.Popen(command, cwd=ENGINES, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready, _, _ = select.select([process.stdout], [], [], START_S)
            yield process.stdout.readline().strip() if ready else pytest.fail(f"{command} does not start")
        finally:
            process.kill()


def _install(folder: Path) -> None:
    """Again only when the lock has changed."""
    lock = hashlib.sha256((ENGINES / "package-lock.json").read_bytes()).hexdigest()
    stamp = ENGINES / "node_modules" / ".stamp"
    with alone_in(ENGINES):
        if stamp.is_file() and stamp.read_text() == lock:
            return
        subprocess.run(
            [*npm_of(folder), "ci", "--omit=optional", "--ignore-scripts"],
            cwd=ENGINES,
            env=os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"},
            check=True,
            capture_output=True,
            timeout=400,
        )
        stamp.write_text(lock)


def only_on_linux() -> None:
    """The lock names llama.cpp's binary for one kind of machine."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        _missing("llama.cpp is locked for Linux on x86-64 only")


def _missing(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
