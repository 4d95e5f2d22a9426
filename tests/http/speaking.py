"""One good question in every dialect, as its clients send it, and what its refusals look like."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import uuid4

from rivulet.dialects.numbers import number_of
from rivulet.ports.dialect import AskDialect
from rivulet.wiring import dialects

from .conftest import Site

MODEL = "openai:scripted"
ASKING = {each.name: each for each in dialects() if hasattr(each, "parse")}


class Spoken(NamedTuple):
    method: str
    path: str
    body: dict[str, Any] | None = None
    headers: Mapping[str, str] = {}
    query: Mapping[str, str] = {}


async def empty_chat(site: Site) -> str:
    status, chat = await site.json("POST", "/chats", json={})
    assert status == 201
    return chat["data"]["id"]


async def question(site: Site, name: str, text: str = "Why?", model: str = MODEL) -> Spoken:
    """A streamed question. Protocols that cannot name a model get the server's own."""
    said = [{"role": "user", "content": text}]
    match name:
        case "minirag":
            return Spoken("POST", "/v1/chat", {"bot_profile_id": "default", "message": text, "stream": True})
        case "stages":
            return Spoken("POST", "/chat/stream", {"message": text, "session_id": None})
        case "assistant":
            number = number_of(await empty_chat(site))
            return Spoken("POST", f"/chat/{number}/stream", {"question": text, "model": model})
        case "messages":
            body = {"message": text, "conversationId": f"conv-{uuid4()}", "model": model}
            return Spoken("POST", "/api/v1/messages", body, {"accept": "text/event-stream"})
        case "agent":
            path = f"/chats/{await empty_chat(site)}/stream"
            return Spoken("GET", path, query={"promptText": text})
        case "openai_chat":
            body = {
                "model": model,
                "messages": said,
                "stream": True,
                "stream_options": {"include_usage": True},
            }
            return Spoken("POST", "/v1/chat/completions", body)
        case "openai_responses":
            return Spoken("POST", "/v1/responses", {"model": model, "input": text, "stream": True})
        case "ai_sdk":
            parts = [{"type": "text", "text": text}]
            message = {"id": "m1", "role": "user", "parts": parts}
            return Spoken("POST", "/api/chat", {"id": str(uuid4()), "messages": [message], "model": model})
        case "ag_ui":
            run = {"threadId": str(uuid4()), "runId": "r1", "tools": [], "context": [], "state": {}}
            message = {"id": "m1", "role": "user", "content": text}
            return Spoken("POST", "/ag-ui", run | {"messages": [message], "forwardedProps": {}})
        case "anthropic":
            body = {"model": model, "messages": said, "stream": True, "max_tokens": 100}
            return Spoken("POST", "/v1/messages", body)
        case "langgraph":
            path = f"/langgraph/threads/{uuid4()}/runs/stream"
            modes = ["values", "messages-tuple", "custom"]
            body = {"assistant_id": "default", "input": {"messages": said}, "stream_mode": modes}
            return Spoken("POST", path, body | {"stream_resumable": True})
        case _:
            raise KeyError(name)


async def told(site: Site, spoken: Spoken, **more: Any) -> tuple[int, bytes, Mapping[str, str]]:
    """Status, body and headers of the answer."""
    async with site.http.request(
        spoken.method,
        spoken.path,
        json=spoken.body,
        headers=dict(spoken.headers) | more.pop("headers", {}),
        params=dict(spoken.query),
        **more,
    ) as response:
        return response.status, await response.read(), response.headers


def is_refusal(name: str, body: Any) -> bool:
    """Whether it has the shape of that protocol's errors, with the request's id."""
    if "req-" not in json.dumps(body):
        return False
    match name:
        case "minirag" | "assistant" | "langgraph":
            return isinstance(body["detail"], str)
        case "stages":
            return body["content"].keys() == {"message", "code"} and isinstance(body["error"], str)
        case "messages":
            return body["status"] == "error" and isinstance(body["error"], str)
        case "agent":
            return body["status"] == "error" and {"message", "code"} <= body.keys()
        case "openai_chat" | "openai_responses":
            return {"message", "type", "param", "code"} <= body["error"].keys()
        case "anthropic":
            return body["type"] == "error" and body["error"].keys() == {"type", "message"}
        case "ai_sdk":
            return isinstance(body["error"], str)
        case "ag_ui":
            return body["type"] == "RUN_ERROR" and {"message", "code"} <= body.keys()
        case _:
            raise KeyError(name)


def asking(name: str) -> AskDialect:
    return ASKING[name]  # type: ignore[return-value]
