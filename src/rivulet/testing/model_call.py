"""One request to the scripted model: what came in, what went out, and how to answer it byte by byte."""

import asyncio
import json
import socket
import struct
import time
from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast

Wire = Literal["openai", "ollama"]


class PeerGone(Exception):
    """The client closed the connection; the script has nobody left to talk to."""


class Call:
    """Filled by the server as the request is read; `sent` and `closed` go on changing while it is answered.

    Times are `time.monotonic()` seconds. `closed` is when the client's end or reset was seen, None while the
    connection is open. Scripts speak through the methods: `head`, then `say` and its like, then `finish`.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        gone: asyncio.Event,
        writable: asyncio.Event,
        *,
        connection: int,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> None:
        self.connection = connection
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.opened = time.monotonic()
        self.sent = 0
        self.closed: float | None = None
        self.was_reset = False
        self.finished = asyncio.Event()
        self.keeps_alive = True
        self._transport = transport
        self._gone = gone
        self._writable = writable
        self._is_chunked = False
        self._progress = asyncio.Event()

    @property
    def json(self) -> dict[str, Any]:
        """The request's body; empty when it is not a JSON object."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    @property
    def wire(self) -> Wire:
        return "ollama" if "/api/" in self.path else "openai"

    @property
    def model(self) -> str:
        return str(self.json.get("model", ""))

    @property
    def streams(self) -> bool:
        """OpenAI streams only when asked, Ollama unless told not to."""
        return bool(self.json.get("stream", self.wire == "ollama"))

    async def reached(self, sent: int) -> None:
        """Returns when so many bytes have gone out."""
        while self.sent < sent:
            self._progress.clear()
            await self._progress.wait()

    async def left(self) -> None:
        """Returns when the client is gone."""
        await self._gone.wait()

    # --- bytes

    async def send(self, data: bytes) -> None:
        """These very bytes, and nothing else."""
        if self._gone.is_set():
            raise PeerGone
        self._transport.write(data)
        self.sent += len(data)
        self._progress.set()
        await self._writable.wait()
        await asyncio.sleep(0)

    async def pause(self, seconds: float | None) -> None:
        """Silence; None for ever. Ends at once with `PeerGone` when the client leaves."""
        try:
            async with asyncio.timeout(seconds):
                await self._gone.wait()
        except TimeoutError:
            return
        raise PeerGone

    def reset(self) -> None:
        """RST instead of a proper end."""
        self.keeps_alive = False
        connection = self._transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def close(self) -> None:
        """FIN after what was written, whatever the framing had promised."""
        self.keeps_alive = False
        self._transport.close()

    # --- HTTP

    async def head(
        self,
        status: int = 200,
        content_type: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
        framing: Literal["chunked", "close"] = "chunked",
    ) -> None:
        """`close` means that the end of the connection is the end of the body."""
        self._is_chunked = framing == "chunked"
        self.keeps_alive = self._is_chunked
        kind = content_type or ("text/event-stream" if self.wire == "openai" else "application/x-ndjson")
        lines = [f"HTTP/1.1 {status} Scripted", f"content-type: {kind}"]
        lines.append("transfer-encoding: chunked" if self._is_chunked else "connection: close")
        lines += [f"{name}: {value}" for name, value in headers]
        await self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def part(self, data: bytes) -> None:
        """A piece of the body, framed as the head promised."""
        if data:
            await self.send(b"%x\r\n%s\r\n" % (len(data), data) if self._is_chunked else data)

    async def end(self) -> None:
        """The proper end of the body."""
        if self._is_chunked:
            await self.send(b"0\r\n\r\n")
        else:
            self.close()

    async def reply(
        self,
        status: int,
        body: bytes,
        content_type: str = "application/json",
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """A whole answer with its length."""
        lines = [
            f"HTTP/1.1 {status} Scripted",
            f"content-type: {content_type}",
            f"content-length: {len(body)}",
        ]
        lines += [f"{name}: {value}" for name, value in headers]
        await self.send(("\r\n".join(lines) + "\r\n\r\n").encode() + body)

    async def refuse(self, status: int, message: str, code: str | None = None, **headers: str) -> None:
        """An error answer in the wire's own shape."""
        error: object = message
        if self.wire == "openai":
            error = {"message": message, "type": "scripted", "code": code, "param": None}
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        await self.reply(status, json.dumps({"error": error}).encode(), headers=named)

    # --- the two wires

    def frame(self, data: object) -> bytes:
        """One event (OpenAI) or one line (Ollama) around anything JSON-able, or around ready text."""
        text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
        return f"data: {text}\n\n".encode() if self.wire == "openai" else f"{text}\n".encode()

    def spoken(self, text: str) -> bytes:
        """A frame that brings some text of the answer."""
        return self.frame(self.delta(content=text))

    def delta(self, finish_reason: str | None = None, **fields: object) -> dict[str, object]:
        """A frame with these fields of the message; `reasoning` goes under the wire's own name."""
        if self.wire == "openai":
            if "reasoning" in fields:
                fields["reasoning_content"] = fields.pop("reasoning")
            return _completion(self.model, [{"index": 0, "delta": fields, "finish_reason": finish_reason}])
        if "reasoning" in fields:
            fields["thinking"] = fields.pop("reasoning")
        message = {"role": "assistant", "content": "", **fields}
        return {"model": self.model, "created_at": _CREATED, "message": message, "done": False}

    async def say(self, text: str) -> None:
        await self.part(self.spoken(text))

    async def think(self, text: str) -> None:
        await self.part(self.frame(self.delta(reasoning=text)))

    async def finish(self, reason: str = "stop", input_tokens: int = 9, output_tokens: int = 7) -> None:
        """The last frames of a healthy answer, with usage, and the end of the body."""
        await self.part(self.finishing(reason, input_tokens, output_tokens))
        await self.end()

    def finishing(self, reason: str = "stop", input_tokens: int = 9, output_tokens: int = 7) -> bytes:
        if self.wire == "ollama":
            return self.frame(
                {
                    **self.delta(),
                    "done": True,
                    "done_reason": reason,
                    "prompt_eval_count": input_tokens,
                    "eval_count": output_tokens,
                }
            )
        usage = {
            "prompt_tokens": input_tokens,
            "completion_tokens": output_tokens,
            "total_tokens": input_tokens + output_tokens,
        }
        last = {**_completion(self.model, []), "usage": usage}
        return self.frame(self.delta(finish_reason=reason)) + self.frame(last) + self.frame("[DONE]")


_CREATED = "2025-01-01T00:00:00Z"


def _completion(model: str, choices: list[object]) -> dict[str, object]:
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": 1735689600,
        "model": model,
        "choices": choices,
    }
