"""A careful relay: Starlette's StreamingResponse, aiohttp upstream, msgspec for the JSON; it keeps no log.

python bench/peers/relay.py PORT UPSTREAM_PORT
"""

import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route


class Delta(msgspec.Struct):
    content: str | None = None


class Choice(msgspec.Struct):
    delta: Delta
    finish_reason: str | None = None


class Chunk(msgspec.Struct):
    choices: list[Choice]


class Token(msgspec.Struct):
    text: str


decode = msgspec.json.Decoder(Chunk).decode
encode = msgspec.json.Encoder().encode


def frames(lines: list[bytes]) -> bytes:
    """The upstream's lines as our frames."""
    out: list[bytes] = []
    for line in lines:
        if not line.startswith(b"data: "):
            continue
        if line == b"data: [DONE]":
            out.append(b"data: [DONE]\n\n")
        elif (choices := decode(line[6:]).choices) and (text := choices[0].delta.content):
            out.append(b"data: %b\n\n" % encode(Token(text)))
    return b"".join(out)


async def relay(session: aiohttp.ClientSession, url: str, body: bytes) -> AsyncIterator[bytes]:
    rest = b""
    async with session.post(url, data=body, headers={"content-type": "application/json"}) as answer:
        async for data in answer.content.iter_any():
            *lines, rest = (rest + data).split(b"\n")
            if out := frames(lines):
                yield out


async def turn(request: Request) -> StreamingResponse:
    body = await request.body()
    stream = relay(request.state.session, request.app.state.url, body)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"cache-control": "no-cache"})


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncGenerator[dict[str, aiohttp.ClientSession]]:
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
        yield {"session": session}


if __name__ == "__main__":
    app = Starlette(routes=[Route("/v1/chat/completions", turn, methods=["POST"])], lifespan=lifespan)
    app.state.url = f"http://127.0.0.1:{sys.argv[2]}/v1/chat/completions"
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False, backlog=4096)
