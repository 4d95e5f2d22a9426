"""HTTP as services speak it, well or badly."""

import asyncio
import gzip
import tracemalloc

import msgspec
import pytest
import uvloop
from yarl import URL

from rivulet.ports.answering import Piece, Prompt, Provider
from rivulet.providers.openai import OpenAI
from rivulet.providers.unpacking import Unpacker
from rivulet.providers.upstream import Upstream
from rivulet.testing.model_call import Call
from rivulet.testing.model_scripts import Script, saying
from rivulet.testing.scripted_model import ScriptedModel
from tests.providers.hearing import hear, listening

pytestmark = pytest.mark.anyio


def raw(*parts: bytes, closes: bool = False) -> Script:
    """These very bytes; BODY stands for a healthy answer, CHUNK for the same as one chunk."""

    async def send(call: Call) -> None:
        body = call.spoken("Salt.") + call.finishing()
        for part in parts:
            chunk = b"%x;ext=1\r\n%s\r\n" % (len(body), body)
            sized = part.replace(b"CHUNK", chunk).replace(b"BODY", body).replace(b"SIZE", b"%d" % len(body))
            await call.send(sized)
        if closes:
            call.close()

    return send


OK = b"HTTP/1.1 200 OK\r\n"
STREAM = b"Content-Type: text/event-stream\r\n"

