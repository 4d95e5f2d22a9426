"""How a model's connection, its HTTP and its service fail, one named script each: `fault:NAME` as the model.

A script works for both wires unless its sentence names one.
"""

import asyncio
import gzip
import zlib

from rivulet.testing.model_call import Call
from rivulet.testing.model_scripts import fault, saying, whole_answer

HALF = "Half a tho"
"""What a script that breaks in mid-answer has said by then."""


# --- silence


@fault
async def hang_before_headers(call: Call) -> None:
    """Takes the request and says nothing, not even a status line."""
    await call.pause(None)


@fault
async def hang_after_headers(call: Call) -> None:
    """A healthy head, then silence."""
    await call.head()
    await call.pause(None)


@fault
async def hang_mid_stream(call: Call) -> None:
    """Some text, then silence."""
    await call.head()
    await call.say(HALF)
    await call.pause(None)


@fault
async def hang_after_finish(call: Call) -> None:
    """Says that it has finished, then neither usage nor end."""
    await call.head()
    await call.say("All said.")
    await call.part(
        call.frame(call.delta(finish_reason="stop")) if call.wire == "openai" else call.finishing()
    )
    await call.pause(None)


@fault
async def hang_after_done(call: Call) -> None:
    """A whole answer, but the body never ends."""
    await call.head()
    await call.say("All said.")
    await call.part(call.finishing())
    await call.pause(None)


@fault
async def trickle(call: Call) -> None:
    """One byte of a frame every 50 ms, for ever."""
    await call.head()
    frame = call.spoken("drop ")
    while True:
        for byte in frame:
            await call.part(bytes([byte]))
            await call.pause(0.05)


@fault
async def heartbeats_only(call: Call) -> None:
    """Comments or blank lines every 20 ms, never any text."""
    await call.head()
    while True:
        await call.part(b": still here\n\n" if call.wire == "openai" else b"\n")
        await call.pause(0.02)


# --- broken connections


@fault
async def reset_on_request(call: Call) -> None:
    """RST instead of an answer."""
    call.reset()


@fault
async def close_on_request(call: Call) -> None:
    """FIN instead of an answer."""
    call.close()


@fault
async def reset_after_headers(call: Call) -> None:
    """RST after the head."""
    await call.head()
    await call.pause(0.02)
    call.reset()


@fault
async def reset_mid_stream(call: Call) -> None:
    """RST after some text."""
    await call.head()
    await call.say(HALF)
    await call.pause(0.05)
    call.reset()


@fault
async def cut_mid_frame(call: Call) -> None:
    """FIN inside a frame, without the end the framing had promised."""
    await call.head()
    await call.say(HALF)
    await call.part(call.spoken("never arrives")[:20])
    await call.pause(0.02)
    call.close()


@fault
async def end_without_finish(call: Call) -> None:
    """A proper end of the body after some text, no word that the answer is over."""
    await call.head()
    await call.say(HALF)
    await call.end()


@fault
async def fin_without_finish(call: Call) -> None:
    """The same where the end of the connection is the end of the body."""
    await call.head(framing="close")
    await call.say(HALF)
    await call.end()


@fault
async def end_without_anything(call: Call) -> None:
    """An empty body."""
    await call.head()
    await call.end()


@fault
async def end_without_done(call: Call) -> None:
    """OpenAI: a finish reason but no `[DONE]`."""
    await call.head()
    await call.say("All said.")
    await call.part(call.finishing().replace(b"data: [DONE]\n\n", b""))
    await call.end()


@fault
async def done_without_finish(call: Call) -> None:
    """OpenAI: `[DONE]` but no finish reason. Ollama: `done` without `done_reason`."""
    await call.head()
    await call.say("All said.")
    if call.wire == "openai":
        await call.part(call.frame("[DONE]"))
    else:
        await call.part(call.frame({**call.delta(), "done": True}))
    await call.end()


@fault
async def deltas_after_finish(call: Call) -> None:
    """OpenAI: more text after the finish reason."""
    await call.head()
    await call.say("All said")
    await call.part(call.frame(call.delta(finish_reason="stop")))
    await call.say(" and more.")
    await call.part(call.frame("[DONE]"))
    await call.end()


@fault
async def length_too_long(call: Call) -> None:
    """Promises more bytes than it sends before FIN."""
    body = call.spoken(HALF)
    await call.send(_head_with_length(call, len(body) + 100) + body)
    call.close()


@fault
async def length_too_short(call: Call) -> None:
    """Promises fewer bytes than it sends."""
    body = call.spoken("All said.") + call.finishing()
    await call.send(_head_with_length(call, len(body) - 30) + body)
    call.close()


