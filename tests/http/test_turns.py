"""The native API as a client meets it: start, follow, resume, stop, retry, read (PROTOCOL.md §2 to §7)."""

import asyncio
import socket
from pathlib import Path

import pytest

from rivulet.domain.prices import Price
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import KEY_CANARY, Site, parsed, serving, until

pytestmark = pytest.mark.anyio


async def test_a_turn_is_started_followed_and_read_back(site: Site) -> None:
    """§2.2, §4, §7: ids and a place to follow; the stream is the log; the message is its text."""
    started = await site.ask()
    events = await site.events(started["turn_id"])
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert (events[0]["type"], events[-1]["type"]) == ("turn.started", "turn.finished")
    said = "".join(event["delta"] for event in events if event["type"] == "text.delta")
    status, turn = await site.json("GET", f"/v1/turns/{started['turn_id']}")
    assert (status, turn["text"], turn["status"]) == (200, said, "completed")
    _, found = await site.json("GET", f"/v1/chats/{started['chat_id']}/messages")
    assert [message["text"] for message in found["messages"]] == ["What is it?", said]


async def test_a_priced_answer_has_its_cost(tmp_path: Path, model: ScriptedModel) -> None:
    """§3.4: in its log, its record and its message, by the operator's list; another model's has none."""
    prices = {"openai:scripted": Price(input=1000, output=2000, currency="EUR")}
    async with serving(tmp_path / "data", model, prices=prices) as site:
        started = await site.ask()
        usage = (await site.events(started["turn_id"]))[-1]["usage"]
        amount = (usage["input_tokens"] * 1000 + usage["output_tokens"] * 2000) / 1_000_000
        assert usage["cost"] == {"amount": pytest.approx(amount), "currency": "EUR"}
        _, turn = await site.json("GET", f"/v1/turns/{started['turn_id']}")
        _, chat = await site.json("GET", f"/v1/chats/{started['chat_id']}/messages")
        assert turn["usage"] == chat["messages"][-1]["usage"] == usage
        other = await site.ask(model="openai:pace:0:5")
        assert "cost" not in (await site.events(other["turn_id"]))[-1]["usage"]


async def test_the_answer_to_the_post_can_be_the_stream(site: Site) -> None:
    """§2.2: with Accept the stream comes at once, with the same Location and the headers proxies need."""
    body = {"input": "Hi", "model": "openai:scripted", "search_mode": "none"}
    async with site.http.post("/v1/turns", json=body, headers={"accept": "text/event-stream"}) as response:
        events = parsed(await response.read())
        assert response.headers["location"] == f"/v1/turns/{events[0]['turn_id']}"
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-cache, no-transform"
        assert response.headers["x-accel-buffering"] == "no"
        assert response.headers["x-request-id"]
    assert events[-1]["status"] == "completed"


async def test_a_reader_who_returns_gets_the_rest(site: Site) -> None:
    """§4.3: from every cursor, by header or query, exactly what comes after it; at the end 204."""
    started = await site.ask()
    whole = await site.stream(started["turn_id"])
    frames = [frame + b"\n\n" for frame in whole.split(b"\n\n") if frame]
    for seen in range(1, len(frames)):
        assert await site.stream(started["turn_id"], str(seen)) == b"".join(frames[seen:])
    path = f"/v1/turns/{started['turn_id']}/events?after=2"
    async with site.http.get(path, headers={"last-event-id": "3"}) as response:
        assert await response.read() == b"".join(frames[3:])
        assert response.headers["rivulet-resumed-from"] == "3"
    status, _ = await site.json("GET", f"/v1/turns/{started['turn_id']}/events?after={len(frames)}")
    assert status == 204


async def test_what_there_is_and_what_follows_it_is_the_whole_turn(site: Site) -> None:
    """§4.3, §7: in the middle of an answer the turn so far names the event after which to go on; nothing is
    lost or doubled."""
    started = await site.ask(model="openai:pace:40:40")
    path, so_far = f"/v1/turns/{started['turn_id']}", {"text": ""}
    while not so_far["text"]:
        _, so_far = await site.json("GET", path)
    rest = parsed(await site.stream(started["turn_id"], str(so_far["seq"])))
    assert (so_far["status"], rest[0]["seq"]) == ("in_progress", so_far["seq"] + 1)
    said = [event for event in rest if event["type"] == "text.delta"]
    assert {event["part_id"] for event in said} == {so_far["part_id"]}
    _, turn = await site.json("GET", path)
    assert so_far["text"] + "".join(event["delta"] for event in said) == turn["text"]
    assert [stage["stage_id"] for stage in so_far["stages_started"]] == [
        stage["stage_id"] for stage in turn["stages"]
    ]
    assert "part_id" not in turn


