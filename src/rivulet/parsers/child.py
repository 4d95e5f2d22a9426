"""A pool of child processes that read files: whatever a file does to its reader, the server is unaffected."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from rivulet.domain.errors import Draining, Internal, Unreadable
from rivulet.parsers.limits import Limits
from rivulet.parsers.worker import (
    INSTALLED,
    Exhausted,
    Order,
    Read,
    Ready,
    Refused,
    Reply,
    Request,
    read_frame,
    too_large,
    write_frame,
)
from rivulet.ports.knowledge import Parsed

# Everything else stays here: a parser needs no keys, no proxies, no home.
_KEPT = """
PATH LANG LC_ALL LC_CTYPE TZ TMPDIR PYTHONHOME PYTHONPYCACHEPREFIX LD_LIBRARY_PATH
DYLD_LIBRARY_PATH VIRTUAL_ENV
"""
_ENVIRONMENT = frozenset(_KEPT.split())
_ITS_OWN_FAULT = frozenset(
    (
        signal.SIGSEGV,
        signal.SIGABRT,
        signal.SIGBUS,
        signal.SIGILL,
        signal.SIGFPE,
        signal.SIGTRAP,
        signal.SIGSYS,
    )
)
_FILES_PER_CHILD = 2_000
"""Then a fresh one: libraries leak a little, and starting costs as much as reading fifty files."""
_SAID_BY_ALLOCATORS = ("memory allocation of", "out of memory", "MemoryError", "bad_alloc")


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
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()
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
                except _Ended:
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
        child = self._idle.pop() if self._idle else _Child(self._limits, self._parsers)
        self._busy.add(child)
        deadline = loop.call_later(self._limits.wall_s, child.expire)
        try:
            return await loop.run_in_executor(self._threads, child.read, request)
        except asyncio.CancelledError:
            child.kill()
            raise
        finally:
            deadline.cancel()
            self._busy.discard(child)
            if child.is_fit:
                self._idle.append(child)
                self._rest = loop.call_later(self._limits.idle_s, self._retire)
            else:
                self._threads.submit(child.close)

    def _retire(self) -> None:
        idle, self._idle = self._idle, []
        if self._threads is not None:
            for child in idle:
                self._threads.submit(child.close)


class _Ended(Exception):
    """The child is gone and the file is not to blame."""


class _Child:
    """One process, used by one thread at a time; `kill` and `expire` may come from another."""

    def __init__(self, limits: Limits, parsers: str) -> None:
        self._limits = limits
        self._parsers = parsers
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints = -1
        self._expired = False
        self._killed = False
        self._files = 0
        self._lock = threading.Lock()
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder[Reply](Reply).decode

    @property
    def is_fit(self) -> bool:
        return self._process is not None and not self._killed and self._files < _FILES_PER_CHILD

    def read(self, request: Request) -> Parsed:
        """Raises `Unreadable`, or `_Ended` when somebody else ended the process."""
        if self._process is None:
            self._start()
        self._files += 1
        reply = self._exchange(self._encode(request))
        if isinstance(reply, Read):
            if self._files >= _FILES_PER_CHILD:
                self.close()
            return reply.parsed
        if isinstance(reply, Refused):
            raise Unreadable(reply.reason)
        status, complaints = self._bury()
        if isinstance(reply, Exhausted):
            raise Unreadable(self._too_hungry())
        raise self._why(status, complaints)

    def expire(self) -> None:
        """The time for one file is over."""
        self._expired = True
        self.kill()

    def kill(self) -> None:
        with self._lock:
            self._killed = True
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        self.kill()
        self._bury()

    def _start(self) -> None:
        order = Order(limits=self._limits, parsers=self._parsers, parent=os.getpid())
        self._complaints, complaints_end = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._complaints, False)
        os.set_blocking(
            complaints_end, False
        )  # nobody reads it before the end: a talkative child must not wait
        try:
            with self._lock:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    [
                        sys.executable,
                        "-P",
                        "-m",
                        "rivulet.parsers.worker",
                        msgspec.json.encode(order).decode(),
                    ],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=complaints_end,
                    env=_environment(),
                    start_new_session=True,
                )
                if self._killed:
                    self._process.kill()
        finally:
            os.close(complaints_end)
        if not isinstance(self._reply(), Ready):
            _, complaints = self._bury()
            if self._expired or self._killed:
                raise _Ended
            raise Internal(f"The process that reads files cannot be started: {complaints[-500:]}")

    def _exchange(self, request: bytes) -> Reply | None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            write_frame(self._process.stdin, request)  # type: ignore[arg-type]
        except OSError:
            return None
        return self._reply()

    def _reply(self) -> Reply | None:
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            frame = read_frame(self._process.stdout)  # type: ignore[arg-type]
            return None if frame is None else self._decode(frame)
        except (OSError, msgspec.MsgspecError):
            return None

    def _bury(self) -> tuple[int, str]:
        """How the process ended and the last thing it said."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return 0, ""
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what it did not take any more
                pipe.close()  # type: ignore[union-attr]
        return process.returncode, _last_words(self._complaints)

    def _why(self, status: int, complaints: str) -> Exception:
        if self._expired or status == -signal.SIGXCPU:
            return Unreadable(f"This file took longer than {self._limits.wall_s:g} s to read.")
        if any(words in complaints for words in _SAID_BY_ALLOCATORS):
            return Unreadable(self._too_hungry())
        if -status in _ITS_OWN_FAULT:
            return Unreadable("This file is damaged: its reader crashed.")
        return _Ended()

    def _too_hungry(self) -> str:
        return f"This file needs more than {self._limits.memory_mib} MiB to read."


def _last_words(complaints: int) -> str:
    try:
        said = os.read(complaints, 64 << 10)
    except OSError:
        said = b""
    os.close(complaints)
    return said.decode("utf-8", "replace")


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in _ENVIRONMENT}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def _told(filename: str) -> str:
    """A name that can be sent on: what is not text in it is replaced."""
    return filename.encode("utf-8", "replace").decode("utf-8")
