"""The SQL files: every statement has a name, a purpose, a user and a plan that does not read everything."""

import re
from importlib import resources
from pathlib import Path

import apsw
import pytest

import rivulet.stores.sqlite as home
from rivulet.stores.sqlite import statements as loader
from rivulet.stores.sqlite.statements import statements

from .conftest import SqliteWorld

FOLDER = Path(str(resources.files(home)))
FILES = sorted(path.name for path in FOLDER.glob("*.sql"))


def load(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "some.sql").write_text(text)
    monkeypatch.setattr(loader.resources, "files", lambda _: tmp_path)
    return dict(statements("some.sql"))


def test_a_statement_goes_from_its_name_to_the_next(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Comments between belong to the statement; what stands before the first name belongs to nobody."""
    text = "-- About this file.\n\n-- one: first\nSELECT 1;\n-- why\n\n-- two_b: second\nSELECT 2\nFROM t;\n"
    assert load(text, monkeypatch, tmp_path) == {"one": "SELECT 1;\n-- why", "two_b": "SELECT 2\nFROM t"}


def test_a_name_is_given_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Otherwise one of the two would never be run."""
    with pytest.raises(ValueError, match="'one' twice"):
        load("-- one: a\nSELECT 1;\n-- one: b\nSELECT 2;\n", monkeypatch, tmp_path)


@pytest.mark.parametrize("file", FILES)
def test_every_statement_is_used(file: str) -> None:
    """What nobody runs is not kept."""
    code = "".join(path.read_text() for path in FOLDER.glob("*.py"))
    assert [name for name in statements(file) if f'"{name}"' not in code] == []


@pytest.mark.anyio
@pytest.mark.parametrize("file", ["turns.sql", "branches.sql", "deletion.sql", "preferences.sql"])
async def test_no_turn_statement_reads_a_whole_table(sqlite_world: SqliteWorld, file: str) -> None:
    """Every one finds its rows by a key or an index."""

    def look(db: apsw.Connection) -> list[str]:
        found: list[str] = []
        for name, sql in statements(file).items():
            plan = db.execute("EXPLAIN QUERY PLAN " + sql, _Anything()).fetchall()
            found += [f"{name}: {detail}" for *_, detail in plan if _SCANS.match(detail)]
        return found

    assert await sqlite_world.db.read(look) == []


@pytest.mark.anyio
async def test_every_row_of_a_turn_names_its_tenant(sqlite_world: SqliteWorld) -> None:
    """All tables of turns have it."""
    scripts = [path for path in (FOLDER / "migrations").glob("*.sql") if "knowledge" not in path.name]
    script = "".join(path.read_text() for path in scripts)
    tables = set(re.findall(r"CREATE TABLE (\w+)", script)) - {"health", "places_of_events"}
    assert tables >= {"chats", "turns", "events", "event_places", "messages", "branches", "shares"}
    has = "SELECT \"notnull\" FROM pragma_table_info(?) WHERE name = 'tenant_id'"

    def look(db: apsw.Connection) -> set[str]:
        return {name for name in tables if not db.execute(has, (name,)).get}

    assert await sqlite_world.db.read(look) == set()


_SCANS = re.compile(
    r"SCAN (?!wanted|batch|deletions$|\(subquery|CONSTANT|turns USING (COVERING )?INDEX turns_running)"
)


class _Anything(dict[str, object]):
    """A value for every name."""

    def __missing__(self, name: str) -> object:
        return apsw.carray((b"x",)) if name in {"places", "rows"} else "x"
