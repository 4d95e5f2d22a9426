"""The branches of a chat over HTTP: retries, edited questions, the chosen path (PROTOCOL.md §2.5, §7.2)."""

from typing import Any

import pytest

from .conftest import Site

pytestmark = pytest.mark.anyio


async def answered(site: Site, question: str = "What is it?", **fields: Any) -> dict[str, Any]:
    """A question with its answer."""
    started = await site.ask(question, **fields)
    await site.stream(started["turn_id"])
    return started


async def retried(site: Site, turn_id: str) -> dict[str, Any]:
    status, started = await site.json("POST", f"/v1/turns/{turn_id}/retry")
    assert status == 202
    await site.stream(started["turn_id"])
    return started


async def said(site: Site, chat_id: str) -> dict[str, Any]:
    status, found = await site.json("GET", f"/v1/chats/{chat_id}/messages")
    assert status == 200
    return found


async def test_a_retry_and_the_switch_back(site: Site) -> None:
    """§7.2: the retry is shown, the two answers know of each other, and the old one can be chosen again;
    the choice is still there when the chat is read again."""
    first = await answered(site)
    again = await retried(site, first["turn_id"])
    both = [first["turn_id"], again["turn_id"]]
    found = await said(site, first["chat_id"])
    question, answer = found["messages"]
    assert (found["path"], question["turn_id"], answer["id"]) == ([both[1]], both[1], again["message_id"])
    assert (question["answers"], answer["siblings"]) == (both, both)
    assert "siblings" not in question
    branch = f"/v1/chats/{first['chat_id']}/branch"
    status, chosen = await site.json("PUT", branch, json={"turn_id": both[0]})
    assert (status, chosen["messages"][1]["id"]) == (200, first["message_id"])
    assert await said(site, first["chat_id"]) == chosen


async def test_an_edited_question_keeps_the_old_branch(site: Site) -> None:
    """§2.5: it stands in for the old question with a history of its own; what came after the old one is
    still there, and choosing the old question leads to its end."""
    first = await answered(site, "One?")
    second = await answered(site, "Two?", chat_id=first["chat_id"])
    third = await answered(site, "Three?", chat_id=first["chat_id"])
    edited = await answered(site, "Two, really?", edit_of=second["turn_id"])
    assert edited["chat_id"] == first["chat_id"]
    found = await said(site, first["chat_id"])
    assert found["path"] == [first["turn_id"], edited["turn_id"]]
    assert [each["text"] for each in found["messages"] if each["role"] == "user"] == ["One?", "Two, really?"]
    question = found["messages"][2]
    assert question["siblings"] == [second["turn_id"], edited["turn_id"]]
    assert question["parent_id"] == first["turn_id"]
    body = {"turn_id": second["turn_id"]}
    _, chosen = await site.json("PUT", f"/v1/chats/{first['chat_id']}/branch", json=body)
    assert chosen["path"] == [first["turn_id"], second["turn_id"], third["turn_id"]]


async def test_the_first_question_can_be_edited(site: Site) -> None:
    """§2.5: then there are two beginnings, and neither has a parent."""
    first = await answered(site, "One?")
    edited = await answered(site, "Another?", edit_of=first["turn_id"])
    found = await said(site, first["chat_id"])
    assert found["path"] == [edited["turn_id"]]
    assert found["messages"][0]["siblings"] == [first["turn_id"], edited["turn_id"]]
    assert "parent_id" not in found["messages"][0]


async def test_a_turn_in_the_middle_can_be_continued(site: Site) -> None:
    """§2.5: `parent_id` says which; the question before it is not in the model's history."""
    first = await answered(site, "One?")
    await answered(site, "Two?", chat_id=first["chat_id"])
    other = await answered(site, "Three?", parent_id=first["turn_id"])
    assert (await said(site, first["chat_id"]))["path"] == [first["turn_id"], other["turn_id"]]
    asked = site.model.calls[-1].body.decode()
    assert [question in asked for question in ("One?", "Two?", "Three?")] == [True, False, True]


async def test_a_question_without_a_place_continues_what_was_chosen(site: Site) -> None:
    """§2.5: after switching back, the next question follows the old answer."""
    first = await answered(site)
    again = await retried(site, first["turn_id"])
    await site.json("PUT", f"/v1/chats/{first['chat_id']}/branch", json={"turn_id": first["turn_id"]})
    second = await answered(site, "And then?", chat_id=first["chat_id"])
    found = await said(site, first["chat_id"])
    assert found["path"] == [first["turn_id"], second["turn_id"]]
    assert again["message_id"] not in [message["id"] for message in found["messages"]]


