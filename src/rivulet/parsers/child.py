"""One child process that reads files, seen from the server: asked, timed out, ended, its end explained."""

import contextlib
import os
import signal
import subprocess
import sys
import threading

import msgspec

from rivulet.domain.errors import Internal, Unreadable
from rivulet.parsers.limits import Limits
from rivulet.parsers.worker import (
    Exhausted,
    Order,
    Read,
    Ready,
    Refused,
    Reply,
    Request,
    peak_mib,
    read_frame,
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
_MAIN = "from rivulet.parsers.worker import main; main()"
_MUCH = 0.4
"""Of the memory allowed; a buffer that cannot be doubled fails at half."""
_SAID_BY_ALLOCATORS = ("memory allocation of", "out of memory", "MemoryError", "bad_alloc")


class Ended(Exception):
    """The child is gone and the file is not to blame."""


class Child:
    """One process, used by one thread at a time; `kill` and `expire` may come from another."""

    def __init__(self, limits: Limits, parsers: str) -> None:
        self._limits = limits
        self._parsers = parsers
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints = -1
        self._expired = False
        self._killed = False
        self._files = 0
        self._resting_mib = 0.0
        self._lock = threading.Lock()
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder[Reply](Reply).decode

    @property
    def is_started(self) -> bool:
        return self._process is not None

    @property
    def is_fit(self) -> bool:
        return self._process is not None and not self._killed and self._files < _FILES_PER_CHILD

    def read(self, request: Request) -> Parsed:
        """Raises `Unreadable`, or `Ended` when somebody else ended the process."""
        self._files += 1
        reply = self._exchange(self._encode(request))
        if isinstance(reply, Read):
            return reply.parsed
        if isinstance(reply, Refused):
            raise Unreadable(reply.reason)
        end = self._bury()
        if isinstance(reply, Exhausted):
            raise Unreadable(self._too_hungry())
        raise self._why(end)

    def expire(self) -> None:
        """The time for one file is over."""
        self._expired = True
        self.kill()

    def kill(self) -> None:
        with self._lock:
            self._killed = True
            if self._process is not None:
                _kill(self._process)

    def close(self) -> None:
        self.kill()
        self._bury()

    def start(self) -> None:
        """Raises `Internal` when it cannot be started."""
        order = Order(limits=self._limits, parsers=self._parsers, parent=os.getpid())
        self._complaints, complaints_end = os.pipe()
        os.set_blocking(self._complaints, False)
        os.set_blocking(complaints_end, False)  # read only at the end: a talkative child must not wait
        try:
            with self._lock:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    [sys.executable, "-P", "-c", _MAIN, msgspec.json.encode(order).decode()],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=complaints_end,
                    env=_environment(),
                    start_new_session=True,
                )
                if self._killed:
                    _kill(self._process)
        finally:
            os.close(complaints_end)
        first = self._reply()
        if isinstance(first, Ready):
            self._resting_mib = first.peak_mib
        else:
            end = self._bury()
            if self._killed:
                raise Ended
            raise Internal(f"The process that reads files cannot be started: {end.last_words[-500:]}")

    def _exchange(self, request: bytes) -> Reply | None:
        process = self._process
        try:
            if process is None or process.stdin is None:
                return None
            write_frame(process.stdin, request)
        except (OSError, ValueError):  # gone, or closed by another thread
            return None
        return self._reply()

    def _reply(self) -> Reply | None:
        process = self._process
        try:
            if process is None or process.stdout is None:
                return None
            frame = read_frame(process.stdout)
            return None if frame is None else self._decode(frame)
        except (OSError, ValueError, msgspec.MsgspecError):
            return None

    def _bury(self) -> "_End":
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return _End()
        _kill(process)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what it did not take any more
                pipe.close()  # type: ignore[union-attr]
        return _End(process.returncode, peak_mib(used), _last_words(self._complaints))

    def _why(self, end: "_End") -> Exception:
        """Some libraries crash without a word when memory is refused: then how much they had tells it."""
        if self._expired or end.status == -signal.SIGXCPU:
            return Unreadable(f"This file took longer than {self._limits.wall_s:g} s to read.")
        if any(words in end.last_words for words in _SAID_BY_ALLOCATORS):
            return Unreadable(self._too_hungry())
        if -end.status in _ITS_OWN_FAULT:
            if end.peak_mib - self._resting_mib > _MUCH * self._limits.memory_mib:
                return Unreadable(self._too_hungry())
            return Unreadable("This file is damaged: its reader crashed.")
        return Ended()

    def _too_hungry(self) -> str:
        return f"This file needs more than {self._limits.memory_mib} MiB to read."


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Not `Popen.kill`, which first collects a process that has ended by itself, and with it what it used."""
    os.kill(process.pid, signal.SIGKILL)


class _End(msgspec.Struct, frozen=True):
    """How a process ended, the most memory it had, and the last thing it said."""

    status: int = 0
    peak_mib: float = 0.0
    last_words: str = ""


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
