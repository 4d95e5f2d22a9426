"""What SQLite's errors mean: which are the disk's, which of those it recovers from, and how they are told."""

import apsw

from rivulet.domain.errors import RivuletError, StorageFailed, StorageFull
from rivulet.stores.sqlite.directory import NO_ROOM

DISK_ERRORS = (
    apsw.FullError,
    apsw.IOError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.CantOpenError,
    apsw.ReadOnlyError,
    apsw.PermissionsError,
    apsw.BusyError,
    apsw.NoMemError,
)
"""Errors that say nothing about the statement they came with."""

_LASTING = frozenset(
    {
        apsw.SQLITE_IOERR_FSYNC,
        apsw.SQLITE_IOERR_DIR_FSYNC,
        apsw.SQLITE_CORRUPT,
        apsw.SQLITE_NOTADB,
    }
)


def told(problem: Exception, connection: apsw.Connection) -> RivuletError:
    """The error for those who wait. `connection` is where it happened, in its own thread."""
    if isinstance(problem, RivuletError):
        return problem
    if is_full(problem, connection):
        return StorageFull()
    return StorageFailed(f"The data in {connection.filename} cannot be read or written: {problem}")


def is_full(problem: Exception, connection: apsw.Connection) -> bool:
    """Whether there is no room: SQLite says so itself only when a plain write found none."""
    return isinstance(problem, apsw.FullError) or (
        isinstance(problem, apsw.IOError) and connection.system_errno in NO_ROOM
    )


def is_lasting(problem: Exception, connection: apsw.Connection) -> bool:
    """Whether nothing may be written any more. After a failed fsync the kernel forgets what it could not
    write, and the next fsync, which succeeds, would be a lie; only a restart, which reads what is there,
    can be trusted."""
    code = getattr(problem, "extendedresult", apsw.SQLITE_OK)
    return code in _LASTING and not is_full(problem, connection)
