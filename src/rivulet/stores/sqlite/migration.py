"""The schema and its history: numbered `.sql` files, applied in order, each once, all or none."""

from importlib import resources

import apsw

from rivulet.domain.errors import RivuletError

_MARK = 0x52495655  # "RIVU", SQLite's own place (application_id) for saying whose file this is


class ForeignDatabase(RivuletError):
    """This file is not a database of Rivulet."""

    code = "foreign_database"


class DatabaseTooNew(RivuletError):
    """This data directory was written by a newer Rivulet."""

    code = "database_too_new"


def migrate(connection: apsw.Connection, now_ms: int) -> None:
    """Brings the schema up to date in one transaction. Raises `DatabaseTooNew`, `ForeignDatabase`."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        _apply(connection, now_ms)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _apply(connection: apsw.Connection, now_ms: int) -> None:
    known = dict(_files())
    present = _version(connection)
    newest = max(known)
    if present > newest:
        raise DatabaseTooNew(
            f"{connection.db_filename('main')} was written by a newer Rivulet (schema {present}, this one "
            f"knows {newest}): start that version again, or restore a backup made before the upgrade."
        )
    for version in range(present + 1, newest + 1):
        connection.execute(known[version]).fetchall()  # a script goes on only while its rows are taken
        connection.execute("INSERT INTO schema_version VALUES (?, ?)", (version, now_ms))


def _version(connection: apsw.Connection) -> int:
    if connection.pragma("application_id") == _MARK:
        return int(connection.execute("SELECT max(version) FROM schema_version").get)
    if connection.execute("SELECT count(*) FROM sqlite_schema").get:
        raise ForeignDatabase(
            f"{connection.db_filename('main')} is a database, but not one of Rivulet: "
            "choose another data directory with --data."
        )
    connection.execute(f"PRAGMA application_id = {_MARK}")
    connection.execute(
        "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)"
    )
    return 0


def _files() -> list[tuple[int, str]]:
    """The migrations `0001_….sql`, `0002_….sql`… by number, which leave no gap."""
    folder = resources.files(__package__ or "") / "migrations"
    found = sorted(
        (int(file.name[:4]), file.read_text(encoding="utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    )
    if [version for version, _ in found] != list(range(1, len(found) + 1)):
        raise ValueError("the migrations are not numbered 1, 2, 3…")
    return found
