"""What a model's stream may contain, unusual or broken, one named script each: `fault:NAME` as the model.

A script works for both wires unless its sentence names one.
"""

import json
from collections.abc import Callable
from typing import Any

from rivulet.testing.model_call import Call
from rivulet.testing.model_scripts import Script, described, fault, tool_delta

# --- unusual but valid streams


def _rewritten(rewrite: Callable[[bytes], bytes], split: int | None = None) -> Script:
    async def stream(call: Call) -> None:
        body = call.spoken("Grüße, ") + call.spoken("世界 😀 [1].") + call.finishing()
        body = rewrite(body)
        await call.head()
        step = split or len(body)
        for start in range(0, len(body), step):
            await call.part(body[start : start + step])
        await call.end()

    return stream


described("plain", "The text of the six scripts below, undisturbed.", _rewritten(lambda body: body))
described("one-byte-writes", "Every byte in a write of its own.", _rewritten(lambda body: body, 1))
described("crlf", "Lines end with CR LF.", _rewritten(lambda body: body.replace(b"\n", b"\r\n")))
described("cr-only", "OpenAI: lines end with CR.", _rewritten(lambda body: body.replace(b"\n", b"\r")))
described(
    "mixed-line-ends",
    "OpenAI: lines end with LF, CR LF and CR in turn.",
    _rewritten(lambda body: body.replace(b"\n", b"\r\n", 3).replace(b"\n\n", b"\n\r")),
)
described(
    "byte-order-mark", "Begins with a byte order mark.", _rewritten(lambda body: b"\xef\xbb\xbf" + body)
)
described(
    "no-space", "OpenAI: no space after `data:`.", _rewritten(lambda body: body.replace(b"data: ", b"data:"))
)
described(
    "multi-line-data",
    "OpenAI: one frame over several `data:` lines.",
    _rewritten(lambda body: body.replace(b',"choices"', b'\ndata: ,\ndata:  "choices"')),
)
described(
    "foreign-fields",
    "OpenAI: `event`, `id`, `retry`, comments and unknown fields between the frames.",
    _rewritten(
        lambda body: body.replace(b"data: ", b": hi\nevent: done\nid: 99\nretry: 1\nfoo: bar\ndata: ")
    ),
)


@fault
async def empty_lines(call: Call) -> None:
    """A million empty lines before the answer."""
    await call.head()
    for _ in range(100):
        await call.part(b"\n" * 10_000)
    await call.say("All said.")
    await call.finish()


@fault
async def endless_line(call: Call) -> None:
    """50 MB without a line end."""
    await call.head()
    await call.part(b'data: {"' if call.wire == "openai" else b'{"')
    for _ in range(800):
        await call.part(b"x" * 65_536)
    await call.end()


@fault
async def endless_comments(call: Call) -> None:
    """Comments or blank lines as fast as they are read, for ever."""
    await call.head()
    while True:
        await call.part(b": still here\n\n" * 4_000 if call.wire == "openai" else b"\n" * 60_000)


@fault
async def endless_repetition(call: Call) -> None:
    """The same word as fast as it is read, for ever."""
    await call.head()
    while True:
        await call.part(call.spoken("again ") * 100)


# --- broken frames


def _after_text(*frames: str | bytes, then: str = " and on.") -> Script:
    """Text, these frames (a string is the frame's JSON), more text, a proper end."""

    async def stream(call: Call) -> None:
        await call.head()
        await call.say("On")
        for frame in frames:
            raw = frame if isinstance(frame, bytes) else frame.encode()
            await call.part(b"data: %s\n\n" % raw if call.wire == "openai" else raw + b"\n")
        await call.say(then)
        await call.finish()

    return stream


def _frame(choices: str, more: str = "") -> str:
    return f'{{"choices":{choices}{more}}}'


described("malformed-json", "One frame that is not JSON.", _after_text('{"choices":[{"delta":{"con'))
described("malformed-for-ever", "Nothing but broken frames.", _after_text(*['{"choices":[{'] * 50))
described(
    "not-a-number",
    "NaN and Infinity in a frame.",
    _after_text(_frame("[]", ',"score":NaN'), '{"message":{},"score":-Infinity}'),
)
described(
    "huge-integer",
    "A number of 5,000 digits.",
    _after_text(_frame("[]", ',"usage":{"prompt_tokens":' + "9" * 5000 + "}")),
)
described(
    "deep-nesting",
    "100,000 nested arrays.",
    _after_text(_frame("[]", ',"x":' + "[" * 100_000 + "]" * 100_000)),
)
described(
    "deep-choices",
    "100,000 nested arrays where text belongs.",
    _after_text(_frame("[" * 100_000 + "]" * 100_000)),
)
described("choices-null", "OpenAI: `choices` is null.", _after_text(_frame("null")))
described("choices-empty", "OpenAI: `choices` is empty.", _after_text(_frame("[]")))
described("choices-number", "OpenAI: `choices` is a number.", _after_text(_frame("7")))
described("delta-string", "OpenAI: `delta` is a string.", _after_text(_frame('[{"index":0,"delta":"x"}]')))
described("delta-missing", "OpenAI: a choice without `delta`.", _after_text(_frame('[{"index":0}]')))
described(
    "content-list",
    "OpenAI: `content` is an empty list, then a list of parts.",
    _after_text(
        _frame('[{"index":0,"delta":{"content":[]}}]'),
        _frame('[{"index":0,"delta":{"content":[{"type":"text","text":" (in parts)"}]}}]'),
    ),
)
described(
    "several-choices",
    "OpenAI: a second answer beside the first, listed before it.",
    _after_text(
        _frame('[{"index":1,"delta":{"content":"OTHER"}},{"index":0,"delta":{"content":" (first)"}}]'),
        _frame('[{"index":1,"delta":{"content":"OTHER"},"finish_reason":"length"}]'),
    ),
)
described("message-string", "Ollama: `message` is a string.", _after_text('{"message":"x","done":false}'))
described("top-level-list", "A frame that is a list.", _after_text("[1,2,3]"))