@pytest.mark.parametrize(
    "cursor", ["-1", "0x10", "１２", "1e3", "9" * 30, "99", "abc", "", "1,2", "1.1", "3.7", "01"]
)
async def test_a_bad_cursor_is_refused(site: Site, cursor: str) -> None:
    """§4.3: 400 cursor_invalid, never a guess."""
    started = await site.ask()
    await site.stream(started["turn_id"])
    status, body = await site.json("GET", f"/v1/turns/{started['turn_id']}/events", params={"after": cursor})
    assert (status, body["error"]["code"]) == (400, "cursor_invalid")


@pytest.mark.parametrize("part", ["1", "2"])
async def test_a_cursor_behind_the_end_is_refused(site: Site, part: str) -> None:
    """Also one that counts frames within the last event, of which the native protocol has one each."""
    started = await site.ask()
    count = (await site.stream(started["turn_id"])).count(b"\n\n")
    for seq in (count, count + 1):
        path = f"/v1/turns/{started['turn_id']}/events?after={seq}.{part}"
        status, body = await site.json("GET", path)
        assert (status, body["error"]["code"]) == (400, "cursor_invalid")


async def test_two_readers_get_the_same_bytes(site: Site) -> None:
    """One follows through, one is cut and comes back five times: the same stream."""
    started = await site.ask(model="openai:pace:200:120")
    path = f"/v1/turns/{started['turn_id']}/events"

    async def restless() -> bytes:
        received = b""
        for _ in range(5):
            cursor = received.count(b"\n\n")
            async with site.http.get(path, headers={"last-event-id": str(cursor)}) as response:
                for _ in range(4):
                    received += await response.content.readuntil(b"\n\n")
                response.close()
        return received + await site.stream(started["turn_id"], str(received.count(b"\n\n")))

    patient, restless_bytes = await asyncio.gather(site.stream(started["turn_id"]), restless())
    assert patient == restless_bytes


async def test_stop_closes_the_upstream_and_keeps_the_text(site: Site) -> None:
    """§5: the receipt comes after the end is on disk; the model's connection is closed."""
    started = await site.ask(model="openai:pace:20:1000")
    call = await site.model.called()
    await site.begun(started["turn_id"])
    status, receipt = await site.json("POST", f"/v1/turns/{started['turn_id']}/stop")
    events = await site.events(started["turn_id"])
    text = "".join(event["delta"] for event in events if event["type"] == "text.delta")
    assert (status, receipt["status"], receipt["upstream_closed"]) == (200, "cancelled", True)
    assert (receipt["final_seq"], receipt["kept_chars"]) == (events[-1]["seq"], len(text))
    assert text
    await until(lambda: call.closed is not None)
    assert await site.json("POST", f"/v1/turns/{started['turn_id']}/stop") == (200, receipt)


async def test_leaving_does_not_stop_the_answer(site: Site) -> None:
    """§4.1: a reader that disappears changes nothing for the turn."""
    started = await site.ask(model="openai:pace:100:60")
    async with site.http.get(f"/v1/turns/{started['turn_id']}/events") as response:
        await response.content.readuntil(b"\n\n")
        response.close()
    assert (await site.events(started["turn_id"]))[-1]["status"] == "completed"


async def test_one_answer_at_a_time(site: Site) -> None:
    """§2.4: refused with the running turn's id, or queued on request."""
    started = await site.ask(model="openai:pace:50:50")
    body = {"input": "And?", "chat_id": started["chat_id"], "model": "openai:scripted", "search_mode": "none"}
    status, refused = await site.json("POST", "/v1/turns", json=body)
    assert (status, refused["error"]["code"], refused["error"]["turn_id"]) == (
        409,
        "chat_busy",
        started["turn_id"],
    )
    queued = await site.ask(chat_id=started["chat_id"], on_busy="queue")
    events = await site.events(queued["turn_id"])
    assert "queued" in [event.get("stage") for event in events]
    assert events[-1]["status"] == "completed"


