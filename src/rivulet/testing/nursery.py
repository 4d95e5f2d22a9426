"""`rivulet` processes that begin where the imports end, forked from one that has done them.

Nearly all of the second that `rivulet serve` takes to start are imports, which touch no data. Who kills a
server a thousand times would wait for them most of the time. Everything after them is the real command.
"""

import asyncio
import ctypes
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from multiprocessing.process import BaseProcess
from pathlib import Path

_IMPORTED = [
    "pytest",  # a child looks at the main module of who wants it, which is that in a test
    "rivulet.cli.serve",
    "rivulet.cli.indexing",
    "rivulet.knowledge.lexical",
    "rivulet.knowledge.merging",
    "rivulet.knowledge.segment",
    "rivulet.fetching.images",
    "rivulet.testing.nursery",
    *(point.module for name in ("models", "dialects") for point in entry_points(group=f"rivulet.{name}")),
]

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class Child:
    """A running command. Its log is open in it only."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def status(self) -> int | None:
        """As a shell gives it, negative for a signal; None while it runs."""
        return self._process.exitcode

    def signal(self, number: signal.Signals) -> None:
        """To it and whatever it has started; nothing when all of them are gone."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            if self.status is None:  # so young that it has no group of its own yet
                os.kill(self.pid, number)

    def wait(self, patience_s: float | None = None) -> bool:
        """Whether it has ended by then."""
        self._process.join(patience_s)
        return self._process.exitcode is not None

    async def ended(self) -> None:
        """Waits for its end without holding up the event loop."""
        loop, gone = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, gone.set)
        try:
            await gone.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        self._process.join()


def born(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Child:
    """`rivulet ARGUMENTS` in a session of its own, writing to the log's end; it dies with us (Linux only)."""
    process = _FORKS.Process(target=_run, args=(list(arguments), dict(environment), str(log)), daemon=True)
    process.start()
    return Child(process)


def die_with_parent() -> None:
    """The kernel kills this process when the thread that started it ends (Linux only)."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(_IMPORTED)


def _run(arguments: list[str], environment: dict[str, str], log: str) -> None:
    die_with_parent()
    os.setsid()
    for stream, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        path = os.devnull if stream == 0 else log
        opened = os.open(path, flags | (os.O_CREAT | os.O_APPEND if stream else 0), 0o600)
        os.dup2(opened, stream)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["rivulet", *arguments]
    runpy.run_module("rivulet", run_name="__main__", alter_sys=True)