GOOD = {
    "length": raw(OK + STREAM + b"Content-Length: SIZE\r\n\r\nBODY"),
    "chunks": raw(OK + STREAM + b"transfer-encoding: chunked\r\n\r\nCHUNK0\r\n\r\n"),
    "trailers": raw(OK + STREAM + b"Transfer-Encoding: chunked\r\n\r\nCHUNK0\r\nX-After: 1\r\n\r\n"),
    "head in pieces": raw(b"HT", b"TP/1.1 200", b" OK\r\nCon", b"tent-Length: SIZE\r", b"\n\r", b"\nBODY"),
    "no reason": raw(b"HTTP/1.1 200\r\nContent-Length: SIZE\r\n\r\nBODY"),
    "early hints": raw(b"HTTP/1.1 103 Early\r\nLink: </x>\r\n\r\n", OK + b"Content-Length: SIZE\r\n\r\nBODY"),
    "continue": raw(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: SIZE\r\n\r\nBODY"),
    "until the end": raw(OK + STREAM + b"\r\nBODY", closes=True),
    "old": raw(b"HTTP/1.0 200 OK\r\n" + STREAM + b"\r\nBODY", closes=True),
    "closing": raw(OK + b"Connection: close\r\nContent-Length: SIZE\r\n\r\nBODY", closes=True),
}

BAD = {
    "other protocol": (raw(b"220 smtp ready\r\n"), "upstream_protocol"),
    "bad status": (raw(b"HTTP/1.1 abc OK\r\n\r\n"), "upstream_protocol"),
    "bad header": (raw(OK + b"no colon here\r\n\r\n"), "upstream_protocol"),
    "bad chunk size": (raw(OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n"), "upstream_protocol"),
    "negative length": (raw(OK + b"Content-Length: -5\r\n\r\n"), "upstream_protocol"),
    "two lengths": (raw(OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"), "upstream_protocol"),
    "switching": (raw(b"HTTP/1.1 101 X\r\nUpgrade: ws\r\nConnection: upgrade\r\n\r\n"), "upstream_protocol"),
    "endless head": (raw(OK + b"X: " + b"y" * 200_000), "upstream_protocol"),
    "endless headers": (raw(OK + b"X: y\r\n" * 50_000), "upstream_protocol"),
    "half a head": (raw(OK + b"X: y", closes=True), "upstream_unreachable"),
    "half a chunk": (
        raw(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", closes=True),
        "upstream_truncated",
    ),
}


@pytest.mark.parametrize("name", GOOD)
async def test_every_way_to_frame_a_body_is_read(name: str, provider: Provider, model: ScriptedModel) -> None:
    """Length, chunks, or until the end; hints before, trailers after: the answer is the same."""
    model.then(GOOD[name])
    heard = await hear(provider)
    assert (heard.text, heard.outcome) == ("Salt.", "stop")


@pytest.mark.parametrize("name", BAD)
async def test_what_is_no_http_is_an_error_of_ours(
    name: str, provider: Provider, model: ScriptedModel
) -> None:
    """Broken framing ends in an error with a code, and the next answer is whole."""
    script, code = BAD[name]
    model.then(*[script] * (3 if code != "upstream_protocol" else 1))
    assert (await hear(provider)).outcome == code
    assert (await hear(provider)).outcome == "stop"


@pytest.mark.parametrize("name", ["length", "chunks", "trailers", "early hints"])
async def test_a_well_framed_answer_leaves_its_connection(
    name: str, provider: Provider, model: ScriptedModel
) -> None:
    """A body that ended by its own framing lends its connection to the next request."""
    model.then(*[GOOD[name]] * 3)
    for _ in range(3):
        await hear(provider)
    assert model.connections == 1


@pytest.mark.parametrize("name", ["until the end", "old", "closing"])
async def test_a_closing_answer_takes_its_connection_along(
    name: str, provider: Provider, model: ScriptedModel
) -> None:
    """A connection that ends with its answer is not used again, and nothing has to wait for it."""
    model.then(*[GOOD[name]] * 3)
    outcomes = [(await hear(provider)).waits for _ in range(3)]
    assert (outcomes, model.connections) == ([[], [], []], 3)


async def test_text_that_came_before_a_break_is_kept(provider: Provider, model: ScriptedModel) -> None:
    """Text and reset arrive together; the text is heard all the same."""

    async def speaks_and_dies(call: Call) -> None:
        await call.head()
        await call.say("one ")
        await call.pause(0.01)
        await call.say("two")
        call.close()

    model.then(speaks_and_dies)
    heard = await hear(provider)
    assert (heard.text, heard.outcome) == ("one two", "upstream_truncated")


async def test_who_takes_may_object(provider: Provider, model: ScriptedModel) -> None:
    """What the taker of a piece raises ends the stream, comes out of it, and closes the connection."""
    model.then(saying(*["word "] * 1000, pace=50))
    heard: list[Piece] = []

    def take(piece: Piece) -> None:
        heard.append(piece)
        if len(heard) == 3:
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        await provider.stream(Prompt(question="?", model="x"), take)
    assert len(heard) == 3
    async with asyncio.timeout(60):
        await model.calls[0].finished.wait()
    assert model.calls[0].closed is not None


async def test_a_slow_reader_makes_the_service_wait(model: ScriptedModel, upstream: Upstream) -> None:
    """What a reader does not take stays with the service: a few hundred kilobytes wait here, no more."""
    body = msgspec.json.encode({"model": "fault:endless-repetition", "messages": [], "stream": True})
    reply = await upstream.request("POST", URL(f"{model.url}/chat/completions"), {}, body)
    call = model.calls[0]
    tracemalloc.start()
    while True:
        sent = call.sent
        await asyncio.sleep(0.05)
        if call.sent == sent:
            break
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 4 << 20
    async with reply:
        assert await reply.next()


def test_the_same_on_uvloop() -> None:
    """Reading, waiting for a slow reader, keeping and cutting connections work on the loop of production."""

    async def all_of_it() -> tuple[list[str], int, bool]:
        upstream = Upstream(most_bytes=2 << 20)
        async with ScriptedModel() as model:
            provider = OpenAI(upstream, base_url=model.url)
            names = [
                "plain",
                "plain",
                "endless-comments",
                "reset-mid-stream",
                "gzipped",
                "cut-mid-frame",
                "plain",
            ]
            outcomes = [(await hear(provider, f"fault:{name}")).outcome for name in names]
            async with listening(provider, "fault:endless-repetition") as pieces:
                await anext(pieces)
                await asyncio.sleep(0.05)
            await upstream.close()
        return outcomes, model.connections, model.calls[-1].closed is not None

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcomes, connections, is_closed = runner.run(all_of_it())
    expected = [
        "stop",
        "stop",
        "upstream_protocol",
        "upstream_truncated",
        "stop",
        "upstream_truncated",
        "stop",
    ]
    assert (outcomes, is_closed) == (expected, True)
    assert connections == 4


async def test_a_bomb_is_unpacked_in_steps_that_let_the_loop_go() -> None:
    """No step brings more than a read off a socket does: whoever is given a mebibyte reads it for 65 ms."""
    reads = [gzip.compress(b": x\n" * 262_144), b""]

    async def read() -> bytes:
        return reads.pop(0)

    unpacker = Unpacker("gzip", read)
    sizes: list[int] = []
    while block := await unpacker.next():
        sizes.append(len(block))
    assert (max(sizes), sum(sizes)) == (64 << 10, 1 << 20)
