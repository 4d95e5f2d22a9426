"""`rivulet serve` as a process of its own, to be started, killed and started again on one data directory."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp

from rivulet.testing.nursery import Child, born


class NotReady(Exception):
    """The server did not answer; the message has the end of what it wrote."""


def free_port() -> int:
    with held_port() as held:
        return port_of(held)


def held_port() -> socket.socket:
    """A port that nobody else is given for as long as this socket is open. Who is told its number may listen
    there all the same, if it sets SO_REUSEADDR, as all servers do."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


def port_of(held: socket.socket) -> int:
    return int(held.getsockname()[1])


class ServerProcess:
    """A new port at every start, so that nobody else can have taken it meanwhile; `url` is the present one.

    `arguments` go behind `rivulet serve`, `environment` over our own. What it writes goes to `log`.
    """

    def __init__(
        self, data_dir: Path, *, arguments: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> None:
        self.data_dir = data_dir
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self.port = 0
        self._arguments = list(arguments)
        self._environment = {**os.environ, **(environment or {})}
        self._process: Child | None = None
        self._held: socket.socket | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise NotReady("the server has not been started")
        return self._process.pid

    async def __aenter__(self) -> "ServerProcess":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, limit_s: float = 60.0) -> float:
        """Seconds until it took new turns. Cancelling it leaves the process as far as it got."""
        await self.launch()
        begun = time.monotonic()
        try:
            await self._until_ready(begun, limit_s)
        finally:
            self._let_go()
        return time.monotonic() - begun

    async def _until_ready(self, begun: float, limit_s: float) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            while not await self._is_ready(session):
                if self._process is None or self._process.status is not None:
                    raise NotReady(f"the server ended by itself: {self._last_words()}")
                if time.monotonic() - begun > limit_s:
                    raise NotReady(f"the server was not ready within {limit_s:g} s: {self._last_words()}")
                await asyncio.sleep(0.005)

    async def launch(self) -> None:
        """Starts the process and waits for nothing."""
        self._let_go()
        self._held = held_port()
        self.port = port_of(self._held)
        place = ("--port", str(self.port), "--data", str(self.data_dir))
        self._process = born(["serve", *self._arguments, *place], self._environment, self.log)

    async def kill(self) -> None:
        """`kill -9`, for it and whatever it started."""
        await self._end(signal.SIGKILL, None)

    async def stop(self, patience_s: float = 15.0) -> float:
        """TERM, then KILL when it does not leave; returns how long it took."""
        return await self._end(signal.SIGTERM, patience_s)

    async def _end(self, number: signal.Signals, patience_s: float | None) -> float:
        process, self._process = self._process, None
        begun = time.monotonic()
        if process is None:
            return 0.0
        process.signal(number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.ended(), patience_s)
        took = time.monotonic() - begun
        process.signal(signal.SIGKILL)
        await process.ended()
        self._let_go()
        return took

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.url}/readyz") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _last_words(self) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return text[-800:].strip() or "it wrote nothing"
