"""Starlette and nothing else on the way: the upstream's bytes as they come, unread; it keeps no log.

python bench/peers/passing.py PORT UPSTREAM_PORT

What is put to /replay is given again by /replay, a piece for every frame, from a list in memory.
"""

import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

_STREAM = "text/event-stream"


async def turn(request: Request) -> StreamingResponse:
    passing = passed(request.state.session, request.app.state.url, await request.body())
    return StreamingResponse(passing, media_type=_STREAM, headers={"cache-control": "no-cache"})


async def passed(session: aiohttp.ClientSession, url: str, body: bytes) -> AsyncIterator[bytes]:
    async with session.post(url, data=body, headers={"content-type": "application/json"}) as answer:
        async for data in answer.content.iter_any():
            yield data


async def keep(request: Request) -> Response:
    frames = (await request.body()).split(b"\n\n")
    request.app.state.frames = [frame + b"\n\n" for frame in frames if frame]
    return Response(status_code=204)


async def replay(request: Request) -> StreamingResponse:
    return StreamingResponse(kept(request.app.state.frames), media_type=_STREAM)


async def kept(frames: list[bytes]) -> AsyncIterator[bytes]:
    for frame in frames:
        yield frame


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncGenerator[dict[str, aiohttp.ClientSession]]:
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
        yield {"session": session}


if __name__ == "__main__":
    routes = [
        Route("/v1/chat/completions", turn, methods=["POST"]),
        Route("/replay", keep, methods=["PUT"]),
        Route("/replay", replay),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.url = f"http://127.0.0.1:{sys.argv[2]}/v1/chat/completions"
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False, backlog=4096)
