"""The chats of every protocol are the same chats: made, listed, renamed, read and deleted in its words."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from rivulet.dialects.numbers import number_of
from rivulet.testing.model_call import Call
from rivulet.testing.model_scripts import saying
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import Site, parsed, serving
from .speaking import MODEL, Spoken, question, told

pytestmark = pytest.mark.anyio


@pytest.fixture
async def site(tmp_path: Path, model: ScriptedModel) -> AsyncIterator[Site]:
    """The scripted model answers who cannot name one."""
    async with serving(tmp_path / "data", model, model=MODEL) as site:
        yield site


async def test_minirags_chats_have_their_figures(site: Site) -> None:
    """The list, one chat with counts, its messages with tokens."""
    body = {"bot_profile_id": "default", "message": "Why?"}
    _, answer = await site.json("POST", "/v1/chat", json=body)
    _, chats = await site.json("GET", "/v1/chat")
    assert [chat["id"] for chat in chats] == [answer["chat_id"]]
    _, chat = await site.json("GET", f"/v1/chat/{answer['chat_id']}")
    assert (chat["title"], chat["message_count"]) == ("Why?", 2)
    assert chat["total_prompt_tokens"] == answer["usage"]["prompt_tokens"] > 0
    _, messages = await site.json("GET", f"/v1/chat/{answer['chat_id']}/messages")
    assert [one["content"] for one in messages] == ["Why?", answer["message"]["content"]]
    status, found = await site.json("GET", "/v1/chat?limit=0")
    assert (status, found["code"]) == (422, "invalid_request")


async def test_minirags_feedback_is_the_answers(site: Site) -> None:
    """Given, seen in both APIs, taken back; questions take none, and nothing else is an opinion."""
    _, answer = await site.json("POST", "/v1/chat", json={"bot_profile_id": "default", "message": "Why?"})
    root = f"/v1/chat/{answer['chat_id']}/messages"
    turn = f"/v1/chats/{answer['chat_id']}/messages"
    mine = f"{root}/{answer['message']['id']}/feedback"
    for opinion, rating in (("positive", "up"), ("negative", "down"), (None, None)):
        status, rated = await site.json("PATCH", mine, json={"feedback": opinion})
        assert (status, rated["id"], rated["feedback"]) == (200, answer["message"]["id"], opinion)
        assert [one["feedback"] for one in (await site.json("GET", root))[1]] == [None, opinion]
        seen = (await site.json("GET", turn))[1]["messages"][1].get("feedback")
        assert (seen and seen["rating"]) == rating
    (question, _) = (await site.json("GET", root))[1]
    for path, body, status in (
        (f"{root}/{question['id']}/feedback", {"feedback": "positive"}, 422),
        (mine, {"feedback": "splendid"}, 422),
        (mine, {}, 422),
        (f"{root}/msg_unknown/feedback", {"feedback": None}, 404),
        (mine.replace(answer["chat_id"], "cht_unknown"), {"feedback": None}, 404),
    ):
        assert (await site.json("PATCH", path, json=body))[0] == status, path


async def test_minirags_chat_is_a_file(site: Site) -> None:
    """JSON unless CSV is asked for; nothing else."""
    _, answer = await site.json("POST", "/v1/chat", json={"bot_profile_id": "default", "message": "Why?"})
    path = f"/v1/chat/{answer['chat_id']}/export"
    _, found = await site.json("GET", path)
    assert found["turns"][0]["answer"]["text"] == answer["message"]["content"]
    async with site.http.get(f"{path}?format=csv") as response:
        assert (response.status, response.content_type) == (200, "text/csv")
        assert answer["message"]["content"] in await response.text()
    assert (await site.json("GET", f"{path}?format=pdf"))[0] == 422
    assert (await site.json("GET", "/v1/chat/cht_unknown/export"))[0] == 404


@pytest.mark.parametrize("root", ["/chat", "/api/chat"])
async def test_the_assistants_sessions_are_integers(site: Site, root: str) -> None:
    """Made, asked in, listed, renamed, read and deleted under one number that JavaScript keeps."""
    status, made = await site.json("POST", f"{root}/chat_sessions", json={"title": "Tea"})
    number = made["id"]
    assert (status, isinstance(number, int), number < 1 << 53) == (201, True, True)
    body = {"question": "Why?", "selected_document_ids": [7], "search_mode": "selected_only"}
    _, answer = await site.json("POST", f"{root}/{number}/message", json=body)
    assert (answer["session_id"], answer["model"]) == (number, MODEL)
    one = f"{root}/chat_sessions/{number}"
    assert (await site.json("PUT", one, json={"title": " Green  tea "}))[1]["title"] == "Green tea"
    assert (await site.json("GET", one))[1]["title"] == "Green tea"
    assert [each["id"] for each in (await site.json("GET", f"{root}/chat_sessions"))[1]] == [number]
    _, messages = await site.json("GET", f"{root}/{number}/messages")
    assert [(each["role"], each["session_id"]) for each in messages] == [
        ("user", number),
        ("assistant", number),
    ]
    assert (await site.json("GET", f"{root}/models"))[1]["default"] == MODEL
    assert (await site.json("DELETE", one))[0] == 204
    for bad in (number, 7, "x", 10**15, 10**20, -1):
        assert (await site.json("GET", f"{root}/chat_sessions/{bad}"))[0] == 404


async def test_a_chat_with_a_name_of_its_own_has_a_number_too(site: Site) -> None:
    """The assistant finds what another protocol's client has named."""
    name = f"conv-{uuid4()}"
    await site.json("POST", "/api/v1/messages", json={"message": "Hi", "conversationId": name})
    number = number_of(name)
    _, messages = await site.json("GET", f"/chat/{number}/messages")
    assert messages[0]["content"] == "Hi"
    _, answer = await site.json("POST", f"/chat/{number}/message", json={"question": "And?"})
    _, found = await site.json("GET", f"/v1/chats/{name}/messages")
    assert found["messages"][-1]["text"] == answer["answer"]


