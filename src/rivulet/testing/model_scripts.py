"""What a scripted model can be told: a script is an async function of one `Call`, good for both wires."""

import asyncio
import itertools
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from rivulet.testing.model_call import Call

Script = Callable[[Call], Awaitable[None]]

FAULTS: dict[str, Script] = {}
"""Every fault by the name that follows `fault:` in a model's name; see `model_faults`, `model_streams`."""

TEXT = (
    "The question is answered by the first source: the passage names the fact in its opening sentence [1]. "
    "What follows there gives the reason, and nothing in the other passages speaks against it [1]. "
    "Where the documents differ, the newer one is the one to trust."
)
"""What the default script says; its marks are kept only when the question came with sources."""


def answering(pace: float = 0, tokens: int | None = None) -> Script:
    """The default text, word by word, at `pace` tokens per second (0: at once), repeated up to `tokens`."""

    async def answer(call: Call) -> None:
        marked = b"<source n=" in call.body
        words = re.findall(r"\S+\s*", TEXT if marked else re.sub(r" \[\d+\]", "", TEXT))
        if tokens is not None:
            words = list(itertools.islice(itertools.cycle([*words[:-1], words[-1] + " "]), tokens))
        await saying(*words, pace=pace)(call)

    return answer


def saying(*pieces: str, pace: float = 0, finish: str = "stop") -> Script:
    """These pieces, a frame each, then a proper end. After a moment without the processor they do not come
    all at once: who reads would get them as one, and an answer that shall last would be over."""

    async def say(call: Call) -> None:
        if not call.streams:
            await whole_answer(call, "".join(pieces), finish)
            return
        await call.head()
        now = asyncio.get_running_loop().time
        due = now()
        for count, piece in enumerate(pieces):
            if pace and count:
                due = max(due + 1 / pace, now() + 0.5 / pace)
                await call.pause(due - now())
            await call.say(piece)
        await call.finish(finish, _words(call.body.decode("utf-8", "replace")), len(pieces))

    return say


def calling(*calls: tuple[str, dict[str, Any]]) -> Script:
    """Asks for these tools, by name and arguments."""

    async def call_tools(call: Call) -> None:
        await call.head()
        if call.wire == "ollama":
            asked = [{"function": {"name": name, "arguments": arguments}} for name, arguments in calls]
            await call.part(call.frame(call.delta(tool_calls=asked)))
            await call.finish("stop")
            return
        for index, (name, arguments) in enumerate(calls):
            await call.part(tool_delta(call, index, json.dumps(arguments), f"call_{index}", name))
        await call.finish("tool_calls")

    return call_tools


def refusing(status: int, message: str = "no", code: str | None = None, **headers: str) -> Script:
    """An HTTP error; headers with underscores for dashes, as in `retry_after="3"`."""

    async def refuse(call: Call) -> None:
        await call.refuse(status, message, code, **headers)

    return refuse


def sending(
    body: bytes,
    *,
    status: int = 200,
    content_type: str | None = None,
    split: int | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    ends: bool = True,
) -> Script:
    """Exactly this body, in writes of `split` bytes; without `ends` it then stays silent."""

    async def send(call: Call) -> None:
        await call.head(status, content_type, headers)
        step = split or len(body) or 1
        for start in range(0, len(body), step):
            await call.part(body[start : start + step])
        if not ends:
            await call.pause(None)
        await call.end()

    return send


def fault(script: Script) -> Script:
    """Enters a script into `FAULTS` under its own name."""
    FAULTS[script.__name__.replace("_", "-")] = script  # type: ignore[attr-defined]
    return script


def described(name: str, sentence: str, script: Script) -> None:
    """Enters a script that was made, not written."""
    script.__doc__ = sentence
    FAULTS[name] = script


async def whole_answer(call: Call, text: str, finish: str = "stop") -> None:
    """The answer of a model that was asked not to stream, or does not care."""
    if call.wire == "ollama":
        answer: dict[str, Any] = {**call.delta(content=text), "done": True, "done_reason": finish}
    else:
        message = {"role": "assistant", "content": text}
        answer = {
            "id": "chatcmpl-scripted",
            "object": "chat.completion",
            "created": 1735689600,
            "model": call.model,
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16},
        }
    await call.reply(200, json.dumps(answer).encode())


def _words(text: str) -> int:
    return len(text.split())


def tool_delta(
    call: Call, index: int, arguments: str, id: str | None = None, name: str | None = None
) -> bytes:
    function: dict[str, str] = {"arguments": arguments}
    asked: dict[str, Any] = {"index": index, "function": function}
    if name is not None:
        function["name"] = name
        asked |= {"id": id, "type": "function"}
    return call.frame(call.delta(tool_calls=[asked]))
