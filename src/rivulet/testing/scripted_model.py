"""A model server that does exactly what a script says: OpenAI Chat Completions and Ollama, healthy or broken.

In a test: `async with ScriptedModel() as model:`; OpenAI is at `model.url + "/v1"`, Ollama at `model.url`.
As a process: `python -m rivulet.testing.scripted_model --port 0 --pace 20` prints its URL.

The model's name chooses the script: `pace:20:300` (20 tokens a second, 300 tokens), `fault:NAME` (`--list`
shows them all), anything else answers with the default text. Scripts given to `then` go first.
"""

import argparse
import asyncio
import json
import re
import signal
import ssl
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import cast

from rivulet.testing import model_faults, model_streams
from rivulet.testing.model_call import Call, PeerGone
from rivulet.testing.model_scripts import FAULTS, Script, answering

__all__ = ["FAULTS", "Call", "PeerGone", "Script", "ScriptedModel"]

_SHELVES = (model_faults, model_streams)
"""Importing them fills FAULTS."""

_LARGEST_REQUEST = 64 << 20


class ScriptedModel:
    """Keeps every request it was sent in `calls`, in the order of their arrival."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        pace: float = 0,
        tokens: int | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`pace` is tokens per second of the default answer, 0 for at once; `default` may be replaced."""
        self.calls: list[Call] = []
        self.connections = 0
        self.models = ["scripted"]
        self.default: Script = answering(pace, tokens)
        self._address = (host, port)
        self._tls = tls
        self._queue: deque[Script] = deque()
        self._open: set[_Connection] = set()
        self._arrived = asyncio.Condition()

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        host, port = self._address
        return f"{'https' if self._tls else 'http'}://{host}:{port}"

    async def __aenter__(self) -> "ScriptedModel":
        host, port = self._address
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self), host, port, backlog=2048, ssl=self._tls
        )
        self._address = (host, self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for connection in list(self._open):
            connection.stop()
        await asyncio.gather(*(connection.over.wait() for connection in list(self._open)))
        await self._server.wait_closed()

    def then(self, *scripts: Script) -> None:
        """The next requests for an answer are given these, one each, whatever their model's name."""
        self._queue.extend(scripts)

    def forget(self) -> None:
        """Scripts that nobody has asked for are not for the next one who asks."""
        self._queue.clear()

    async def called(self, count: int = 1) -> Call:
        """The `count`th request, as soon as it has arrived."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.calls) >= count)
        return self.calls[count - 1]

    async def play(self, call: Call) -> None:
        """Records the request and answers it."""
        async with self._arrived:
            self.calls.append(call)
            self._arrived.notify_all()
        await self._script_for(call)(call)

    def _script_for(self, call: Call) -> Script:
        path = call.path.split("?")[0]
        if path.endswith(("/chat/completions", "/api/chat")):
            return self._queue.popleft() if self._queue else _named(call.model) or self.default
        if path.endswith(("/models", "/api/tags")):
            return self._queue.popleft() if self._queue else self._list_models
        return _nothing_here

    async def _list_models(self, call: Call) -> None:
        if call.wire == "ollama":
            found: object = {"models": [{"name": name, "model": name} for name in self.models]}
        else:
            found = {"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]}
        await call.reply(200, json.dumps(found).encode())

    def opened(self, connection: "_Connection") -> int:
        self._open.add(connection)
        self.connections += 1
        return self.connections

    def closed(self, connection: "_Connection") -> None:
        self._open.discard(connection)


class _Connection(asyncio.Protocol):
    """One client's connection: reads requests, plays their scripts one after the other."""

    def __init__(self, model: ScriptedModel) -> None:
        self._model = model
        self._received = bytearray()
        self._call: Call | None = None
        self._task: asyncio.Task[None] | None = None
        self._gone = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self.over = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._number = self._model.opened(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > _LARGEST_REQUEST or not self._received[:1].isupper():
            self._transport.abort()
        elif self._task is None:
            self._begin()

    def eof_received(self) -> bool:
        self._leave(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave(exc)
        self._model.closed(self)
        if self._task is None:
            self.over.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def stop(self) -> None:
        """The server is going down."""
        self._transport.abort()
        if self._task is not None:
            self._task.cancel()

    def _leave(self, exc: Exception | None) -> None:
        if self._call is not None and self._call.closed is None:
            self._call.closed = time.monotonic()
            self._call.was_reset = exc is not None
        self._gone.set()
        self._writable.set()

    def _begin(self) -> None:
        request = _take_request(self._received)
        if request is None:
            return
        head, body = request
        (method, path), headers = head
        self._call = Call(
            self._transport,
            self._gone,
            self._writable,
            connection=self._number,
            method=method,
            path=path,
            headers=headers,
            body=body,
        )
        self._task = asyncio.ensure_future(self._play(self._call))

    async def _play(self, call: Call) -> None:
        try:
            await self._model.play(call)
        except PeerGone:
            pass
        finally:
            call.finished.set()
            self._task = None
            if self._gone.is_set():
                self.over.set()
        if not call.keeps_alive:
            return
        self._begin()


_Head = tuple[tuple[str, str], dict[str, str]]


def _take_request(received: bytearray) -> tuple[_Head, bytes] | None:
    """The first whole request, taken out of `received`; None while it is not all there."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = received[:end].decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    length = int(headers.get("content-length", 0))
    if len(received) < end + 4 + length:
        return None
    body = bytes(received[end + 4 : end + 4 + length])
    del received[: end + 4 + length]
    return ((method, path), headers), body


def _named(model: str) -> Script | None:
    """The script a model's name asks for; None when it asks for nothing special."""
    if model.startswith("fault:"):
        return FAULTS.get(model.removeprefix("fault:"), _unknown_model)
    if found := re.fullmatch(r"pace:(\d+(?:\.\d+)?)(?::(\d+))?", model):
        return answering(float(found[1]), int(found[2]) if found[2] else None)
    return None


async def _unknown_model(call: Call) -> None:
    await call.refuse(404, f"model '{call.model}' not found", "model_not_found")


async def _nothing_here(call: Call) -> None:
    await call.refuse(404, "there is nothing at this address")


async def _serve(arguments: argparse.Namespace, announce: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    model = ScriptedModel(
        host=arguments.host, port=arguments.port, pace=arguments.pace, tokens=arguments.tokens
    )
    async with model:
        announce(model.url)
        await stop.wait()


def main() -> None:
    """The server as a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m rivulet.testing.scripted_model", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--pace", type=float, default=20, help="tokens per second, 0 for at once")
    parser.add_argument("--tokens", type=int, default=None, help="length of the answer; else the whole text")
    parser.add_argument("--list", action="store_true", help="print the names of all faults and leave")
    arguments = parser.parse_args()
    if arguments.list:
        _say(
            "\n".join(f"fault:{name:28} {(script.__doc__ or '').strip()}" for name, script in FAULTS.items())
        )
        return
    asyncio.run(_serve(arguments, _say))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