async def test_the_same_key_is_the_same_turn(site: Site) -> None:
    """§2.3: twenty parallel identical requests start one turn; another body is refused."""
    body = {"input": "Hi", "model": "openai:scripted", "search_mode": "none"}
    headers = {"idempotency-key": "k-1"}
    answers = await asyncio.gather(
        *(site.json("POST", "/v1/turns", json=body, headers=headers) for _ in range(20))
    )
    assert len({answer["turn_id"] for _, answer in answers}) == 1
    status, refused = await site.json("POST", "/v1/turns", json={**body, "input": "Ho"}, headers=headers)
    assert (status, refused["error"]["code"]) == (422, "idempotency_mismatch")
    await site.stream(answers[0][1]["turn_id"])
    assert len(site.model.calls) == 1


async def test_a_retry_that_is_sent_twice_starts_one_turn(site: Site) -> None:
    """A client that lost the answer sends the request again; the key belongs to that turn's retry alone."""
    first, second = await site.ask(), await site.ask()
    for started in (first, second):
        await site.stream(started["turn_id"])
    headers = {"idempotency-key": "k-retry"}
    path = f"/v1/turns/{first['turn_id']}/retry"
    status, once = await site.json("POST", path, headers=headers)
    assert status == 202
    assert await site.json("POST", path, headers=headers) == (202, once)
    assert once["turn_id"] != first["turn_id"]
    status, refused = await site.json("POST", f"/v1/turns/{second['turn_id']}/retry", headers=headers)
    assert (status, refused["error"]["code"]) == (422, "idempotency_mismatch")


async def test_retry_asks_again(site: Site) -> None:
    """§6: a new turn that names the old one."""
    first = await site.ask()
    await site.stream(first["turn_id"])
    status, again = await site.json("POST", f"/v1/turns/{first['turn_id']}/retry")
    events = await site.events(again["turn_id"])
    assert (status, events[0]["retry_of"], again["chat_id"]) == (202, first["turn_id"], first["chat_id"])


async def test_a_deleted_chat_is_gone(site: Site) -> None:
    """§7: 204, then 404 for everything in it."""
    started = await site.ask()
    await site.stream(started["turn_id"])
    assert (await site.json("DELETE", f"/v1/chats/{started['chat_id']}"))[0] == 204
    for path in (f"/v1/turns/{started['turn_id']}", f"/v1/chats/{started['chat_id']}/messages"):
        assert (await site.json("GET", path))[0] == 404


async def test_turns_are_listed_in_pages(site: Site) -> None:
    """§7: newest first, each once, with what is needed to follow it; of one chat on request."""
    started = [await site.ask(question) for question in ("One?", "Two?", "Long " * 100)]
    for each in started:
        await site.stream(each["turn_id"])
    _, first = await site.json("GET", "/v1/turns?limit=2")
    _, second = await site.json("GET", f"/v1/turns?limit=2&before={first['next_before']}")
    assert [each["id"] for each in first["turns"] + second["turns"]] == [
        each["turn_id"] for each in reversed(started)
    ]
    assert second["next_before"] is None
    turn = second["turns"][0]
    assert (turn["status"], turn["question"], turn["chat_id"]) == ("completed", "One?", started[0]["chat_id"])
    assert first["turns"][0]["question"] == "Long " * 40
    _, of_chat = await site.json("GET", f"/v1/turns?chat_id={turn['chat_id']}")
    assert of_chat["turns"] == [turn]
    for query in ("before=trn_unknown", "chat_id=cht_unknown"):
        assert (await site.json("GET", f"/v1/turns?{query}"))[0] == 404
    assert (await site.json("GET", "/v1/turns?limit=0"))[0] == 400


async def test_chats_are_listed_in_pages(site: Site) -> None:
    """§7: the last used first, the next page by its cursor, the running turn named."""
    made = [await site.ask(f"Question {n}", model="openai:pace:100:5") for n in range(3)]
    for each in made:
        await site.stream(each["turn_id"])
    _, first = await site.json("GET", "/v1/chats?limit=2")
    _, second = await site.json("GET", f"/v1/chats?limit=2&before={first['next_before']}")
    titles = [chat["title"] for chat in first["chats"] + second["chats"]]
    assert titles == ["Question 2", "Question 1", "Question 0"]


async def test_the_heartbeat_is_a_comment_line(tmp_path: Path, model: ScriptedModel) -> None:
    """§4.2: while nothing happens a `:` line comes, and it is not an event."""
    async with serving(tmp_path / "d", model, heartbeat_s=0.1) as site:
        started = await site.ask(model="openai:fault:hang-before-headers")
        async with site.http.get(f"/v1/turns/{started['turn_id']}/events") as response:
            received = b""
            while b":\n:\n" not in received:
                received += await response.content.readany()
            response.close()
        await site.json("POST", f"/v1/turns/{started['turn_id']}/stop")


