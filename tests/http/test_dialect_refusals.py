"""What no dialect takes: each refusal has its protocol's shape, a status, and the request's id."""

import io
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rivulet.config import BadSettings
from rivulet.dialects.numbers import number_of
from rivulet.domain.tenant import Principal
from rivulet.ports.dialect import Ask
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import Site, serving
from .speaking import ASKING, MODEL, Spoken, is_refusal, question, told

pytestmark = pytest.mark.anyio

_ASKED = {
    "minirag": "message",
    "stages": "message",
    "assistant": "question",
    "messages": "message",
    "openai_chat": "messages",
    "openai_responses": "input",
    "ai_sdk": "messages",
    "ag_ui": "messages",
    "anthropic": "messages",
    "langgraph": "input",
}
"""The field that carries the question."""

MORE: Mapping[str, list[tuple[dict[str, Any], tuple[int, ...]]]] = {
    "minirag": [
        ({"stream": "yes"}, (422,)),
        ({"bot_profile_id": "nobody"}, (404,)),
        ({"chat_id": 7}, (422,)),
    ],
    "stages": [({"streaming": "yes"}, (422,)), ({"session_id": "cht_unknown"}, (404,))],
    "assistant": [
        ({"model": "gpt"}, (422,)),
        ({"search_mode": "best"}, (422,)),
        ({"selected_document_ids": ["a"]}, (422,)),
    ],
    "messages": [
        ({"conversationId": "mine"}, (422,)),
        ({"model": "gpt"}, (400, 422)),
        ({"history": "no"}, (422,)),
    ],
    "openai_chat": [
        ({"stream": "true"}, (400,)),
        ({"n": 2}, (400,)),
        ({"model": "gpt-4"}, (404,)),
        ({"stop": ["."]}, (400,)),
        ({"tools": [{"type": "function"}]}, (400,)),
        ({"metadata": {"chat_id": "cht_unknown"}}, (404,)),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}, (400,)),
    ],
    "openai_responses": [
        ({"stream": "true"}, (400,)),
        ({"previous_response_id": "resp_unknown"}, (404,)),
        ({"conversation": "cht_unknown"}, (404,)),
        ({"model": "gpt-4"}, (404,)),
        ({"tools": [{"type": "web_search"}]}, (400,)),
    ],
    "ai_sdk": [
        ({"id": "a/b"}, (400,)),
        ({"id": 7}, (400,)),
        ({"model": "gpt"}, (400,)),
        ({"trigger": "x"}, (400,)),
    ],
    "ag_ui": [({"threadId": ""}, (400,)), ({"tools": [{"name": "t"}]}, (400,))],
    "anthropic": [({"stream": "true"}, (400,)), ({"model": "claude"}, (404,)), ({"max_tokens": 0}, (400,))],
    "langgraph": [({"assistant_id": "nobody"}, (404,)), ({"stream_mode": "debug"}, (422,))],
}
"""A change to a good body, and the statuses it may have."""


@pytest.mark.parametrize("name", sorted(_ASKED))
async def test_a_bad_body_is_refused_in_the_protocols_own_shape(site: Site, name: str) -> None:
    """Missing and wrong-typed fields, unknown models and chats, things we do not take."""
    good = await question(site, name)
    assert good.body is not None
    key = _ASKED[name]
    without = {field: value for field, value in good.body.items() if field != key}
    bodies: list[tuple[bytes, tuple[int, ...]]] = [
        (raw, (400, 422)) for raw in (b"", b"{", b"null", b"[]", b"\xff", b"[" * 100_000)
    ]
    bodies += [(json.dumps(without | {key: bad}).encode(), (400, 422)) for bad in (None, 7, "", [], {"a": 1})]
    bodies += [(json.dumps(without).encode(), (400, 422))]
    bodies += [(json.dumps(good.body | change).encode(), allowed) for change, allowed in MORE[name]]
    for raw, allowed in bodies:
        headers = {"content-type": "application/json", **good.headers}
        status, found = await site.json(good.method, good.path, data=raw, headers=headers)
        assert status in allowed, (raw[:80], status, found)
        assert is_refusal(name, found), (raw[:80], found)
    assert [one["title"] for one in (await site.json("GET", "/v1/chats"))[1]["chats"] if one["title"]] == []