async def test_the_vue_chats_conversations(site: Site) -> None:
    """A name of the client's makes the chat; one of ours continues it; the rest is in their envelope."""
    name = f"conv-{uuid4()}"
    for text in ("One?", "Two?"):
        body = {"message": text, "conversationId": name}
        _, answer = await site.json("POST", "/api/v1/messages", json=body)
        assert (answer["status"], answer["conversationId"]) == ("success", name)
    _, made = await site.json("POST", "/api/v1/conversations", json={"title": "Mine"})
    ours = made["conversation"]["id"]
    _, answer = await site.json("POST", "/api/v1/messages", json={"message": "Hi", "conversationId": ours})
    assert answer["conversationId"] == ours
    _, found = await site.json("GET", f"/api/v1/conversations/{name}")
    assert [one["sender"] for one in found["conversation"]["messages"]] == ["user", "system"] * 2
    _, found = await site.json("GET", "/api/v1/conversations?limit=1")
    assert [one["title"] for one in found["conversations"]] == ["Mine"]
    _, found = await site.json("PUT", f"/api/v1/conversations/{name}", json={"title": "Renamed"})
    assert (found["status"], found["conversation"]["title"]) == ("success", "Renamed")
    assert (await site.json("DELETE", f"/api/v1/conversations/{name}"))[1] == {"status": "success"}
    status, found = await site.json("GET", f"/api/v1/conversations/{name}")
    assert (status, found["status"]) == (404, "error")
    _, found = await site.json("GET", "/api/v1/models")
    assert [one["id"] for one in found["models"] if one["default"]] == [MODEL]


@pytest.mark.parametrize("root", ["/chats", "/api/v1/chats"])
async def test_the_agents_chats_and_polled_answers(site: Site, root: str) -> None:
    """Accepted with the message's id; polled while it is written and after; then renamed and deleted."""
    _, made = await site.json("POST", root, json={})
    chat = made["data"]["id"]
    asked_for = asyncio.Event()

    async def when_asked_for(call: Call) -> None:
        await asked_for.wait()
        await saying("It ", "is ", "so.")(call)

    site.model.then(when_asked_for)
    status, asked = await site.json("POST", f"{root}/{chat}/messages", json={"content": "Why?"})
    answer = asked["data"]
    assert (status, asked["status"], answer["status"]) == (202, "success", "processing")
    _, found = await site.json("GET", f"{root}/{chat}/messages")
    assert [(one["role"], one["status"]) for one in found["data"]] == [
        ("user", "completed"),
        ("assistant", "processing"),
    ]
    running = (await site.json("GET", f"/v1/chats/{chat}"))[1]["running_turn_id"]
    asked_for.set()
    await site.stream(running)
    _, found = await site.json("GET", f"{root}/{chat}/messages/{answer['id']}")
    assert (found["data"]["status"], bool(found["data"]["content"])) == ("completed", True)
    assert (await site.json("GET", f"{root}/{chat}"))[1]["data"]["title"] == "Why?"
    assert (await site.json("PATCH", f"{root}/{chat}", json={"title": "T"}))[1]["data"]["title"] == "T"
    assert [one["title"] for one in (await site.json("GET", root))[1]["data"]] == ["T"]
    assert (await site.json("GET", f"{root}/{chat}/messages/msg_unknown"))[0] == 404
    assert (await site.json("DELETE", f"{root}/{chat}"))[1]["data"]["deleted"] is True
    status, found = await site.json("GET", f"{root}/{chat}/messages")
    assert (status, found["status"]) == (404, "error")


