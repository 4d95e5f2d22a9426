"""One turn, many protocols: begun in one, followed and resumed in others, stopped from anywhere."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rivulet.domain.tenant import LOCAL
from rivulet.testing.model_call import Call
from rivulet.testing.model_scripts import saying
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import Site, parsed, serving, until
from .speaking import MODEL, Spoken, asking, is_refusal, question, told

pytestmark = pytest.mark.anyio


@pytest.fixture
async def site(tmp_path: Path, model: ScriptedModel) -> AsyncIterator[Site]:
    """The scripted model answers who cannot name one; who leaves has a moment to come back."""
    async with serving(tmp_path / "data", model, model=MODEL, disconnect_grace_s=0.1) as site:
        yield site


def turn_of(headers: Any) -> str:
    return next(part for part in headers["location"].split("?")[0].split("/") if part.startswith("trn_"))


def frames(data: bytes) -> list[bytes]:
    return [frame + b"\n\n" for frame in data.split(b"\n\n") if frame]


async def test_a_response_is_resumed_after_any_number(site: Site) -> None:
    """`starting_after` gives the rest with its numbers; without it everything; a foreign one is refused."""
    _, whole, headers = await told(site, await question(site, "openai_responses"))
    path, sent = f"/v1/responses/{turn_of(headers)}", frames(whole)
    assert [value["sequence_number"] for value in parsed(whole)] == list(range(len(sent)))
    assert (await told(site, Spoken("GET", path, query={"stream": "true"})))[1] == whole
    for seen in (0, 1, len(sent) // 2, len(sent) - 2):
        query = {"stream": "true", "starting_after": str(seen)}
        assert (await told(site, Spoken("GET", path, query=query)))[1] == b"".join(sent[seen + 1 :])
    query = {"stream": "true", "starting_after": str(len(sent) - 1)}
    assert (await told(site, Spoken("GET", path, query=query)))[:2] == (200, b"")
    for bad in ("x", "-1", "9999", str(len(sent)), "9" * 30, "1.5", ""):
        status, body, _ = await told(site, Spoken("GET", path, query=query | {"starting_after": bad}))
        assert (status, is_refusal("openai_responses", json.loads(body))) == (400, True), bad


async def test_an_ai_sdk_page_takes_its_answer_up_again(site: Site) -> None:
    """By its chat while it runs, by the run's id also after; from any part on, also counted from the end."""
    spoken = await question(site, "ai_sdk")
    assert spoken.body is not None
    chat = spoken.body["id"]
    assert (await told(site, Spoken("GET", f"/api/chat/{chat}/stream")))[0] == 204
    site.model.then(saying(*(f"w{n} " for n in range(30)), pace=20))
    first = asyncio.create_task(told(site, spoken))
    await site.model.called()
    status, again, headers = await told(site, Spoken("GET", f"/api/chat/{chat}/stream"))
    assert (status, headers["x-vercel-ai-ui-message-stream"]) == (200, "v1")
    _, whole, headers = await first
    run = headers["x-workflow-run-id"]
    assert (again, headers["x-vercel-ai-ui-message-stream"]) == (whole, "v1")
    assert (await told(site, Spoken("GET", f"/api/chat/{chat}/stream")))[0] == 204
    sent = frames(whole)
    for start, rest in ((0, sent), (3, sent[3:]), (-2, sent[-2:]), (-999, sent)):
        found = await told(site, Spoken("GET", f"/api/chat/{run}/stream", query={"startIndex": str(start)}))
        assert found[:2] == (200, b"".join(rest))
    assert found[2]["x-workflow-stream-tail-index"] == str(len(sent) - 1)
    for bad in ("x", "9999", "1e3"):
        status, body, _ = await told(
            site, Spoken("GET", f"/api/chat/{run}/stream", query={"startIndex": bad})
        )
        assert (status, is_refusal("ai_sdk", json.loads(body))) == (400, True)


