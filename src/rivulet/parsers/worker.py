"""The child process that reads files: one request in, one reply out, until its input ends.

It runs strangers' files through C and C++ libraries, so it has little to lose: bounded memory and CPU, no
keys in its environment, no files of its parent, and it dies with it.
"""

import ctypes
import importlib
import os
import resource
import signal
import stat
import struct
import sys
import traceback
from collections.abc import Iterable
from typing import IO

import msgspec

from rivulet.domain.errors import Unreadable
from rivulet.parsers.limits import Limits
from rivulet.parsers.registry import Registry
from rivulet.ports.knowledge import Parsed, Parser

INSTALLED = "rivulet.parsers.registry:installed"

_HEADER = struct.Struct("<I")
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a child is told at its start; `parsers` names a function that lists them."""

    limits: Limits
    parsers: str
    parent: int


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A file by its path, or its bytes."""

    filename: str
    path: bytes | None = None
    data: bytes = b""


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The first frame: the child could be started, and this is the most memory it had until then (or, as the
    kernel counts it, its parent)."""

    peak_mib: float


class Read(msgspec.Struct, frozen=True, tag=True):
    parsed: Parsed


class Refused(msgspec.Struct, frozen=True, tag=True):
    reason: str


class Exhausted(msgspec.Struct, frozen=True, tag=True):
    """Reading it needs more memory than allowed; the child ends after saying so."""


Reply = Ready | Read | Refused | Exhausted


def write_frame(stream: IO[bytes], body: bytes) -> None:
    stream.write(_HEADER.pack(len(body)))
    stream.write(body)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """None when the other end is gone."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    (size,) = _HEADER.unpack(header)
    body = stream.read(size)
    return body if len(body) == size else None


def main() -> None:
    order = msgspec.json.decode(sys.argv[1], type=Order)
    requests, replies = _private_pipes()
    _die_with(order.parent)
    try:
        registry = Registry(_load(order.parsers))
    except Exception:
        _complain(traceback.format_exc())
        raise
    _confine(order.limits)
    encode = msgspec.msgpack.Encoder().encode
    write_frame(replies, encode(Ready(peak_mib())))
    decode = msgspec.msgpack.Decoder(Request).decode
    while (body := read_frame(requests)) is not None:
        _allow_cpu(order.limits)
        try:
            frame = encode(_answer(registry, decode(body), order.limits))
        except MemoryError:
            frame = encode(Exhausted())
        write_frame(replies, frame)
        if frame == encode(Exhausted()):
            return


def _answer(registry: Registry, request: Request, limits: Limits) -> Reply:
    try:
        data = request.data if request.path is None else _contents(request.path, limits)
        return Read(registry.read(data, request.filename))
    except Unreadable as refusal:
        return Refused(refusal.message)
    except RecursionError:
        return Refused("This file is damaged: its contents are nested too deeply.")
    except MemoryError:
        return Exhausted()
    except Exception as problem:  # the outer edge: a parser's bug must not be taken for the server's
        if "Cannot allocate memory" in str(problem):  # as loading a library says it
            return Exhausted()
        _complain(traceback.format_exc())
        return Refused("This file is damaged: its reader did not expect such contents.")


def _contents(path: bytes, limits: Limits) -> bytes:
    try:
        # Not blocking: a pipe that nobody writes to must not hold the reader.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise Unreadable("This is not a file.")
            if info.st_size > limits.file_bytes:
                raise Unreadable(too_large(limits))
            return file.read(limits.file_bytes)
    except FileNotFoundError:
        raise Unreadable("This file is no longer there.") from None
    except PermissionError:
        raise Unreadable("This file cannot be opened: permission denied.") from None
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else None
        raise Unreadable(f"This file cannot be opened: {reason or 'its name is not valid'}.") from None


def peak_mib(used: resource.struct_rusage | None = None) -> float:
    """The most memory this process, or the one that `used` is about, ever had."""
    used = used or resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_maxrss / (1 << 10 if sys.platform == "linux" else 1 << 20)


def too_large(limits: Limits) -> str:
    return f"This file is larger than {limits.file_bytes >> 20} MiB and is not read."


def _load(name: str) -> Iterable[Parser]:
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)()


def _private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Descriptors of our own, so that a library that prints cannot break a frame. What it prints is dropped;
    only what C code writes to descriptor 2 reaches the parent, as far as the pipe takes it."""
    requests = open(os.dup(0), "rb")  # noqa: SIM115 - open as long as the process
    replies = open(os.dup(1), "wb")  # noqa: SIM115
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    sys.stderr = os.fdopen(nothing, "w")
    return requests, replies


def _complain(words: str) -> None:
    """To the parent, if it still listens; never worth an error of its own."""
    try:
        os.write(2, words.encode("utf-8", "replace")[-4000:])
    except OSError:
        pass


def _die_with(parent: int) -> None:
    """Ctrl-C is the parent's business; its death, however it came, is ours too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def _confine(limits: Limits) -> None:
    if sys.platform == "linux":  # elsewhere address space is counted differently or not at all
        with open("/proc/self/statm", "rb") as statm:
            mapped = int(statm.read().split()[0]) * resource.getpagesize()
        _lower(resource.RLIMIT_AS, mapped + (limits.memory_mib << 20))
        try:
            with open("/proc/self/oom_score_adj", "wb") as score:  # if memory runs out, not the server
                score.write(b"1000")
        except OSError:
            pass
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, 64)
    _lower(resource.RLIMIT_FSIZE, 4 << 20)  # nothing but a module's .pyc is ever written
    os.nice(5)  # a running answer goes first


def _lower(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _allow_cpu(limits: Limits) -> None:
    """CPU is counted over the process's life; every file gets its own allowance."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime + limits.wall_s) + 1
    resource.setrlimit(
        resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard)
    )
