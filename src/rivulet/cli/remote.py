"""A client of the native API: what the commands say to a server (PROTOCOL.md)."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from rivulet import sse
from rivulet.cli.visible import line
from rivulet.domain.errors import RivuletError
from rivulet.domain.events import AnyEvent, TurnFinished, decode

PATIENCE_S = (1, 2, 4, 8, 15)
"""Waits between attempts to come back to a turn; after the last one it is given up."""


SILENCE_S = 45
"""Seconds without a byte, four heartbeats of a server, after which a connection is taken for dead: where the
network has changed nothing ends, there only comes nothing more."""


class Unreachable(RivuletError):
    """The server cannot be reached."""

    code = "unreachable"
    status = 502


class Refused(RivuletError):
    """The server said no; `code` and the sentence are its own."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status  # type: ignore[misc]
        self.code = code  # type: ignore[misc]


class Remote:
    """`async with Remote(url, key) as remote:`."""

    def __init__(self, url: str, key: str | None) -> None:
        self.url = url.rstrip("/")
        self._headers = {} if key is None else {"authorization": f"Bearer {key}"}

    async def __aenter__(self) -> "Remote":
        timeout = aiohttp.ClientTimeout(total=None, connect=10)
        self._session = aiohttp.ClientSession(self.url, headers=self._headers, timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, path: str, **query: Any) -> Any:
        return await self._request("GET", path, params={k: v for k, v in query.items() if v is not None})

    async def post(self, path: str, body: object = None) -> Any:
        return await self._request("POST", path, json=body)

    async def delete(self, path: str) -> None:
        await self._request("DELETE", path)

    async def upload(self, path: Path) -> Any:
        """One file as a source of its own."""
        with path.open("rb") as file:
            form = aiohttp.FormData(quote_fields=False)  # a name with an umlaut is a name, not an address
            form.add_field("file", file, filename=line(path.name))
            return await self._request("POST", "/v1/sources/upload", data=form)

    async def ask(self, body: Mapping[str, object]) -> str:
        """The id of the turn it started."""
        return (await self.post("/v1/turns", body))["turn_id"]

    async def follow(
        self, turn_id: str, after: int = 0, lost: Callable[[], None] = lambda: None
    ) -> AsyncGenerator[AnyEvent, None]:
        """Every event once, to the terminal one, coming back by itself after a lost connection, which is told
        to `lost`."""
        loop = asyncio.get_running_loop()
        attempt = 0
        while True:
            begun = loop.time()
            how = "does not finish the turn"
            try:
                async for event in self._events(turn_id, after):
                    after, attempt = event.seq, 0
                    yield event
                    if isinstance(event, TurnFinished):
                        return
            except aiohttp.ClientError as problem:
                how = f"cannot be reached any more: {problem}"
            if loop.time() - begun > max(PATIENCE_S):
                attempt = 0  # it had nothing to say, but it was there
            if attempt == len(PATIENCE_S):
                raise Unreachable(f"{self.url} {how}.")
            lost()
            await asyncio.sleep(PATIENCE_S[attempt])
            attempt += 1

    async def _events(self, turn_id: str, after: int) -> AsyncGenerator[AnyEvent, None]:
        headers = {"last-event-id": str(after)}
        timeout = aiohttp.ClientTimeout(total=None, connect=10, sock_read=SILENCE_S)
        path = f"/v1/turns/{turn_id}/events"
        async with self._session.get(path, headers=headers, timeout=timeout) as response:
            await _check(response)
            frames = sse.Frames()
            async for data in response.content.iter_any():
                for each in frames.feed(data):
                    yield decode(each)

    async def _request(self, method: str, path: str, **how: Any) -> Any:
        try:
            async with self._session.request(method, path, **how) as response:
                await _check(response)
                text = await response.read()
        except aiohttp.ClientConnectionError as problem:
            raise Unreachable(f"{self.url} cannot be reached: {problem}") from None
        return msgspec.json.decode(text) if text else None


async def _check(response: aiohttp.ClientResponse) -> None:
    if response.status < 400:
        return
    try:
        error = (await response.json())["error"]
        raise Refused(response.status, error["code"], error["message"])
    except (ValueError, KeyError, TypeError, aiohttp.ContentTypeError):
        raise Refused(response.status, "unexpected", f"The server answered {response.status}.") from None