async def test_long_connections_end_and_the_reader_returns(tmp_path: Path, model: ScriptedModel) -> None:
    """§4.4: the server ends an old connection cleanly, without a terminal event."""
    async with serving(tmp_path / "d", model, heartbeat_s=0.1, max_connection_s=0.2) as site:
        started = await site.ask(model="openai:pace:20:1000")
        received = await site.stream(started["turn_id"])
        assert b"turn.finished" not in received
        await site.json("POST", f"/v1/turns/{started['turn_id']}/stop")
        rest = await site.stream(started["turn_id"], str(received.count(b"\n\nid:") + 1))
        assert parsed(rest)[-1]["status"] == "cancelled"


async def test_a_reader_who_never_reads_is_cut(tmp_path: Path, model: ScriptedModel) -> None:
    """A stalled reader holds a bounded amount and loses its connection; the turn and others go on."""
    async with serving(tmp_path / "d", model, stall_s=1.0) as site:
        started = await site.ask(model="openai:pace:0:8000")
        host, port = site.url.removeprefix("http://").split(":")
        with socket.socket() as lazy:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.connect((host, int(port)))
            lazy.sendall(
                f"GET /v1/turns/{started['turn_id']}/events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
            )
            assert (await site.events(started["turn_id"]))[-1]["status"] == "completed"
            await until(lambda: not site.house.service.hub.followers)


async def test_a_key_opens_the_api(tmp_path: Path, model: ScriptedModel) -> None:
    """§10: without the key everything but health is 401, and the answer tells how to send it."""
    async with serving(tmp_path / "d", model, key="open-sesame") as site:
        assert (await site.json("GET", "/livez"))[0] == 200
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic open-sesame"}):
            status, body = await site.json("GET", "/v1/chats", headers=headers)
            assert (status, body["error"]["code"]) == (401, "unauthorised")
        status, _ = await site.json("GET", "/v1/chats", headers={"authorization": "Bearer open-sesame"})
        assert status == 200


async def test_no_secret_leaves(site: Site) -> None:
    """The provider's key is in no event, no error and no metric."""
    started = await site.ask(model="openai:fault:error-with-key")
    everything = await site.stream(started["turn_id"])
    async with site.http.get("/metrics") as response:
        everything += await response.read()
    assert KEY_CANARY.encode() not in everything
    assert parsed(everything)[-1]["error"]["code"] == "upstream_failed"


async def test_a_killed_connection_pool_does_not_matter(site: Site) -> None:
    """A hundred turns at once all end, each with its own text."""
    started = await asyncio.gather(
        *(site.ask(f"Question {n}", model="openai:pace:500:20") for n in range(100))
    )
    ends = await asyncio.gather(*(site.events(each["turn_id"]) for each in started))
    assert {events[-1]["status"] for events in ends} == {"completed"}


async def test_the_server_drains(tmp_path: Path, model: ScriptedModel) -> None:
    """New turns get 503 with Retry-After, running ones their time, readers a clean end."""
    async with serving(tmp_path / "d", model, drain_s=60.0) as site:
        started = await site.ask(model="openai:pace:50:50")
        following = asyncio.create_task(site.stream(started["turn_id"]))
        await site.model.called()
        draining = asyncio.create_task(site.house.service.drain(60.0))
        await asyncio.sleep(0)
        async with site.http.post("/v1/turns", json={"input": "Hi"}) as response:
            assert (response.status, (await response.json())["error"]["code"]) == (503, "draining")
            assert response.headers["retry-after"]
        assert (await site.json("GET", "/readyz"))[0] == 503
        await draining
        assert parsed(await following)[-1]["status"] == "completed"


async def test_turns_survive_a_restart(tmp_path: Path, model: ScriptedModel) -> None:
    """What was said before the server stopped is there after it, ended as interrupted."""
    async with serving(tmp_path / "d", model) as site:
        started = await site.ask(model="openai:pace:50:1000")
        await site.begun(started["turn_id"])
    async with serving(tmp_path / "d", model) as site:
        events = await site.events(started["turn_id"])
        assert (events[-1]["status"], events[-1]["error"]["code"]) == ("failed", "interrupted")
        _, found = await site.json("GET", f"/v1/chats/{started['chat_id']}/messages")
        said = "".join(event["delta"] for event in events if event["type"] == "text.delta")
        assert found["messages"][1]["text"] == said
        assert said
