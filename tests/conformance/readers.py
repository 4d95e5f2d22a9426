"""Readers written from the protocols and not from our renderers: what each dialect's client would keep."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple


class Event(NamedTuple):
    """What a client's parser hands over."""

    name: str | None
    data: str
    id: str | None


class Splitter:
    """Server-sent events, fed in pieces cut anywhere; an event counts when its blank line has come."""

    def __init__(self) -> None:
        self._rest = b""
        self._id: str | None = None

    def feed(self, piece: bytes) -> list[Event]:
        *blocks, self._rest = (self._rest + piece).split(b"\n\n")
        return [event for block in blocks if (event := self._read(block.decode("utf-8"))) is not None]

    def _read(self, block: str) -> Event | None:
        name, data = None, []
        for line in block.split("\n"):
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "id":
                self._id = value
            elif field == "event":
                name = value
            elif field == "data":
                data.append(value)
        return Event(name, "\n".join(data), self._id) if data else None


def events(body: bytes) -> list[Event]:
    return Splitter().feed(body)


def named(body: bytes) -> list[tuple[str | None, Any]]:
    """(event line, JSON) of every event."""
    return [(event.name, json.loads(event.data)) for event in events(body)]


def payloads(body: bytes) -> list[Any]:
    """The JSON of every event, without OpenAI's closing mark."""
    return [json.loads(event.data) for event in events(body) if event.data != DONE]


DONE = "[DONE]"


def blocks(body: bytes) -> list[Any]:
    """How the clients of `stages` and `messages` read: blocks between blank lines, JSON after `data: `."""
    found = []
    for block in body.decode("utf-8").split("\n\n"):
        if block and block != ":":
            assert block.startswith("data: ")
            found.append(json.loads(block.removeprefix("data: ")))
    return found


def lines(body: bytes) -> list[Any]:
    """How the client of `assistant` reads: single lines that begin with `data: `, up to `done`."""
    found = []
    for line in body.decode("utf-8").split("\n"):
        if line.startswith("data: "):
            found.append(json.loads(line.removeprefix("data: ")))
            if found[-1]["type"] == "done":
                break
    return found


def _joined(pieces: list[tuple[Any, str]]) -> str:
    """Parts that a client keeps apart, joined as the manual says: by a blank line."""
    parts: dict[Any, list[str]] = {}
    for part, piece in pieces:
        parts.setdefault(part, []).append(piece)
    return "\n\n".join(text for piece in parts.values() if (text := "".join(piece)))


def _typed(read: Callable[[bytes], list[Any]], type: str, key: str) -> Callable[[bytes], str]:
    return lambda body: "".join(value[key] for value in read(body) if value["type"] == type)


def _event_text(name: str, key: str) -> Callable[[bytes], str]:
    return lambda body: "".join(value[key] for event, value in named(body) if event == name)


def _openai_chat(body: bytes) -> str:
    chunks = [value for value in payloads(body) if "error" not in value]
    return "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"])


def _native(body: bytes) -> str:
    return _joined(
        [(value["part_id"], value["delta"]) for name, value in named(body) if name == "text.delta"]
    )


def _durable(body: bytes) -> str:
    log = [value for name, values in named(body) if name == "data" for value in values]
    return _joined([(value["part_id"], value["delta"]) for value in log if value["type"] == "text.delta"])


def _ai_sdk(body: bytes) -> str:
    return _joined([(one["id"], one["delta"]) for one in payloads(body) if one["type"] == "text-delta"])


def _ag_ui(body: bytes) -> str:
    content = [one for one in payloads(body) if one["type"] == "TEXT_MESSAGE_CONTENT"]
    return _joined([(one["messageId"], one["delta"]) for one in content])


def _anthropic(body: bytes) -> str:
    deltas = [one["delta"] for one in payloads(body) if one["type"] == "content_block_delta"]
    return "".join(delta["text"] for delta in deltas if delta["type"] == "text_delta")


def _langgraph(body: bytes) -> str:
    return "".join(value[0]["content"] for name, value in named(body) if name == "messages")


TEXT: dict[str, Callable[[bytes], str]] = {
    "native": _native,
    "minirag": _event_text("delta", "content"),
    "stages": _typed(blocks, "token", "content"),
    "assistant": _typed(lines, "chunk", "content"),
    "messages": _typed(blocks, "token", "content"),
    "agent": _event_text("token", "content"),
    "openai_chat": _openai_chat,
    "openai_responses": _typed(payloads, "response.output_text.delta", "delta"),
    "ai_sdk": _ai_sdk,
    "ag_ui": _ag_ui,
    "anthropic": _anthropic,
    "langgraph": _langgraph,
    "durable": _durable,
}
"""Dialect → the answer's text, as its client puts it together from the body."""


def _is_named(*names: str) -> Callable[[Event], bool]:
    return lambda event: event.name in names


def _has_type(*types: str) -> Callable[[Event], bool]:
    return lambda event: event.data != DONE and json.loads(event.data).get("type") in types


IS_LAST: dict[str, Callable[[Event], bool]] = {
    "native": _is_named("turn.finished"),
    "minirag": _is_named("done", "error"),
    "stages": _has_type("done", "error", "cancelled"),
    "assistant": _has_type("done"),
    "messages": _has_type("complete", "error"),
    "agent": _is_named("end"),
    "openai_chat": lambda event: event.data == DONE or "error" in json.loads(event.data),
    "openai_responses": _is_named("response.completed", "response.failed", "response.incomplete"),
    "ai_sdk": lambda event: event.data == DONE,
    "ag_ui": _has_type("RUN_FINISHED", "RUN_ERROR"),
    "anthropic": _is_named("message_stop", "error"),
    "langgraph": _is_named("end"),
    "durable": lambda event: event.name == "control" and "streamClosed" in json.loads(event.data),
}
"""Dialect → whether an event is its terminal one."""
