"""The agent chat's EventSource: it comes back to its turn, asks nothing twice, and enters with a ticket."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rivulet.domain.errors import Unauthorised
from rivulet.domain.tenant import LOCAL
from rivulet.http.dialects.tickets import UNUSED_S, USED_S, Tickets
from rivulet.testing.model_scripts import saying
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import Site, serving
from .speaking import MODEL, empty_chat, is_refusal

pytestmark = pytest.mark.anyio
WHY = {"promptText": "Why?"}
SLOW = saying(*(f"w{n} " for n in range(30)), pace=30)


@pytest.fixture
async def site(tmp_path: Path, model: ScriptedModel) -> AsyncIterator[Site]:
    """The scripted model answers who cannot name one."""
    async with serving(tmp_path / "data", model, model=MODEL) as site:
        yield site


async def stream(site: Site, chat: str, seen: str | None = None, **query: str) -> tuple[int, bytes]:
    """What one connection of an EventSource gets."""
    headers = {} if seen is None else {"last-event-id": seen}
    async with site.http.get(f"/chats/{chat}/stream", params=WHY | query, headers=headers) as response:
        return response.status, await response.read()


async def turns(site: Site, chat: str) -> int:
    _, found = await site.json("GET", f"/v1/chats/{chat}/messages")
    return sum(one["role"] == "user" for one in found["messages"])


def frames(data: bytes) -> list[bytes]:
    return [frame + b"\n\n" for frame in data.split(b"\n\n") if frame]


def id_of(frame: bytes) -> str:
    return frame.split(b"\n")[0].removeprefix(b"id: ").decode()


async def test_it_comes_back_after_any_frame(site: Site) -> None:
    """With the id it saw it gets the rest of its turn, never another one; with the last id, 204."""
    chat = await empty_chat(site)
    _, whole = await stream(site, chat)
    sent = frames(whole)
    for count, frame in enumerate(sent[:-1], start=1):
        assert await stream(site, chat, id_of(frame)) == (200, b"".join(sent[count:]))
    assert await stream(site, chat, id_of(sent[-1])) == (204, b"")
    assert await turns(site, chat) == 1


async def test_it_comes_back_while_the_answer_is_written(site: Site) -> None:
    """Cut in the middle: both connections together have what one would have had."""
    chat = await empty_chat(site)
    site.model.then(SLOW)
    received = b""
    async with site.http.get(f"/chats/{chat}/stream", params=WHY) as response:
        while received.count(b"\n\n") < 8:
            received += await response.content.readuntil(b"\n\n")
        response.close()
    _, rest = await stream(site, chat, id_of(frames(received)[-1]))
    turn_id = (await site.house.service.chats.messages(LOCAL, chat))[0].turn_id
    renderer = next(each for each in site.house.dialects if each.name == "agent").renderer(False)
    log = await site.house.service.log(LOCAL, turn_id)
    assert received + rest == b"".join(frame.data for event in log for frame in renderer.render(event))


async def test_one_that_was_cut_before_its_first_id_joins_its_turn(site: Site) -> None:
    """The same question while it is being answered is the same turn; another one is refused."""
    chat = await empty_chat(site)
    site.model.then(SLOW)
    async with site.http.get(f"/chats/{chat}/stream", params=WHY) as response:
        response.close()
    await site.model.called()
    assert (await stream(site, chat))[0] == 200
    assert await turns(site, chat) == 1


@pytest.mark.parametrize("seen", ["x", "9999", "1.9", "-1", "0.1"])
async def test_a_foreign_id_is_refused(site: Site, seen: str) -> None:
    """And so is an id for a question that was never asked."""
    chat = await empty_chat(site)
    await stream(site, chat)
    status, body = await stream(site, chat, seen)
    assert (status, is_refusal("agent", json.loads(body))) == (400, True)
    status, body = await stream(site, chat, "1", promptText="What?")
    assert (status, json.loads(body)["code"]) == (400, "cursor_invalid")


async def test_a_ticket_lets_in_once(tmp_path: Path, model: ScriptedModel) -> None:
    """Bound to its chat, good for one question and for coming back to its answer, and for nothing else."""
    async with serving(tmp_path / "keyed", model, key="k", model=MODEL) as site:
        site.http.headers["authorization"] = "Bearer k"
        chat, other = await empty_chat(site), await empty_chat(site)
        status, made = await site.json("POST", f"/chats/{chat}/ticket")
        ticket = made["data"]["ticket"]
        assert (status, made["data"]["expiresIn"]) == (201, 60)
        del site.http.headers["authorization"]
        assert (await stream(site, chat))[0] == 401
        assert (await stream(site, other, ticket=ticket))[0] == 401
        assert (await stream(site, chat, ticket="guessed"))[0] == 401
        for path in (f"/chats/{chat}", f"/chats/{chat}/messages", "/v1/chats"):
            assert (await site.json("GET", path, params={"ticket": ticket}))[0] == 401
        status, whole = await stream(site, chat, ticket=ticket)
        sent = frames(whole)
        assert (status, b"event: end" in sent[-1]) == (200, True)
        assert await stream(site, chat, id_of(sent[2]), ticket=ticket) == (200, b"".join(sent[3:]))
        assert await stream(site, chat, id_of(sent[-1]), ticket=ticket) == (204, b"")
        assert await stream(site, chat, ticket=ticket, promptText="Another?") == (200, whole)
        site.http.headers["authorization"] = "Bearer k"
        assert await turns(site, chat) == 1


def test_a_ticket_ends_after_a_minute() -> None:
    """Unused it is over after a minute; used it lives as long as an answer may; two cannot use one."""
    now = 0.0
    tickets = Tickets(lambda: now, lambda: f"word-{now}")
    unused = tickets.make(LOCAL, "c")
    now = 1.0
    used = tickets.make(LOCAL, "c")
    tickets.use(tickets.find(used, "c"))
    with pytest.raises(Unauthorised):
        tickets.use(tickets.find(used, "c"))
    now = UNUSED_S
    with pytest.raises(Unauthorised):
        tickets.find(unused, "c")
    assert tickets.find(used, "c").who == LOCAL
    now = 1.0 + USED_S
    with pytest.raises(Unauthorised):
        tickets.find(used, "c")
