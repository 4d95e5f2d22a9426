"""A reader of one turn over HTTP that comes back with its cursor until it has the terminal event.

It knows the server only by PROTOCOL.md §4, and keeps what it saw so that it can be compared with the log.
"""

import asyncio
from collections.abc import Callable

import aiohttp

TERMINAL = "turn.finished"

LONGEST_STALL_S = 10.0
"""How patient a follower becomes with a server that is too busy to answer at once."""


class EventReader:
    """Bytes in, whole events out: an event counts only once its blank line has arrived (PROTOCOL.md §4.2)."""

    def __init__(self) -> None:
        self._rest = b""
        self._fields: dict[str, bytes] = {}

    def feed(self, data: bytes) -> list[tuple[str, str, bytes]]:
        """(id, type, data) of every event these bytes complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        found: list[tuple[str, str, bytes]] = []
        for line in lines:
            if line.startswith(b":"):
                continue
            if line:
                name, _, value = line.partition(b": ")
                self._fields[name.decode("ascii")] = value
            elif self._fields:
                fields, self._fields = self._fields, {}
                found.append((fields["id"].decode(), fields["event"].decode(), fields["data"]))
        return found


class Follower:
    """`where()` gives the server's address at each attempt; `events[n]` is the data of event n + 1 as it
    came. What broke a promise of the protocol is in `violations`."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        where: Callable[[], str],
        turn_id: str,
        *,
        stall_s: float = 5.0,
        pause_s: float = 0.005,
    ) -> None:
        self.turn_id = turn_id
        self.events: list[bytes] = []
        self.violations: list[str] = []
        self.attempts = 0
        self.answers = 0
        self.is_done = False
        self._session = session
        self._where = where
        self._cursor = ""
        self._stall_s = stall_s
        self._patience_s = stall_s
        self._pause_s = pause_s

    @property
    def returns(self) -> int:
        """Times it came back and was answered."""
        return max(0, self.answers - 1)

    async def follow(self) -> None:
        """Returns after the terminal event, or when the server denies what it promised."""
        while not self.is_done and not self.violations:
            await self.attempt()
            if not self.is_done:
                await asyncio.sleep(self._pause_s)

    async def attempt(self) -> None:
        """One connection, until it ends in whatever way. Silence ends it too; each attempt that brought
        nothing makes the next one more patient, or a busy server would be asked to death."""
        headers = {"accept": "text/event-stream"}
        if self._cursor:
            headers["last-event-id"] = self._cursor
        url = f"{self._where()}/v1/turns/{self.turn_id}/events"
        self.attempts += 1
        had = len(self.events)
        limits = aiohttp.ClientTimeout(sock_connect=self._patience_s, sock_read=self._patience_s)
        try:
            async with self._session.get(url, headers=headers, timeout=limits) as answer:
                await self.read(answer)
        except (aiohttp.ClientError, TimeoutError, OSError):
            pass
        is_better = len(self.events) > had
        self._patience_s = self._stall_s if is_better else min(LONGEST_STALL_S, self._patience_s * 1.5)

    async def read(self, answer: aiohttp.ClientResponse) -> None:
        """The events of one answer, which may be that of the `POST` that started the turn."""
        self.answers += 1
        if answer.status in (502, 503):
            return
        if answer.status != 200:
            self._blame(f"status {answer.status} for cursor {self._cursor!r}: {(await answer.text())[:200]}")
            return
        reader = EventReader()
        async for data in answer.content.iter_any():
            for cursor, kind, event in reader.feed(data):
                self._take(cursor, kind, event)

    def _take(self, cursor: str, kind: str, event: bytes) -> None:
        if self.is_done:
            self._blame(f"{kind} {cursor} after the terminal event")
        elif cursor != str(len(self.events) + 1):
            self._blame(f"{kind} {cursor} came after event {len(self.events)}")
        else:
            self.events.append(event)
            self._cursor = cursor
            self.is_done = kind == TERMINAL

    def _blame(self, what: str) -> None:
        self.violations.append(f"{self.turn_id}: {what}")
