"""The data directory: owned by one process at a time, readable by its owner only, with a reserve of space."""

import errno
import fcntl
import os
from pathlib import Path

from rivulet.domain.errors import RivuletError

RESERVE_BYTES = 16 << 20
"""What running turns may still write when the disk is full: the terminal event, the stored answer and the
pages of the write-ahead log they dirty are about 16 KiB a turn, so this ends a thousand of them."""

_PIECE = 1 << 20
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class DataDirectoryInUse(RivuletError):
    """Another process works with this data directory."""

    code = "data_directory_in_use"
    status = 409


class DataDirectory:
    """Holds the lock from `__init__` to `close`. A directory made here is 0700; one that was there keeps
    its mode, because it may be anything, but every file of ours in it is 0600."""

    def __init__(self, path: Path, reserve_bytes: int = RESERVE_BYTES) -> None:
        self.path = path.absolute()
        self.database = self.path / "rivulet.db"
        self._reserve = self.path / "reserve"
        self._reserve_bytes = reserve_bytes
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _private(self.path / "lock")
        try:
            self._own()
            for suffix in ("", "-wal", "-shm"):
                file = self.database.with_name(self.database.name + suffix)
                if suffix == "" or file.exists():
                    os.close(_private(file))
        except BaseException:
            os.close(self._lock)
            raise
        # A forked child must not keep the lock of a parent that was killed.
        os.register_at_fork(after_in_child=self.close)

    def _own(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(self._lock, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise DataDirectoryInUse(
                f"The data directory {self.path} is in use by another Rivulet (process {owner}): "
                "stop that one, or choose another directory with --data."
            ) from None
        self._sign()

    def _sign(self) -> None:
        """Says whose the lock is. On a full disk it holds without a name too, but not with a wrong one."""
        try:
            # In place and always as long: what is overwritten needs no room.
            os.pwrite(self._lock, b"%-19d\n" % os.getpid(), 0)
        except OSError as problem:
            if problem.errno not in NO_ROOM:
                raise
            os.ftruncate(self._lock, 0)

    def reserve(self) -> bool:
        """Makes the reserve file whole; False when there is no room for it."""
        try:
            file = _private(self._reserve)
            try:
                # Written, not only sized: a hole reserves nothing, and not every system can allocate.
                for offset in range(os.fstat(file).st_size, self._reserve_bytes, _PIECE):
                    os.pwrite(file, bytes(min(_PIECE, self._reserve_bytes - offset)), offset)
            finally:
                os.close(file)
        except OSError as problem:
            if problem.errno not in NO_ROOM:
                raise
            self.release()
            return False
        return True

    def release(self) -> None:
        """Gives the reserve's space back to the file system."""
        self._reserve.unlink(missing_ok=True)

    def close(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _private(path: Path) -> int:
    """An open file that only its owner may read."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    os.fchmod(file, 0o600)
    return file
