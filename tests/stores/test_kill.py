"""`kill -9` at any moment: nothing told is lost, nothing is doubled, everything begun gets its end."""

import random
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rivulet.domain import events as e
from rivulet.domain.turn import check
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.store import SqliteStore
from rivulet.testing.asker import LEASE_MS, Asker
from rivulet.testing.clock import ManualClock

from .conftest import RESERVE

pytestmark = pytest.mark.anyio
ROUNDS = 20
APPENDER = Path(__file__).with_name("appender.py")


@dataclass
class Heard:
    """What the killed processes had been told, as far as they could say it."""

    opened: set[str] = field(default_factory=set)
    told: dict[str, dict[int, e.AnyEvent]] = field(default_factory=lambda: defaultdict(dict))
    ended: dict[str, e.AnyEvent] = field(default_factory=dict)

    def hear(self, line: str) -> None:
        kind, _, rest = line.partition(" ")
        turn, _, event = rest.partition(" ")
        if kind == "opened":
            self.opened.add(turn)
        elif kind == "told":
            known = e.decode(event)
            assert known.seq not in self.told[turn], "told twice"
            self.told[turn][known.seq] = known
        elif kind == "ended":
            assert turn not in self.ended, "ended twice"
            self.ended[turn] = e.decode(event)


def run_and_kill(data_dir: Path, turns: int, more: int, heard: Heard) -> None:
    """When it has opened so many turns and said some more lines. The one a process was writing when it died
    does not count: it has no end."""
    process = subprocess.Popen([sys.executable, str(APPENDER), str(data_dir)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    lines: list[bytes] = []
    is_time = threading.Event()

    def listen(turns: int, more: int) -> None:
        assert process.stdout is not None
        is_ready = False
        for line in process.stdout:
            lines.append(line)
            is_ready = is_ready or line == b"ready\n"
            turns -= is_ready and line.startswith(b"opened ")
            more -= is_ready and turns <= 0
            if more <= 0:
                is_time.set()

    listener = threading.Thread(target=listen, args=(turns, more))
    listener.start()
    assert is_time.wait(60), "the process did not come so far"
    process.send_signal(signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    listener.join(30)
    process.stdout.close()
    for line in lines:
        if line.endswith(b"\n"):
            heard.hear(line.decode().rstrip("\n"))


async def test_twenty_kills(tmp_path: Path) -> None:
    """Processes that answer eight turns at a time are killed at random moments, one after the other, on one
    data directory; the last one's turns are ended here."""
    heard, chance = Heard(), random.Random(5)
    for _ in range(ROUNDS):
        run_and_kill(tmp_path / "data", chance.randrange(25), chance.randrange(1, 60), heard)
    assert len(heard.opened) > 8 * ROUNDS
    db = Database.open(tmp_path / "data", ManualClock(), RESERVE)
    store = SqliteStore(db, ManualClock())
    left = await store.turns.unfinished()
    assert len(left) <= 8
    for record in left:
        claim = await store.log.claim("default", record.id, "last", LEASE_MS)
        assert claim is not None
        asker = Asker(_Last(store), "last")
        await asker.finish(claim, "failed")
    for turn in heard.opened | set(heard.told):
        log = await store.log.read("default", turn, 0, 1_000_000)
        check(log)
        for seq, event in heard.told[turn].items():
            assert log[seq - 1] == event
        if turn in heard.ended:
            assert log[-1] == heard.ended[turn]
    assert await db.read(lambda c: c.execute("PRAGMA integrity_check").get) == "ok"
    await db.close()


@dataclass
class _Last:
    stores: SqliteStore
    clock: ManualClock = field(default_factory=ManualClock)

    async def restart(self) -> None:
        raise NotImplementedError