def _head_with_length(call: Call, length: int) -> bytes:
    kind = "text/event-stream" if call.wire == "openai" else "application/x-ndjson"
    return f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n".encode()


@fault
async def not_http(call: Call) -> None:
    """Bytes that are no HTTP."""
    await call.send(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n")
    call.close()


# --- bodies of the wrong kind


@fault
async def html(call: Call) -> None:
    """200 and a page, as a captive portal sends it."""
    page = b"<!doctype html><title>Sign in</title><script>alert(1)</script>"
    await call.reply(200, page, "text/html; charset=utf-8")


@fault
async def whole_answer_instead(call: Call) -> None:
    """A JSON answer to a request for a stream."""
    await whole_answer(call, "All said at once.")


@fault
async def whole_error_instead(call: Call) -> None:
    """200, JSON, and an error in it."""
    await call.refuse(200, "the engine is on fire", "server_error")


@fault
async def gzipped(call: Call) -> None:
    """Compressed although it was asked not to."""
    body = gzip.compress(call.spoken("All said.") + call.finishing())
    await call.head(headers=[("content-encoding", "gzip")])
    await call.part(body)
    await call.end()


@fault
async def gzip_bomb(call: Call) -> None:
    """1 GB of comments and blank lines in 1 MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    filler = (b": x\n" if call.wire == "openai" else b"\n\n\n\n") * 262_144
    await call.head(headers=[("content-encoding", "gzip")])
    for _ in range(1024):
        await call.part(await asyncio.to_thread(packer.compress, filler))
    await call.part(packer.flush())
    await call.end()


@fault
async def false_gzip(call: Call) -> None:
    """Says gzip, is not."""
    await call.head(headers=[("content-encoding", "gzip")])
    await call.say("All said.")
    await call.finish()


@fault
async def unknown_encoding(call: Call) -> None:
    """A content encoding nobody asked for."""
    await call.head(headers=[("content-encoding", "zstd")])
    await call.part(b"\x28\xb5\x2f\xfd\x00")
    await call.end()


@fault
async def redirect(call: Call) -> None:
    """Sends the request, and its key, elsewhere."""
    await call.reply(
        307, b"", headers=[("location", call.headers.get("x-elsewhere", "http://127.0.0.1:9/v1"))]
    )


# --- errors of the service


def _error(call: Call, message: str, code: str) -> bytes:
    if call.wire == "ollama":
        return call.frame({"error": message})
    return call.frame({"error": {"message": message, "type": "server_error", "code": code, "param": None}})


@fault
async def error_at_start(call: Call) -> None:
    """200, then an error instead of the first word."""
    await call.head()
    await call.part(_error(call, "the engine is on fire", "server_error"))
    await call.end()


@fault
async def error_mid_stream(call: Call) -> None:
    """An error after some text."""
    await call.head()
    await call.say(HALF)
    await call.part(_error(call, "the engine is on fire", "server_error"))
    await call.end()


@fault
async def error_with_key(call: Call) -> None:
    """500 and a body that repeats the request's own key."""
    await call.refuse(500, f"bad day for {call.headers.get('authorization', '')} <b>x</b>" + "y" * 5000)


@fault
async def usage_option_refused(call: Call) -> None:
    """OpenAI: 400 as long as the request has `stream_options`."""
    if "stream_options" in call.json:
        await call.refuse(400, "Unrecognized request argument supplied: stream_options", "invalid_request")
    else:
        await saying("All", " said.")(call)


# --- endings


@fault
async def finish_length(call: Call) -> None:
    """Stops because the answer is long enough."""
    await saying("Half a thou", finish="length")(call)


@fault
async def filter_at_start(call: Call) -> None:
    """OpenAI: the content filter ends the answer before its first word."""
    await saying(finish="content_filter")(call)


@fault
async def filter_mid_stream(call: Call) -> None:
    """OpenAI: the content filter ends the answer after some text."""
    await saying(HALF, finish="content_filter")(call)


@fault
async def refusal(call: Call) -> None:
    """OpenAI: the model declines, in `refusal` instead of `content`."""
    await call.head()
    await call.part(call.frame(call.delta(refusal="I would rather not.")))
    await call.finish()


@fault
async def reasoning_only(call: Call) -> None:
    """Thinks and says nothing."""
    await call.head()
    await call.think("Hm. ")
    await call.think("Well.")
    await call.finish()


@fault
async def empty(call: Call) -> None:
    """A proper answer of no words."""
    await saying()(call)


@fault
async def whitespace(call: Call) -> None:
    """An answer of blanks."""
    await saying(" ", "\n", " ")(call)
