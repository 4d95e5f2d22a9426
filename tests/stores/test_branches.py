"""Databases from before there were branches: what was one line becomes a tree."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from rivulet.stores.sqlite import migration
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.store import SqliteStore
from rivulet.testing.asker import Asker
from rivulet.testing.clock import ManualClock

from .conftest import RESERVE, SqliteWorld

pytestmark = pytest.mark.anyio


@pytest.fixture
async def old_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Any, None]:
    """Writes turns into a database of the second schema and opens it with the present one."""
    opened: list[Database] = []

    async def made(*turns: tuple[str, str, str, str | None]) -> SqliteStore:
        real = migration._files()
        monkeypatch.setattr(migration, "_files", lambda: real[:2])
        old = Database.open(tmp_path, ManualClock(), RESERVE)
        monkeypatch.setattr(migration, "_files", lambda: real)

        def write(db: Any) -> None:
            for tenant, chat, turn, retry_of in turns:
                db.execute(
                    "INSERT OR IGNORE INTO chats (tenant_id, id, title, created_at, updated_at)"
                    " VALUES (?, ?, 'Old', 1, 1)",
                    (tenant, chat),
                )
                db.execute(
                    "INSERT INTO turns (epoch, status, tenant_id, id, chat_id, owner, last_seq, first_place,"
                    " created_at, message_id, user_message_id, model, retry_of, question, request)"
                    " VALUES (1, 'completed', ?, ?, ?, 'o', 1, 1, 1, ?, ?, 'm', ?, 'Why?', '{}')",
                    (tenant, turn, chat, f"answer_{turn}", f"question_{retry_of or turn}", retry_of),
                )

        await old.write(write, durable=True)
        await old.close()
        opened.append(Database.open(tmp_path, ManualClock(), RESERVE))
        return SqliteStore(opened[-1], ManualClock())

    yield made
    for db in opened:
        await db.close()


async def test_a_line_becomes_a_chain_and_retries_become_siblings(old_world: Any) -> None:
    """A question continues the newest turn before it; a retry, also of a retry, stands beside its turn; the
    path leads to what was asked last; chats and tenants do not mix."""
    store = await old_world(
        ("default", "c1", "t1", None),
        ("default", "c2", "u1", None),
        ("other", "c1", "t1", None),
        ("default", "c1", "t2", None),
        ("default", "c1", "t3", "t2"),
        ("default", "c1", "t4", "t3"),
        ("default", "c1", "t5", None),
        ("other", "c1", "t2", "t1"),
    )
    tree = await store.branches.tree("default", "c1")
    assert {node.turn_id: node.parent_id for node in tree.nodes} == {
        "t1": None,
        "t2": "t1",
        "t3": "t1",
        "t4": "t1",
        "t5": "t4",
    }
    assert [node.turn_id for node in tree.chosen()] == ["t1", "t4", "t5"]
    theirs = await store.branches.tree("other", "c1")
    assert {node.turn_id: node.parent_id for node in theirs.nodes} == {"t1": None, "t2": None}
    assert [node.turn_id for node in (await store.branches.tree("default", "c2")).chosen()] == ["u1"]


async def test_an_old_chat_without_turns_takes_its_first(old_world: Any) -> None:
    """Nothing was chosen in it, so what is asked begins it."""
    store = await old_world()
    world = type("World", (), {"stores": store, "clock": ManualClock()})()
    await Asker(world).answer("t1", "c1")
    assert [node.turn_id for node in (await store.branches.tree("default", "c1")).chosen()] == ["t1"]


async def test_a_crash_keeps_what_was_chosen_said_and_shared(sqlite_world: SqliteWorld) -> None:
    """Whatever a call has returned from is there in a copy of the files as they are."""
    ask = Asker(sqlite_world)
    await ask.answer("t1", "c1")
    for turn in range(2, 8):
        await ask.finish(await ask.open(f"t{turn}", "c1", new=False, edit_of="t1"))
        chosen = f"t{turn // 2}"
        assert await sqlite_world.stores.branches.choose("default", "c1", chosen)
        await sqlite_world.restart()
        tree = await sqlite_world.stores.branches.tree("default", "c1")
        assert (tree.leaf, len(tree.nodes)) == (chosen, turn)
