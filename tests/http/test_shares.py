"""Links to what was said (PROTOCOL.md §7.4): read by anybody, and nothing but what was shared."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from rivulet.domain.errors import RateLimited
from rivulet.http import shares
from rivulet.http.shares import READS, READS_PER_S, _Allowance
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import Site, serving

pytestmark = pytest.mark.anyio
KEY = "the-server-key"
DOCUMENT = "The ferry to Aland leaves at nine in the morning and at six in the evening."


@pytest.fixture
async def locked(tmp_path: Path, model: ScriptedModel) -> AsyncIterator[Site]:
    """A server with a key, and a client that has it."""
    async with serving(tmp_path / "data", model, key=KEY) as site:
        async with aiohttp.ClientSession(site.url, headers={"x-api-key": KEY}) as http:
            stranger, site.http = site.http, http
            yield site
        site.http = stranger


async def answered(site: Site, question: str = "When does the ferry leave?", **fields: Any) -> dict[str, Any]:
    started = await site.ask(question, **fields)
    await site.stream(started["turn_id"])
    return started


async def shared(site: Site, chat_id: str) -> dict[str, Any]:
    status, share = await site.json("POST", f"/v1/chats/{chat_id}/shares")
    assert status == 201
    return share


async def read(site: Site, share_id: str) -> tuple[int, Any]:
    """As somebody without a key and without anything else."""
    async with (
        aiohttp.ClientSession(site.url) as stranger,
        stranger.get(f"/v1/shared/{share_id}") as response,
    ):
        if response.status == 200:
            assert response.headers["cache-control"] == "no-store"
            assert "noindex" in response.headers["x-robots-tag"]
        return response.status, await response.json()


async def test_a_link_is_read_without_a_key_until_it_is_ended(locked: Site) -> None:
    """§7.4: questions, answers, sources and citations; listed for its owner; 404 at once when ended."""
    path = Path(locked.house.settings.data_dir).parent / "ferry.md"
    path.write_text(DOCUMENT)
    await locked.house.index(path, lambda *_: None)
    started = await answered(locked, model="extractive", search_mode="all")
    share = await shared(locked, started["chat_id"])
    assert share["url"] == f"/share/{share['id']}"
    status, chat = await read(locked, share["id"])
    assert (status, chat["title"]) == (200, "When does the ferry leave?")
    question, answer = chat["messages"]
    assert (question["role"], question["text"]) == ("user", "When does the ferry leave?")
    assert "nine in the morning" in answer["text"]
    assert answer["sources"][0]["text"] == DOCUMENT
    assert answer["citations"][0]["n"] == answer["sources"][0]["n"]
    links = f"/v1/chats/{started['chat_id']}/shares"
    assert (await locked.json("GET", links))[1] == {"shares": [share]}
    assert (await locked.json("DELETE", f"{links}/{share['id']}"))[0] == 204
    assert (await read(locked, share["id"]))[0] == 404
    assert (await locked.json("DELETE", f"{links}/{share['id']}"))[0] == 404
    assert (await locked.json("GET", links))[1] == {"shares": []}


async def test_nothing_else_is_under_a_link(locked: Site) -> None:
    """§7.4: no ids of turns, chats, messages, documents or the model, no feedback and no address of the
    server's own; only the fields that the protocol names."""
    path = Path(locked.house.settings.data_dir).parent / "ferry.md"
    path.write_text(DOCUMENT)
    await locked.house.index(path, lambda *_: None)
    started = await answered(locked, model="extractive", search_mode="all")
    body = {"rating": "down", "comment": "secret opinion"}
    await locked.json("PUT", f"/v1/turns/{started['turn_id']}/feedback", json=body)
    share = await shared(locked, started["chat_id"])
    _, chat = await read(locked, share["id"])
    text = json.dumps(chat)
    for inner in ("trn_", "cht_", "msg_", "doc_", "src_", "/v1/", "extractive", "secret opinion", "score"):
        assert inner not in text
    question, answer = chat["messages"]
    assert set(chat) == {"title", "created_at", "messages"}
    assert set(question) == {"role", "text", "created_at"}
    assert set(answer) == {"role", "text", "created_at", "status", "sources", "citations"}


async def test_later_turns_are_not_under_it(locked: Site) -> None:
    """§7.4: what is asked, retried, edited, chosen or renamed afterwards is not seen; a new link shows it."""
    first = await answered(locked, "One?")
    share = await shared(locked, first["chat_id"])
    before = await read(locked, share["id"])
    await answered(locked, "Two?", chat_id=first["chat_id"])
    await answered(locked, "Other?", edit_of=first["turn_id"])
    _, again = await locked.json("POST", f"/v1/turns/{first['turn_id']}/retry")
    await locked.stream(again["turn_id"])
    await locked.json("PATCH", f"/v1/chats/{first['chat_id']}", json={"title": "Renamed"})
    assert await read(locked, share["id"]) == before
    later = await shared(locked, first["chat_id"])
    assert (await read(locked, later["id"]))[1]["title"] == "Renamed"