async def test_a_bad_question_of_the_agent_chat_is_refused(site: Site) -> None:
    """It stands in the query of a GET, which HEAD must not ask."""
    good = await question(site, "agent")
    for query in ({}, {"promptText": ""}, {"promptText": " \n"}, {"promptText": "x" * 33_000}):
        status, found = await site.json("GET", good.path, params=query)
        assert (status, is_refusal("agent", found)) == (400, True)
    status, found = await site.json("GET", "/chats/cht_unknown/stream", params=good.query)
    assert (status, found["code"], is_refusal("agent", found)) == (404, "not_found", True)
    async with site.http.head(good.path, params=dict(good.query)) as response:
        assert response.status == 400
    async with site.http.get(
        good.path, params=dict(good.query), headers={"sec-fetch-site": "cross-site"}
    ) as response:
        assert response.status == 403
    assert (await site.json("GET", good.path.replace("/stream", "/messages")))[1]["data"] == []


async def test_what_is_too_large_or_no_json_is_refused(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """By the door, which knows whose address it is; the log says which request and why."""
    json_type = {"content-type": "application/json"}
    for name in ASKING:
        good = await question(site, name)
        path = good.path.replace("/stream", "/messages") if name == "agent" else good.path
        large = io.BytesIO(b'{"a": "' + b"x" * (9 << 20) + b'"}')
        with caplog.at_level(logging.INFO, "rivulet"):
            status, found = await site.json("POST", path, data=large, headers=json_type)
        assert (status, is_refusal(name, found)) == (413, True), name
        request_id = next(part for part in json.dumps(found).split('"') if part.startswith("req-"))
        assert f"request {request_id} refused in {name}: too_large" in caplog.text
        status, found = await site.json("POST", path, data=b"a=b", headers={"content-type": "text/plain"})
        assert (status, is_refusal(name, found)) == (415, True), name


async def test_a_huge_history_is_refused(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """More than a model could read is too large, although the body is not; the log has the request's id."""
    long, user = "x" * 1_100_000, {"id": "m1", "role": "user"}
    talk = [{"role": "user", "content": long}, {"role": "user", "content": "Hi"}]
    parts = [user | {"parts": [{"type": "text", "text": text}]} for text in (long, "Hi")]
    changes: dict[str, dict[str, Any]] = {
        "messages": {"history": [{"sender": "user", "text": long}]},
        "openai_chat": {"messages": talk},
        "openai_responses": {"input": talk},
        "ai_sdk": {"messages": parts},
        "ag_ui": {"messages": [user | {"content": text} for text in (long, "Hi")]},
        "anthropic": {"messages": talk},
        "langgraph": {"input": {"messages": talk}},
    }
    for name, change in changes.items():
        good = await question(site, name)
        body = io.BytesIO(json.dumps((good.body or {}) | change).encode())
        with caplog.at_level(logging.INFO, "rivulet"):
            status, found = await site.json(
                "POST", good.path, data=body, headers={"content-type": "application/json"}
            )
        assert (status, is_refusal(name, found)) == (413, True), name
        request_id = next(part for part in json.dumps(found).split('"') if part.startswith("req-"))
        assert f"request {request_id} refused in {name}: too_large" in caplog.text


async def test_another_tenants_chat_is_not_there(site: Site) -> None:
    """Neither to ask in, nor to follow, read, stop or delete: as if there were none."""
    other = Principal(tenant_id="other")
    theirs = await site.house.service.ask(other, Ask(input="Secret", model=MODEL, search_mode="none"))
    chat, turn = theirs.chat_id, theirs.turn_id
    asks: dict[str, Spoken] = {
        "minirag": Spoken(
            "POST", "/v1/chat", {"bot_profile_id": "default", "message": "Hi", "chat_id": chat}
        ),
        "stages": Spoken("POST", "/chat", {"message": "Hi", "session_id": chat}),
        "openai_chat": (await question(site, "openai_chat")),
        "openai_responses": Spoken("POST", "/v1/responses", {"input": "Hi", "previous_response_id": turn}),
        "agent": Spoken("GET", f"/chats/{chat}/stream", query={"promptText": "Secret"}),
    }
    asks["openai_chat"] = asks["openai_chat"]._replace(
        body=(asks["openai_chat"].body or {}) | {"metadata": {"chat_id": chat}}
    )
    reads = [
        ("minirag", "GET", f"/v1/chat/{chat}/messages"),
        ("agent", "GET", f"/chats/{chat}/messages"),
        ("agent", "DELETE", f"/chats/{chat}"),
        ("agent", "POST", f"/chats/{chat}/ticket"),
        ("messages", "GET", f"/api/v1/conversations/{chat}"),
        ("openai_responses", "GET", f"/v1/responses/{turn}"),
        ("openai_responses", "GET", f"/v1/responses/{turn}?stream=true"),
        ("openai_responses", "POST", f"/v1/responses/{turn}/cancel"),
        ("openai_responses", "DELETE", f"/v1/responses/{turn}"),
        ("ai_sdk", "GET", f"/api/chat/{turn}/stream"),
        ("ai_sdk", "POST", f"/api/chat/{turn}/stop"),
        ("ag_ui", "POST", "/ag-ui/attach"),
        ("langgraph", "GET", f"/langgraph/threads/{chat}/runs/{turn}/stream"),
        ("langgraph", "POST", f"/langgraph/threads/{chat}/runs/{turn}/cancel"),
    ]
    for name, method, path in reads:
        body = {"threadId": chat, "runId": turn} if name == "ag_ui" else None
        asks[f"{name} {method} {path}"] = Spoken(method, path, body)
    for name, spoken in asks.items():
        status, body, _ = await told(site, spoken)
        assert (status, is_refusal(name.split()[0], json.loads(body))) == (404, True), name
    assert (await told(site, Spoken("GET", f"/v1/turns/{turn}/durable")))[0] == 404
    assert (await told(site, Spoken("GET", f"/api/chat/{chat}/stream")))[0] == 204


@pytest.mark.parametrize("name", ["ai_sdk", "ag_ui", "langgraph", "messages"])
async def test_a_name_that_another_tenant_chose_is_free(site: Site, name: str) -> None:
    """Where clients name their chats, two tenants may choose the same name: each has its own chat, and
    nothing of the other's."""
    chat = "conv-01234567-89ab-cdef-0123-456789abcdef"
    ask = Ask(input="Secret", model=MODEL, search_mode="none", chat_id=chat, names_chat=True)
    other = Principal(tenant_id="other")
    theirs = await site.house.service.ask(other, ask)
    spoken = await question(site, name)
    field = {"ai_sdk": "id", "ag_ui": "threadId", "messages": "conversationId"}.get(name)
    body = (spoken.body or {}) | ({field: chat} if field else {})
    path = f"/threads/{chat}/runs/stream" if name == "langgraph" else spoken.path
    status, _, headers = await told(site, spoken._replace(path=path, body=body))
    assert (status, theirs.turn_id in headers["location"]) == (200, False)
    said = (await site.json("GET", f"/v1/chats/{chat}/messages"))[1]["messages"]
    assert [one["text"] for one in said if one["role"] == "user"] == ["Why?"]
    assert (await site.house.service.chats.messages(other, chat))[0].text == "Secret"


async def test_a_busy_chat_says_so(site: Site) -> None:
    """409 in each shape while a turn of any other protocol runs in the chat."""
    started = await site.ask(model="openai:pace:20:1000")
    chat = started["chat_id"]
    said = [{"role": "user", "content": "And?"}]
    user = {"id": "m1", "role": "user"}
    asks = {
        "minirag": ("/v1/chat", {"bot_profile_id": "default", "message": "And?", "chat_id": chat}),
        "stages": ("/chat/stream", {"message": "And?", "session_id": chat}),
        "assistant": (f"/chat/{number_of(chat)}/stream", {"question": "And?"}),
        "messages": ("/api/v1/messages", {"message": "And?", "conversationId": chat}),
        "agent": (f"/chats/{chat}/messages", {"promptText": "And?"}),
        "openai_chat": (
            "/v1/chat/completions",
            {"model": MODEL, "messages": said, "metadata": {"chat_id": chat}},
        ),
        "openai_responses": ("/v1/responses", {"input": "And?", "conversation": chat}),
        "ai_sdk": (
            "/api/chat",
            {"id": chat, "messages": [user | {"parts": [{"type": "text", "text": "And?"}]}]},
        ),
        "ag_ui": ("/ag-ui", {"threadId": chat, "runId": "r", "messages": [user | {"content": "And?"}]}),
        "langgraph": (f"/threads/{chat}/runs/stream", {"input": {"messages": said}}),
    }
    assert asks.keys() == ASKING.keys() - {"anthropic"}, "whose clients know no chats"
    for name, (path, body) in asks.items():
        status, answer, _ = await told(site, Spoken("POST", path, body))
        assert (status, is_refusal(name, json.loads(answer))) == (409, True), name
    query = {"promptText": "And?"}
    assert (await told(site, Spoken("GET", f"/chats/{chat}/stream", query=query)))[0] == 409
    await site.json("POST", f"/v1/turns/{started['turn_id']}/stop")


async def test_a_draining_server_says_so(site: Site) -> None:
    """503 with Retry-After in every shape."""
    spoken = {name: await question(site, name) for name in ASKING}
    await site.house.service.drain(0.0)
    for name, each in spoken.items():
        status, body, headers = await told(site, each)
        assert (status, is_refusal(name, json.loads(body))) == (503, True), name
        assert headers["retry-after"]


async def test_a_dialect_can_be_switched_off(tmp_path: Path, model: ScriptedModel) -> None:
    """Its paths are a JSON 404 that says so, also those that a page could be asked for at; others go on."""
    async with serving(tmp_path / "off", model, dialects_off=("agent", "openai_chat")) as site:
        for name, method, path in (
            ("openai_chat", "POST", "/v1/chat/completions"),
            ("agent", "GET", "/chats"),
            ("agent", "GET", "/chats/cht_x/stream?promptText=Hi"),
        ):
            status, body, _ = await told(site, Spoken(method, path, {} if method == "POST" else None))
            assert (status, is_refusal(name, json.loads(body))) == (404, True)
            assert b"switched off" in body
        started = await site.ask()
        log = await site.events(started["turn_id"])
        assert not {"agent", "openai_chat"} & log[0]["dialects"].keys()
        assert log[0]["dialects"]["ag_ui"] == 1
    with pytest.raises(BadSettings, match="openai_chats"):
        async with serving(tmp_path / "bad", model, dialects_off=("openai_chats",)):
            pass


@pytest.mark.parametrize(
    "path",
    [
        "/api/nothing",
        "/chat",
        "/chats/a/b/c/d",
        "/ag-ui",
        "/langgraph/x",
        "/threads",
        "/runs/x",
        "/v1/chat/completions",
    ],
)
async def test_an_address_beside_a_dialects_is_json(site: Site, path: str) -> None:
    """Never the page: a client would take it for an answer."""
    async with site.http.get(path) as response:
        assert (response.status, response.content_type) == (404, "application/json")
        assert await response.json()


async def test_an_unforeseen_failure_is_told_in_the_protocols_shape(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 without details, and the log has them under the request's id."""

    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret")

    spoken = await question(site, "anthropic")
    monkeypatch.setattr(site.house.service, "ask", broken)
    status, body, _ = await told(site, spoken)
    assert (status, is_refusal("anthropic", json.loads(body))) == (500, True)
    assert b"secret" not in body