async def test_threads_are_chats(site: Site) -> None:
    """Made under the client's name or ours, once; busy while a run runs; the run's status by its id."""
    _, made = await site.json("POST", "/langgraph/threads", json={"thread_id": "t-1"})
    assert (made["thread_id"], made["status"]) == ("t-1", "idle")
    assert (await site.json("POST", "/langgraph/threads", json={"thread_id": "t-1"}))[0] == 409
    body = {"thread_id": "t-1", "if_exists": "do_nothing"}
    assert (await site.json("POST", "/langgraph/threads", json=body))[1]["thread_id"] == "t-1"
    assert (await site.json("POST", "/langgraph/threads", json={}))[1]["thread_id"].startswith("cht_")
    spoken = await question(site, "langgraph")
    _, stream, headers = await told(site, spoken._replace(path="/langgraph/threads/t-1/runs/stream"))
    run = headers["content-location"]
    assert (await site.json("GET", run))[1]["status"] == "success"
    assert (await site.json("GET", "/langgraph/threads/t-1"))[1]["status"] == "idle"
    _, values = await site.json("GET", f"{run}/join")
    assert values["messages"][0]["content"] in stream.decode()
    assert (await site.json("GET", run.replace("t-1", "t-2")))[0] == 404
    assert (await site.json("POST", f"{run}/cancel?wait=1&action=rollback"))[0] == 422
    assert (await site.json("POST", f"{run}/cancel?wait=1&action=interrupt"))[0] == 204


async def test_one_list_of_models_for_everybody(site: Site) -> None:
    """Our own clients read `models`, OpenAI's read `data`."""
    _, found = await site.json("GET", "/v1/models")
    assert found["object"] == "list"
    assert [one["id"] for one in found["models"]] == [one["id"] for one in found["data"]]
    listed = next(one for one in found["data"] if one["id"] == MODEL)
    assert listed == {"id": MODEL, "object": "model", "created": 0, "owned_by": "openai"}


async def test_a_response_that_stands_alone_can_be_deleted(site: Site) -> None:
    """One in a conversation is refused with the way to delete that."""
    _, first = await site.json("POST", "/v1/responses", json={"input": "One?"})
    status, gone = await site.json("DELETE", f"/v1/responses/{first['id']}")
    assert (status, gone) == (200, {"id": first["id"], "object": "response", "deleted": True})
    assert (await site.json("GET", f"/v1/responses/{first['id']}"))[0] == 404
    _, first = await site.json("POST", "/v1/responses", json={"input": "One?"})
    body = {"input": "Two?", "previous_response_id": first["id"]}
    _, second = await site.json("POST", "/v1/responses", json=body)
    assert second["metadata"]["chat_id"] == first["metadata"]["chat_id"]
    call = site.model.calls[-1]
    assert b"One?" in call.body
    status, found = await site.json("DELETE", f"/v1/responses/{second['id']}")
    assert (status, found["error"]["code"]) == (409, "conflict")


async def test_a_response_continues_the_one_it_names(site: Site) -> None:
    """Also when another was asked after it: what was said there is not remembered here."""
    _, first = await site.json("POST", "/v1/responses", json={"input": "One?"})
    for text, others in (("Two?", ()), ("Three?", (b"Two?",))):
        body = {"input": text, "previous_response_id": first["id"]}
        _, again = await site.json("POST", "/v1/responses", json=body)
        assert again["metadata"]["chat_id"] == first["metadata"]["chat_id"]
        said = site.model.calls[-1].body
        assert b"One?" in said
        assert not any(other in said for other in others)


async def test_an_idempotency_key_holds_in_every_dialect(site: Site) -> None:
    """Sent again, the question is the same turn; a bad key is refused."""
    spoken = await question(site, "openai_responses")
    seen = {(await told(site, spoken, headers={"idempotency-key": "k"}))[1] for _ in range(2)}
    assert len(seen) == 1
    assert parsed(seen.pop())[-1]["response"]["status"] == "completed"
    status, body, _ = await told(site, spoken, headers={"idempotency-key": "a b"})
    assert (status, json.loads(body)["error"]["code"]) == (400, "invalid_request")


async def test_every_path_a_dialect_names_is_there(site: Site) -> None:
    """No address of the page about dialects ends in the page or in nothing."""
    for dialect in site.house.dialects:
        for name in getattr(dialect, "paths", {}):
            method, _, path = name.partition(" ")
            status, body, _ = await told(site, Spoken(method, re.sub(r"\{\w+\}", "unknown", path)))
            assert b"nothing at this address" not in body, name
            assert b"This address takes" not in body, name
            assert status == 204 or isinstance(json.loads(body), (dict, list)), name