def _text_json(text: str) -> Script:
    """A frame whose text is this JSON string, escapes and all."""

    async def stream(call: Call) -> None:
        await call.head()
        for piece in text.split("|"):
            await call.part(call.spoken("PIECE").replace(b'"PIECE"', piece.encode()))
        await call.finish()

    return stream


described("lone-surrogate", "Text with half a character.", _text_json('"a\\ud83dz"'))
described("split-surrogate", "One character in two frames.", _text_json('"a\\ud83d"|"\\ude00z"'))
described("nul", "Text with NUL in it.", _text_json('"a\\u0000z"'))
described(
    "line-separators",
    "Text with every odd line end in it.",
    _text_json('"a\u2028b\u2029c\u0085d\\u000be\\u000cf"'),
)


@fault
async def invalid_utf8(call: Call) -> None:
    """Text with bytes that are no UTF-8."""
    await call.head()
    await call.part(call.spoken("a??z").replace(b"??", b"\xff\xc3"))
    await call.finish()


# --- usage


def _usage(*usages: dict[str, Any] | None, first: bool = False) -> Script:
    async def stream(call: Call) -> None:
        frames = [call.frame(_with_usage(call, usage)) for usage in usages if usage is not None]
        await call.head()
        for frame in frames if first else []:
            await call.part(frame)
        await call.say("All said.")
        if call.wire == "openai":
            await call.part(call.frame(call.delta(finish_reason="stop")))
        for frame in [] if first else frames:
            await call.part(frame)
        await call.part(
            call.frame("[DONE]")
            if call.wire == "openai"
            else call.frame({"done": True, "done_reason": "stop"})
        )
        await call.end()

    return stream


def _with_usage(call: Call, usage: dict[str, Any]) -> dict[str, Any]:
    if call.wire == "ollama":
        counts = {
            "prompt_eval_count": usage.get("prompt_tokens"),
            "eval_count": usage.get("completion_tokens"),
        }
        return {**call.delta(), **counts}
    return {"choices": [], "usage": usage}


_FIRST = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
_LAST = {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}
described("usage-missing", "No word about usage.", _usage())
described("usage-twice", "Usage twice; the second is right.", _usage(_FIRST, _LAST))
described("usage-first", "Usage before the text.", _usage(_LAST, first=True))
described(
    "usage-negative",
    "Negative counts.",
    _usage({"prompt_tokens": -5, "completion_tokens": 20, "total_tokens": -1}),
)
described(
    "usage-wrong", "Counts that are no numbers.", _usage({"prompt_tokens": "many", "completion_tokens": [1]})
)


# --- tool calls


def _tools(*frames: Callable[[Call], bytes]) -> Script:
    async def stream(call: Call) -> None:
        await call.head()
        for frame in frames:
            await call.part(frame(call))
        await call.finish("tool_calls")

    return stream


described(
    "tool-split-mid-escape",
    "OpenAI: a call's arguments cut inside an escape.",
    _tools(
        lambda call: tool_delta(call, 0, '{"q":"a\\u00', "call_0", "search"),
        lambda call: tool_delta(call, 0, "e9"),
        lambda call: tool_delta(call, 0, '\\n"}'),
    ),
)
described(
    "tool-invalid-json",
    "OpenAI: arguments that are not JSON.",
    _tools(lambda call: tool_delta(call, 0, '{"q":', "call_0", "search")),
)
described(
    "tool-duplicate-ids",
    "OpenAI: two calls under one id.",
    _tools(
        lambda call: tool_delta(call, 0, '{"q":1}', "same", "search"),
        lambda call: tool_delta(call, 1, '{"q":2}', "same", "search"),
    ),
)
described(
    "tool-without-index",
    "OpenAI: two whole calls, both at index 0, one of them without an id.",
    _tools(
        lambda call: tool_delta(call, 0, '{"q":1}', "first", "search"),
        lambda call: tool_delta(call, 0, '{"q":2}', "", "search"),
    ),
)
described(
    "tool-empty",
    "OpenAI: a call of nothing.",
    _tools(lambda call: call.frame(call.delta(tool_calls=[{"index": 0}, {"index": 1, "function": None}]))),
)


@fault
async def tool_huge_arguments(call: Call) -> None:
    """10 MB of arguments."""
    await call.head()
    piece = "x" * 100_000
    if call.wire == "ollama":
        asked = [{"function": {"name": "search", "arguments": {"q": piece * 100}}}]
        await call.part(call.frame(call.delta(tool_calls=asked)))
    else:
        await call.part(tool_delta(call, 0, '{"q":"', "call_0", "search"))
        for _ in range(100):
            await call.part(tool_delta(call, 0, piece))
    await call.finish("tool_calls")


@fault
async def tool_many_calls(call: Call) -> None:
    """1,000 calls in one answer."""
    await call.head()
    for index in range(1000):
        if call.wire == "ollama":
            asked = [{"function": {"name": "search", "arguments": {"q": index}}}]
            await call.part(call.frame(call.delta(tool_calls=asked)))
        else:
            await call.part(tool_delta(call, index, json.dumps({"q": index}), f"call_{index}", "search"))
    await call.finish("tool_calls")
