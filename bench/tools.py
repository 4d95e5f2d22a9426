"""The two C programs beside the servers, compiled at first use: a model with a set pace and a load client."""

import shutil
import subprocess
from pathlib import Path

_HERE = Path(__file__).parent


class NoCompiler(Exception):
    """The load tools are C and there is no `cc` here (Debian: `apt-get install gcc libc6-dev`)."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def built(name: str) -> Path:
    """`bench/bin/NAME`, compiled again when `bench/c/NAME.c` is newer."""
    source, binary = _HERE / "c" / f"{name}.c", _HERE / "bin" / name
    if binary.exists() and binary.stat().st_mtime >= source.stat().st_mtime:
        return binary
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoCompiler
    binary.parent.mkdir(exist_ok=True)
    subprocess.run([compiler, "-O2", "-o", binary, source, "-lpthread", "-lm"], check=True)
    return binary
