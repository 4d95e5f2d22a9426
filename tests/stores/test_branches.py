"""Databases from before there were branches: what was one line becomes a tree."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import apsw
import pytest

from rivulet.domain.errors import NotFound
from rivulet.domain.events import TurnStarted, encode
from rivulet.stores.sqlite import migration
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.store import SqliteStore
from rivulet.testing.asker import Asker, refused
from rivulet.testing.clock import ManualClock

from .conftest import RESERVE, SqliteWorld

pytestmark = pytest.mark.anyio


OLD_ROWS = """
INSERT OR IGNORE INTO chats (tenant_id, id, title, created_at, updated_at)
VALUES (:tenant, :chat, 'Old', 1, 1);
INSERT INTO turns (
    epoch, status, tenant_id, id, chat_id, owner, last_seq, first_place, created_at,
    message_id, user_message_id, model, retry_of, question, request
) VALUES (
    1, 'completed', :tenant, :turn, :chat, 'o', 1, :key, 1, :answer, :question, 'm', :retry, 'Why?', '{}'
);
INSERT INTO events (place, tenant_id, turn_key, seq, payload) VALUES (:key, :tenant, :key, 1, :event);
INSERT INTO event_places (turn_key, seq, place) VALUES (:key, 1, :key);
"""
"""A turn and its log as the second schema has them."""


def started(chat: str, turn: str) -> TurnStarted:
    return TurnStarted(
        seq=1, at=1, turn_id=turn, chat_id=chat, message_id="a", user_message_id="q", model="m"
    )


@pytest.fixture
async def old_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Any, None]:
    """Writes turns into a database of the second schema and opens it with the present one."""
    opened: list[Database] = []

    async def made(*turns: tuple[str, str, str, str | None]) -> SqliteStore:
        real = migration._files()
        monkeypatch.setattr(migration, "_files", lambda: real[:2])
        tmp_path.joinpath("data").mkdir()
        old = apsw.Connection(str(tmp_path / "data" / "rivulet.db"))
        migration.migrate(old, 0)
        monkeypatch.setattr(migration, "_files", lambda: real)
        for key, (tenant, chat, turn, retry_of) in enumerate(turns, 1):
            names = {"tenant": tenant, "chat": chat, "turn": turn, "retry": retry_of, "key": key}
            names |= {"answer": f"answer_{turn}", "question": f"question_{retry_of or turn}"}
            old.execute(OLD_ROWS, names | {"event": encode(started(chat, turn))}).fetchall()
        old.close()
        opened.append(Database.open(tmp_path / "data", ManualClock(), RESERVE))
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


async def test_old_logs_are_read_as_before(old_world: Any) -> None:
    """Each by its own tenant, when their index has got a column for it."""
    store = await old_world(
        ("default", "c1", "t1", None), ("other", "c1", "t1", None), ("other", "c2", "t2", None)
    )
    assert await store.log.read("other", "t2", 0, 9) == [started("c2", "t2")]
    assert await store.log.read("default", "t1", 0, 9) == [started("c1", "t1")]
    await refused(NotFound, store.log.read("default", "t2", 0, 9))


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