async def test_a_run_is_joined_where_its_location_says(site: Site) -> None:
    """With the modes it was asked in, after the last event id; a cursor of other modes is refused."""
    spoken = await question(site, "langgraph")
    spoken = spoken._replace(body=(spoken.body or {}) | {"stream_mode": ["messages-tuple", "values"]})
    _, whole, headers = await told(site, spoken)
    location = headers["location"]
    assert location.startswith("/threads/")
    assert (await told(site, Spoken("GET", "/langgraph" + location)))[1] == whole
    sent = frames(whole)
    for seen in (1, len(sent) // 2, len(sent) - 1):
        cursor = next(line for line in sent[seen - 1].split(b"\n") if line.startswith(b"id: "))[4:].decode()
        found = await told(site, Spoken("GET", location, headers={"last-event-id": cursor}))
        assert found[1] == b"".join(sent[seen:])
    assert (await told(site, Spoken("GET", location, headers={"last-event-id": "-1"})))[1] == whole
    path = location.split("?")[0]
    every_mode = (await told(site, Spoken("GET", path)))[1]
    assert len(frames(every_mode)) > len(sent)
    assert (await told(site, Spoken("GET", path, query={"stream_mode": ""})))[1] == every_mode
    for cursor in ("1.7", "x", "9999"):
        status, body, _ = await told(site, Spoken("GET", location, headers={"last-event-id": cursor}))
        assert (status, is_refusal("langgraph", json.loads(body))) == (400, True), cursor
    status, body, _ = await told(site, Spoken("GET", location.replace("values", "debug")))
    assert (status, is_refusal("langgraph", json.loads(body))) == (422, True)


async def test_an_ag_ui_client_attaches_to_its_threads_run(site: Site) -> None:
    """From RUN_STARTED on, whether the run is being answered or over; by its id also an earlier one."""
    spoken = await question(site, "ag_ui")
    assert spoken.body is not None
    thread = spoken.body["threadId"]

    async def attached(**fields: Any) -> tuple[int, bytes]:
        body = {"threadId": thread, "runId": "mine", "messages": [], "tools": [], "context": []}
        return (await told(site, Spoken("POST", "/ag-ui/attach", body | fields)))[:2]

    assert (await attached())[0] == 404
    site.model.then(saying(*(f"w{n} " for n in range(20)), pace=15))
    first = asyncio.create_task(told(site, spoken))
    await site.model.called()
    assert await attached() == (200, (await first)[1])
    _, second, headers = await told(site, spoken)
    assert await attached() == (200, second)
    assert await attached(runId=turn_of((await first)[2])) == (200, (await first)[1])
    for bad, status in (
        ({"runId": "trn_" + "a" * 26}, 404),
        ({"threadId": "another", "runId": turn_of(headers)}, 404),
        ({"threadId": "no such"}, 400),
        ({"threadId": None}, 400),
    ):
        found, body = await attached(**bad)
        assert (found, is_refusal("ag_ui", json.loads(body))) == (status, True), bad


async def test_a_turn_is_a_durable_stream(site: Site) -> None:
    """Read at once or followed, from every offset it gives out; closed once the turn has ended."""
    started = await site.ask()
    log = await site.events(started["turn_id"])
    path = f"/v1/turns/{started['turn_id']}/durable"
    status, body, headers = await told(site, Spoken("GET", path))
    assert (status, json.loads(body)) == (200, log)
    assert (headers["stream-closed"], headers["stream-up-to-date"]) == ("true", "true")
    end = headers["stream-next-offset"]
    _, stream, _ = await told(site, Spoken("GET", path, query={"offset": "-1", "live": "sse"}))
    assert b'"streamClosed":true' in frames(stream)[-1]
    offset = json.loads(frames(stream)[3].split(b"data: ")[1])["streamNextOffset"]
    assert json.loads((await told(site, Spoken("GET", path, query={"offset": offset})))[1]) == log[2:]
    _, rest, _ = await told(site, Spoken("GET", path, query={"offset": offset, "live": "sse"}))
    assert frames(rest) == frames(stream)[4:]
    for query in ({"offset": end}, {"offset": "now"}, {"offset": end, "live": "sse"}):
        assert (await told(site, Spoken("GET", path, query=query)))[1] == b"[]"
    over = await told(site, Spoken("GET", path, query={"offset": end, "live": "long-poll"}))
    assert (over[0], over[1], over[2]["stream-closed"]) == (204, b"", "true")
    for query in (
        {"offset": "x"},
        {"offset": "9" * 16},
        {"live": "sse"},
        {"live": "long-poll"},
        {"live": "x"},
    ):
        assert (await told(site, Spoken("GET", path, query=query)))[0] == 400


async def test_a_durable_long_poll_waits_for_the_next_event(site: Site) -> None:
    """What is there comes at once; else the answer is there as soon as the event is."""
    is_read = asyncio.Event()

    async def in_two_pieces(call: Call) -> None:
        await call.head()
        await call.say("One ")
        await is_read.wait()
        await call.say("two.")
        await call.finish("stop")

    site.model.then(in_two_pieces)
    started = await site.ask()
    path, offset, seen = f"/v1/turns/{started['turn_id']}/durable", "-1", []
    while True:
        query = {"offset": offset, "live": "long-poll"}
        status, body, headers = await told(site, Spoken("GET", path, query=query))
        if status == 204:
            break
        seen.append(json.loads(body))
        assert (status, bool(seen[-1]), bool(headers["stream-cursor"])) == (200, True, True)
        offset = headers["stream-next-offset"]
        if any(event.get("delta") == "One " for event in seen[-1]):
            asyncio.get_running_loop().call_later(0.1, is_read.set)  # while the next poll waits
    assert headers["stream-closed"] == "true"
    assert [event for events in seen for event in events] == await site.events(started["turn_id"])
    assert len(seen) > 1


async def test_one_turn_in_every_protocol(site: Site) -> None:
    """Begun with OpenAI Chat, followed natively, taken up by an AI SDK page and as AG-UI, stopped natively:
    all end with the same text and the right "cancelled"."""
    chat = "page-1"
    await told(site, (await question(site, "ag_ui"))._replace(body=_ag_ui(chat)))
    said = [{"role": "user", "content": "Long?"}]
    body = {"model": "openai:pace:60:1000", "messages": said, "stream": True, "metadata": {"chat_id": chat}}
    async with site.http.post("/v1/chat/completions", json=body) as begun:
        turn_id = turn_of(begun.headers)
        ai_sdk = asyncio.create_task(told(site, Spoken("GET", f"/api/chat/{chat}/stream")))
        native = asyncio.create_task(site.stream(turn_id))
        responses = asyncio.create_task(
            told(site, Spoken("GET", f"/v1/responses/{turn_id}", query={"stream": "true"}))
        )
        openai = b""
        while openai.count(b"\n\n") < 20:
            openai += await begun.content.readuntil(b"\n\n")
        _, receipt = await site.json("POST", f"/v1/turns/{turn_id}/stop")
        openai += await begun.content.read()
    turn = (await site.json("GET", f"/v1/turns/{turn_id}"))[1]
    assert (receipt["status"], turn["status"], len(turn["text"])) == (
        "cancelled",
        "cancelled",
        receipt["kept_chars"],
    )
    chunks = [json.loads(one[6:]) for one in frames(openai) if not one.startswith(b"data: [")]
    texts = [
        "".join(
            part.get("delta", {}).get("content", "") for one in chunks for part in one.get("choices", ())
        ),
        "".join(event["delta"] for event in parsed(await native) if event["type"] == "text.delta"),
    ]
    assert (chunks[-1]["turn"]["status"], openai.endswith(b"data: [DONE]\n\n")) == ("cancelled", True)
    parts = [json.loads(one[6:]) for one in frames((await ai_sdk)[1]) if not one.startswith(b"data: [")]
    texts.append("".join(part["delta"] for part in parts if part["type"] == "text-delta"))
    assert [part["type"] for part in parts[-2:]] == ["abort", "finish"]
    events = parsed((await responses)[1])
    texts.append("".join(one["delta"] for one in events if one["type"] == "response.output_text.delta"))
    assert (events[-1]["type"], events[-1]["response"]["status"]) == ("response.incomplete", "cancelled")
    log = await site.house.service.log(LOCAL, turn_id)
    renderer = asking("ag_ui").renderer(True)
    run = parsed(b"".join(frame.data for event in log for frame in renderer.render(event)))
    texts.append("".join(one["delta"] for one in run if one["type"] == "TEXT_MESSAGE_CONTENT"))
    assert run[-1]["outcome"] == {"type": "cancelled"}
    assert texts == [turn["text"]] * 5


def _ag_ui(chat: str) -> dict[str, Any]:
    message = {"id": "m1", "role": "user", "content": "Short?"}
    return {"threadId": chat, "runId": "r", "messages": [message], "tools": [], "context": [], "state": {}}


@pytest.mark.parametrize("how", ["responses", "ai_sdk", "langgraph", "native"])
async def test_any_protocols_stop_ends_the_turn(site: Site, how: str) -> None:
    """Whoever began it; told twice, it says the same."""
    started = await site.ask(model="openai:pace:20:1000")
    chat, turn = started["chat_id"], started["turn_id"]
    await site.model.called()
    path = {
        "responses": f"/v1/responses/{turn}/cancel",
        "ai_sdk": f"/api/chat/{chat}/stop",
        "langgraph": f"/langgraph/threads/{chat}/runs/{turn}/cancel",
        "native": f"/v1/turns/{turn}/stop",
    }[how]
    if how == "ai_sdk":
        assert (await site.json("POST", path, json={"activeStreamId": "trn_another"}))[0] == 204
    status, body = await site.json("POST", path)
    assert status in (200, 204)
    assert (body or {"status": "cancelled"})["status"] == "cancelled"
    assert (await site.json("GET", f"/v1/turns/{turn}"))[1]["status"] == "cancelled"
    assert (await site.json("POST", path))[0] in (200, 204)


@pytest.mark.parametrize("is_streamed", [True, False])
async def test_leaving_is_how_a_chat_completion_is_stopped(site: Site, is_streamed: bool) -> None:
    """After a grace, when nobody else follows; whether the client streamed or waited."""
    said = [{"role": "user", "content": "Long?"}]
    body = {"model": "openai:pace:20:1000", "messages": said, "stream": is_streamed}
    asked = asyncio.create_task(told(site, Spoken("POST", "/v1/chat/completions", body)))
    call = await site.model.called()
    await until(lambda: len(site.house.service.hub.followers) == 1)
    (turn_id,) = [follower.turn_id for follower in site.house.service.hub.followers]
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    await until(lambda: call.closed is not None)
    assert parsed(await site.stream(turn_id))[-1]["status"] == "cancelled"


@pytest.mark.parametrize("name", ["stages", "openai_chat", "anthropic", "ag_ui"])
async def test_leaving_is_a_stop_where_there_is_no_other(site: Site, name: str) -> None:
    """After the grace the model is not asked any more, and what was said stays; the chat goes on."""
    site.model.then(saying(*(f"w{n} " for n in range(1000)), pace=50))
    spoken = await question(site, name)
    async with site.http.request(spoken.method, spoken.path, json=spoken.body) as begun:
        turn_id = turn_of(begun.headers)
        while b"w2" not in await begun.content.readuntil(b"\n\n"):
            pass
        begun.close()
    call = await site.model.called()
    await until(lambda: call.closed is not None)
    await site.stream(turn_id)
    _, turn = await site.json("GET", f"/v1/turns/{turn_id}")
    assert (turn["status"], turn["text"][:8]) == ("cancelled", "w0 w1 w2")
    again = await site.ask(chat_id=turn["chat_id"])
    assert (await site.events(again["turn_id"]))[-1]["status"] == "completed"


@pytest.mark.parametrize(
    "name", ["minirag", "assistant", "messages", "openai_responses", "ai_sdk", "langgraph"]
)
async def test_leaving_is_no_stop_where_a_client_comes_back(site: Site, name: str) -> None:
    """Nobody follows, and the answer is there in the end."""
    site.model.then(saying(*(f"w{n} " for n in range(30)), pace=60))
    spoken = await question(site, name)
    async with site.http.request(
        spoken.method, spoken.path, json=spoken.body, headers=dict(spoken.headers)
    ) as begun:
        turn_id = turn_of(begun.headers)
        await begun.content.readuntil(b"\n\n")
        begun.close()
    await until(lambda: not site.house.service.hub.followers)
    assert parsed(await site.stream(turn_id))[-1]["status"] == "completed"


async def test_a_page_that_watches_keeps_the_turn_of_one_who_left(site: Site) -> None:
    """The grace is over, but somebody still follows: the answer goes on to its end."""
    said = [{"role": "user", "content": "Long?"}]
    body = {"model": "openai:pace:60:40", "messages": said, "stream": True}
    async with site.http.post("/v1/chat/completions", json=body) as begun:
        watching = asyncio.create_task(site.stream(turn_of(begun.headers)))
        await until(lambda: len(site.house.service.hub.followers) == 2)
        begun.close()
    assert parsed(await watching)[-1]["status"] == "completed"
