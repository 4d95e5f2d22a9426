"""A pool of child processes that read files: whatever a file does to its reader, the server is unaffected."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rivulet.domain.errors import Draining, Unreadable
from rivulet.parsers.child import Child, Ended
from rivulet.parsers.limits import Limits
from rivulet.parsers.worker import INSTALLED, Request, too_large
from rivulet.ports.knowledge import Parsed

_START_S = 60.0
"""Starting takes 0.2 s; on a machine too busy for a minute of it, reading would not get far either."""


class ParserPool:
    """Starts its children with the first file and ends them when nothing has been read for a while.

    One event loop at a time; close it with `aclose`.
    """

    def __init__(self, limits: Limits | None = None, workers: int = 1, parsers: str = INSTALLED) -> None:
        """`parsers` names a function that lists them, as in `package.module:function`."""
        self._limits = limits or Limits()
        self._workers = workers
        self._parsers = parsers
        self._slots = asyncio.Semaphore(workers)
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._threads: ThreadPoolExecutor | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._closed = False

    async def parse(self, source: Path | bytes, filename: str | None = None) -> Parsed:
        """The text of a file or of bytes with a file's name. Raises `Unreadable` with the reason."""
        if isinstance(source, bytes):
            return await self.parse_bytes(source, filename or "")
        return await self.parse_file(source, filename)

    async def parse_file(self, path: Path, filename: str | None = None) -> Parsed:
        """Raises `Unreadable`. A relative path is taken from the folder the server was started in."""
        return await self._read(Request(filename=_told(filename or path.name), path=os.fsencode(path)))

    async def parse_bytes(self, data: bytes, filename: str) -> Parsed:
        """Raises `Unreadable`."""
        if len(data) > self._limits.file_bytes:
            raise Unreadable(too_large(self._limits))
        return await self._read(Request(filename=_told(filename), data=data))

    async def aclose(self) -> None:
        """Ends the children; a file that is being read is given up."""
        self._closed = True
        if self._rest is not None:
            self._rest.cancel()
        for child in self._busy:
            child.kill()
        for _ in range(self._workers):
            await self._slots.acquire()
        if self._threads is not None:
            self._retire()
            await asyncio.to_thread(self._threads.shutdown)
        for _ in range(self._workers):
            self._slots.release()

    async def _read(self, request: Request) -> Parsed:
        """A child that somebody else ended gets a second try: that says nothing about the file."""
        async with self._slots:
            for _ in range(2):
                if self._closed:
                    raise Draining
                try:
                    return await self._ask(request)
                except Ended:
                    continue
        raise Unreadable(
            "This file could not be read: its reader was ended twice (is the machine out of memory?)."
        )

    async def _ask(self, request: Request) -> Parsed:
        loop = asyncio.get_running_loop()
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="parser")
        if self._rest is not None:
            self._rest.cancel()
        child = self._idle.pop() if self._idle else Child(self._limits, self._parsers)
        self._busy.add(child)
        deadline = loop.call_later(_START_S, child.kill)
        try:
            if not child.is_started:
                await loop.run_in_executor(self._threads, child.start)
            deadline.cancel()
            deadline = loop.call_later(self._limits.wall_s, child.expire)
            return await loop.run_in_executor(self._threads, child.read, request)
        except asyncio.CancelledError:
            child.kill()
            raise
        finally:
            deadline.cancel()
            self._busy.discard(child)
            if child.is_fit:
                self._idle.append(child)
                if self._rest is not None:
                    self._rest.cancel()
                self._rest = loop.call_later(self._limits.idle_s, self._retire)
            else:
                self._threads.submit(child.close)

    def _retire(self) -> None:
        idle, self._idle = self._idle, []
        if self._threads is not None:
            for child in idle:
                self._threads.submit(child.close)


def _told(filename: str) -> str:
    """A name that can be sent on: what is not text in it is replaced."""
    return filename.encode("utf-8", "replace").decode("utf-8")
