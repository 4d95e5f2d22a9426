"""Parsers that behave as badly as a library may; only ever loaded in a child process."""

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

from rivulet.ports.knowledge import Parsed


class _Rogue:
    media_type = "text/plain"

    def __init__(self, suffix: str) -> None:
        self.suffixes = (suffix,)

    def parse(self, data: bytes, filename: str) -> Parsed:
        return Parsed(text=str(getattr(self, self.suffixes[0][1:])(data)))

    def ok(self, data: bytes) -> object:
        return f"{os.getpid()} {data.decode()}"

    def hang(self, data: bytes) -> object:
        """Says where it is, then never comes back, deaf to polite signals."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        Path(data.decode()).write_text(str(os.getpid()))
        while True:
            pass

    def crash(self, data: bytes) -> object:
        return ctypes.string_at(0)

    def abort(self, data: bytes) -> object:
        os.abort()

    def hungry(self, data: bytes) -> object:
        return len(b"x" * (4 << 30))

    def killed(self, data: bytes) -> object:
        """As by the kernel when memory runs out: only the first time, if there is a file to remember by."""
        memory = Path(data.decode())
        if memory.name == "never" or not memory.exists():
            if memory.name != "never":
                memory.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return "second time"

    def exits(self, data: bytes) -> object:
        os._exit(3)

    def buggy(self, data: bytes) -> object:
        return {}["nothing"]

    def deep(self, data: bytes) -> object:
        return self.deep(data)

    def noisy(self, data: bytes) -> object:
        """More than any pipe holds, on every channel a library might print to."""
        for _ in range(40):
            for stream in (sys.stdout, sys.stderr):
                stream.write("noise " * 1000)
                stream.flush()
            os.write(1, b"noise " * 1000)
        return f"{data.decode()} {sys.stdin.read()}"

    def surroundings(self, data: bytes) -> object:
        limits = (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE)
        return {
            "environment": dict(os.environ),
            "files": [os.readlink(each) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()],
            "limits": [resource.getrlimit(each)[0] for each in limits],
            "modules": sorted(sys.modules),
            "path": sys.path,
        }


def parsers() -> list[_Rogue]:
    names = "ok hang crash abort hungry killed exits buggy deep noisy surroundings"
    return [_Rogue(f".{name}") for name in names.split()]


def broken() -> list[_Rogue]:
    raise RuntimeError("this plug-in is broken")