async def test_places_that_are_not_there(site: Site) -> None:
    """§2.5, §9: an unknown turn, a turn of another chat, and two places at once are refused; nothing is
    asked."""
    one, other = await answered(site), await answered(site)
    body = {"input": "Why?", "model": "openai:scripted"}
    count = len(site.model.calls)
    for wrong, status in (
        ({"edit_of": "trn_unknown"}, 404),
        ({"parent_id": "trn_" + "a" * 26}, 404),
        ({"edit_of": one["turn_id"], "chat_id": other["chat_id"]}, 404),
        ({"edit_of": one["turn_id"], "parent_id": one["turn_id"]}, 400),
        ({"edit_of": 7}, 400),
        ({"parent_id": "x" * 129}, 400),
    ):
        assert (await site.json("POST", "/v1/turns", json=body | wrong))[0] == status, wrong
    branch = f"/v1/chats/{one['chat_id']}/branch"
    for turn_id, status in ((other["turn_id"], 404), ("trn_unknown", 404), ("\ud800\x00", 400), (None, 400)):
        assert (await site.json("PUT", branch, json={"turn_id": turn_id}))[0] == status
    assert (await site.json("PUT", "/v1/chats/cht_unknown/branch", json={"turn_id": one["turn_id"]}))[
        0
    ] == 404
    assert len(site.model.calls) == count


async def test_the_same_key_with_another_place_is_another_request(site: Site) -> None:
    """§2.3: a place is part of what the key stands for."""
    first = await answered(site)
    body = {"input": "Why?", "model": "openai:scripted", "chat_id": first["chat_id"], "on_busy": "queue"}
    headers = {"idempotency-key": "k"}
    assert (await site.json("POST", "/v1/turns", json=body, headers=headers))[0] == 202
    placed = body | {"edit_of": first["turn_id"]}
    assert (await site.json("POST", "/v1/turns", json=placed, headers=headers))[0] == 422


async def test_a_chat_is_called_something_else(site: Site) -> None:
    """§7.1: one line of at most 80 characters; a blank title is refused."""
    path = f"/v1/chats/{(await answered(site))['chat_id']}"
    status, chat = await site.json("PATCH", path, json={"title": "  A\nbetter\x00 name \ud800 " + "x" * 100})
    assert (status, chat["title"]) == (200, ("A better name " + "x" * 100)[:80])
    for title in ("", " \n", None, "x" * 1001):
        assert (await site.json("PATCH", path, json={"title": title}))[0] == 400
    assert (await site.json("PATCH", "/v1/chats/cht_unknown", json={"title": "x"}))[0] == 404


async def test_a_chat_is_read_page_by_page(site: Site) -> None:
    """§7.1: the newest first, each page with what was said before the next; the last one names no other.
    Retries and edits are what they are on any page, and on the page before one that is no longer chosen."""
    first = await answered(site, "0?")
    chat_id = first["chat_id"]
    turns = [first, *[await answered(site, f"{n}?", chat_id=chat_id) for n in range(1, 5)]]
    ids = [turn["turn_id"] for turn in turns]
    again = await retried(site, ids[0])
    await site.json("PUT", f"/v1/chats/{chat_id}/branch", json={"turn_id": ids[0]})

    async def page(**asked: Any) -> tuple[list[str], list[str], str | None]:
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        status, found = await site.json("GET", f"/v1/chats/{chat_id}/messages?{query}")
        assert status == 200
        asks = [each["text"] for each in found["messages"] if each["role"] == "user"]
        return found["path"], asks, found.get("next_before")

    assert await page(limit=2) == (ids[3:], ["3?", "4?"], ids[3])
    assert await page(limit=2, before=ids[3]) == (ids[1:3], ["1?", "2?"], ids[1])
    assert await page(limit=2, before=ids[1]) == (ids[:1], ["0?"], None)
    assert await page(limit=5) == (ids, [f"{n}?" for n in range(5)], None)
    edited = await answered(site, "Three, really?", edit_of=ids[3])
    assert await page(limit=1) == ([edited["turn_id"]], ["Three, really?"], edited["turn_id"])
    before = await page(limit=2, before=edited["turn_id"])
    assert before == await page(limit=2, before=ids[3]) == (ids[1:3], ["1?", "2?"], ids[1])
    status, oldest = await site.json("GET", f"/v1/chats/{chat_id}/messages?before={ids[1]}")
    assert (status, oldest["messages"][0]["answers"]) == (200, [ids[0], again["turn_id"]])


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=many", f"before={'x' * 129}"])
async def test_a_page_that_cannot_be(site: Site, query: str) -> None:
    """§7.1: refused in words."""
    started = await answered(site)
    status, refused = await site.json("GET", f"/v1/chats/{started['chat_id']}/messages?{query}")
    assert (status, refused["error"]["code"]) == (400, "invalid_request")


async def test_a_page_before_a_strange_turn(site: Site) -> None:
    """§7.1: one that is not there, or in another chat, is not found."""
    started, other = await answered(site), await answered(site)
    for turn_id in ("trn_unknown", other["turn_id"]):
        path = f"/v1/chats/{started['chat_id']}/messages?before={turn_id}"
        status, refused = await site.json("GET", path)
        assert (status, refused["error"]["code"]) == (404, "not_found")