async def test_a_running_answer_is_not_shared(locked: Site) -> None:
    """§7.4: a chat without an answer has nothing to share; one with some shares what is finished."""
    first = await locked.ask(model="openai:pace:20:1000")
    path = f"/v1/chats/{first['chat_id']}/shares"
    status, problem = await locked.json("POST", path)
    assert (status, problem["error"]["code"]) == (409, "conflict")
    await locked.json("POST", f"/v1/turns/{first['turn_id']}/stop")
    running = await locked.ask("More?", model="openai:pace:20:1000", chat_id=first["chat_id"])
    share = await shared(locked, first["chat_id"])
    await locked.json("POST", f"/v1/turns/{running['turn_id']}/stop")
    _, chat = await read(locked, share["id"])
    assert [message.get("status") for message in chat["messages"]] == [None, "cancelled"]
    assert share["message_count"] == 2


async def test_deleting_the_chat_ends_its_links(locked: Site) -> None:
    """§7.4: nothing of it is read any more."""
    started = await answered(locked)
    share = await shared(locked, started["chat_id"])
    await locked.json("DELETE", f"/v1/chats/{started['chat_id']}")
    assert (await read(locked, share["id"]))[0] == 404


async def test_the_id_opens_nothing_else(locked: Site) -> None:
    """§7.4, §10: as a key, as a chat or a turn, or in another method it is refused like anything unknown."""
    started = await answered(locked)
    share = (await shared(locked, started["chat_id"]))["id"]
    tries = [
        ("POST", f"/v1/shared/{share}", 401),
        ("DELETE", f"/v1/shared/{share}", 401),
        ("GET", f"/v1/shared/{share}/messages", 401),
        ("GET", f"/v1/shared/{share}/", 401),
        ("GET", "/v1/shared/", 401),
        ("GET", f"/v1/chats/{started['chat_id']}/messages", 401),
        ("GET", f"/v1/chats/{started['chat_id']}/shares", 401),
    ]
    async with aiohttp.ClientSession(locked.url, headers={"x-api-key": share}) as stranger:
        for method, path, expected in tries:
            async with stranger.request(method, path) as response:
                assert (path, response.status) == (path, expected)
    for path in (f"/v1/chats/{share}/messages", f"/v1/turns/{share}"):
        assert (await locked.json("GET", path))[0] == 404


@pytest.mark.parametrize(
    "wrong", ["shr_unknown", "shr_" + "a" * 26, "cht_" + "a" * 26, "x" * 2000, "%00", "%27%20OR%201", "..%2f"]
)
async def test_an_unknown_link_leads_nowhere(locked: Site, wrong: str) -> None:
    """§7.4: 404 for everybody, whatever it looks like."""
    async with (
        aiohttp.ClientSession() as stranger,
        stranger.get(aiohttp.client.URL(f"{locked.url}/v1/shared/{wrong}", encoded=True)) as response,
    ):
        # An encoded slash is a second part of the path, and that is not the address of a link.
        assert response.status == (401 if "2f" in wrong else 404)


async def test_links_of_chats_that_are_not_there(locked: Site) -> None:
    """§1.4: unknown chats have none, and a link is ended through its own chat only."""
    one, other = await answered(locked), await answered(locked)
    share = await shared(locked, one["chat_id"])
    assert (await locked.json("POST", "/v1/chats/cht_unknown/shares"))[0] == 404
    assert (await locked.json("GET", "/v1/chats/cht_unknown/shares"))[0] == 404
    assert (await locked.json("DELETE", f"/v1/chats/{other['chat_id']}/shares/{share['id']}"))[0] == 404
    assert (await read(locked, share["id"]))[0] == 200


async def test_reading_links_is_limited(locked: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """§7.4: a flood is told to wait, and everything else is answered meanwhile."""
    monkeypatch.setattr(shares, "READS_PER_S", 0)  # however long they take
    answers = [(await read(locked, "shr_" + "a" * 26))[0] for _ in range(int(READS) + 3)]
    assert answers == [404] * int(READS) + [429] * 3
    status, problem = await read(locked, "shr_" + "a" * 26)
    assert (status, problem["error"]["code"]) == (429, "rate_limited")
    assert (await locked.json("GET", "/v1/chats"))[0] == 200


def test_the_allowance_grows_back() -> None:
    """§7.4: as many a second as it says, never more than at the start."""
    now = 0.0
    allowance = _Allowance(lambda: now)

    def taken() -> int:
        count = 0
        while True:
            try:
                allowance.take()
            except RateLimited:
                return count
            count += 1

    assert taken() == READS
    now = 2.0
    assert taken() == 2 * READS_PER_S
    now = 1e6
    assert taken() == READS


async def test_the_page_of_a_link(locked: Site) -> None:
    """It is the page itself, kept by nobody and found by no search engine, and its files are found from
    there."""
    async with aiohttp.ClientSession(locked.url) as stranger:
        async with stranger.get("/share/shr_" + "a" * 26) as response:
            page = await response.text()
            assert response.status == 200
            assert response.headers["cache-control"] == "no-store"
            assert "noindex" in response.headers["x-robots-tag"]
            assert response.headers["referrer-policy"] == "no-referrer"
            assert "frame-src 'self'" in response.headers["content-security-policy"]
        assert '"./assets/' not in page
        script = page.partition('src="')[2].partition('"')[0]
        async with stranger.get(f"/share/{script}") as response:
            assert response.status == 200
            assert "javascript" in response.headers["content-type"]
