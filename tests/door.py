"""One process at a time: tests that run side by side install and build in the same folders."""

import fcntl
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Waits until no other process is in there."""
    name = hashlib.sha256(bytes(folder)).hexdigest()[:16]
    with (Path(tempfile.gettempdir()) / f"rivulet-{name}").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield
