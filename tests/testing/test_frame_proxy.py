"""The proxy of frames breaks a stream exactly where and how it is told to."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from rivulet.testing.frame_proxy import Cut, FrameProxy

pytestmark = pytest.mark.anyio
FRAMES = [f"id: {n}\ndata: {n}\n\n".encode() for n in range(1, 7)]


async def stream(request: web.Request) -> web.StreamResponse:
    """Six frames, the bytes of two in each piece."""
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    body = b"".join(FRAMES)
    for start in range(0, len(body), 25):
        await response.write(body[start : start + 25])
    return response


@pytest.fixture
async def proxy() -> AsyncIterator[FrameProxy]:
    application = web.Application()
    application.router.add_get("/stream", stream)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with FrameProxy(f"http://127.0.0.1:{runner.addresses[0][1]}") as proxy:
        yield proxy
    await runner.cleanup()


async def received(proxy: FrameProxy, stalls_after: bytes | None = None) -> tuple[bytes, str]:
    """What came, and how it ended; silence is waited for after these bytes."""
    body = b""
    async with aiohttp.ClientSession() as http, http.get(f"{proxy.url}/stream?a=b") as answer:
        try:
            async with asyncio.timeout(60) as patience:
                async for data in answer.content.iter_any():
                    body += data
                    if body == stalls_after:
                        patience.reschedule(asyncio.get_running_loop().time() + 0.2)
        except TimeoutError:
            return body, "silence"
        except aiohttp.ClientError as problem:
            return body, type(problem).__name__
    return body, "whole"


async def test_without_a_cut_everything_passes(proxy: FrameProxy) -> None:
    """And is remembered."""
    assert await received(proxy) == (b"".join(FRAMES), "whole")
    assert [str(each) for each in proxy.seen] == ["GET /stream?a=b"]


@pytest.mark.parametrize("after", [1, 3, 6])
async def test_a_stream_is_cut_behind_the_kth_frame(proxy: FrameProxy, after: int) -> None:
    """To the byte, in each way; the next stream is asked about by its number."""
    kept = b"".join(FRAMES[:after])
    ends = {"finish": {"whole"}, "stall": {"silence"}}
    broken = {"ClientOSError", "ClientPayloadError", "ClientConnectionResetError"}
    for how in ("reset", "close", "finish", "stall"):
        proxy.start_over()
        proxy.cut = lambda number, request, how=how: Cut(after, how) if number == 0 else None
        body, end = await received(proxy, kept if how == "stall" else None)
        assert body == kept, how
        assert end in ends.get(how, broken), how
        assert await received(proxy) == (b"".join(FRAMES), "whole")


async def test_a_page_of_its_own_is_not_asked_for_behind(proxy: FrameProxy) -> None:
    """It has the proxy's origin."""
    proxy.pages["/here"] = ("text/html", b"<p>")
    async with aiohttp.ClientSession() as http, http.get(f"{proxy.url}/here") as answer:
        assert (answer.content_type, await answer.read()) == ("text/html", b"<p>")
    assert proxy.seen == []
