"""The witness finds what is wrong with a turn; a healthy one passes."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from rivulet.domain import events as e
from rivulet.testing.follower import Follower
from rivulet.testing.scripted_model import ScriptedModel
from rivulet.testing.witness import Account, counting, examine, question, whole_text

TURN = "trn_x"
ASKED = question(3, 0, "a test")
Examine = Callable[..., Any]


def log_of(*words: str, status: e.Status = "completed") -> list[e.AnyEvent]:
    drafts: list[e.AnyEvent] = [
        e.TurnStarted(turn_id=TURN, chat_id="cht_x", message_id="msg_b", user_message_id="msg_a", model="m"),
        e.TextStarted(part_id="t"),
        *(e.TextDelta(part_id="t", delta=word) for word in words),
        e.TextFinished(part_id="t"),
        e.TurnFinished(status=status, finish_reason="stop" if status == "completed" else "cancelled"),
    ]
    return [e.numbered(draft, seq) for seq, draft in enumerate(drafts, start=1)]


class Pretender:
    """A server of one finished turn, whose every answer can be made to lie."""

    def __init__(self) -> None:
        self.log = log_of("1 ", "2 ", "3 ")
        self.record: dict[str, object] = {"status": "completed", "text": "1 2 3 ", "seq": 7}
        self.messages: list[dict[str, object]] = [
            {"turn_id": TURN, "role": "user", "text": ASKED},
            {"turn_id": TURN, "role": "assistant", "text": "1 2 3 "},
        ]

    def sent(self) -> list[bytes]:
        return [e.encode(event) for event in self.log]

    async def events(self, _: web.Request) -> web.Response:
        frames = [
            b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, e.type_of(event).encode(), e.encode(event))
            for event in self.log
        ]
        return web.Response(body=b"".join(frames), content_type="text/event-stream")

    async def turn(self, _: web.Request) -> web.Response:
        return web.json_response(self.record)

    async def chat(self, _: web.Request) -> web.Response:
        return web.json_response({"messages": self.messages})


@pytest.fixture
def pretender() -> Pretender:
    return Pretender()


@pytest.fixture
async def examined(pretender: Pretender) -> AsyncIterator[Examine]:
    """Examines the pretender's turn, of which followers were shown these events."""
    app = web.Application()
    app.router.add_get(f"/v1/turns/{TURN}/events", pretender.events)
    app.router.add_get(f"/v1/turns/{TURN}", pretender.turn)
    app.router.add_get("/v1/chats/cht_x/messages", pretender.chat)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as session:

        async def run(*shown: Sequence[bytes]) -> Account:
            followers = [Follower(session, lambda: url, TURN) for _ in shown]
            for follower, events in zip(followers, shown, strict=True):
                follower.events, follower.is_done = list(events), True
            return await examine(session, url, TURN, ASKED, 3, followers)

        yield run
    await runner.cleanup()


@pytest.mark.anyio
async def test_healthy(pretender: Pretender, examined: Examine) -> None:
    """A turn whose log, record, chat and followers agree has nothing against it."""
    account = await examined(pretender.sent(), pretender.sent())
    assert account.violations == []
    assert account.turn.text == whole_text(3)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("log", "blame"),
    [
        (log_of("1 ", "3 "), "completed with"),
        (log_of("1 ", "2 ", "2 ", "3 "), "completed with"),
        (log_of("1 ", "2 "), "completed with"),
        (log_of("1 ", "3 ", status="cancelled"), "which the model never said"),
        ([*log_of("1 ")[:-2], e.TurnFinished(seq=4, status="completed", finish_reason="stop")], "is open"),
    ],
    ids=["lost", "doubled", "cut", "hole", "left open"],
)
async def test_text(pretender: Pretender, examined: Examine, log: list[e.AnyEvent], blame: str) -> None:
    """A word that was lost, doubled or made up shows in the text."""
    pretender.log = log
    assert any(blame in each for each in (await examined()).violations)


@pytest.mark.anyio
async def test_shown(pretender: Pretender, examined: Examine) -> None:
    """What a follower was shown must be in the log, byte for byte."""
    other = [*pretender.sent()[:3], pretender.sent()[3].replace(b"2 ", b"two "), *pretender.sent()[4:]]
    longer = [*pretender.sent(), b"{}"]
    found = (await examined(other, longer)).violations
    assert [each.partition(": ")[2] for each in found] == [
        "follower 0 was shown events that the log does not have",
        "follower 1 was shown events that the log does not have",
    ]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("field", "value"), [("status", "failed"), ("text", "1 2 "), ("seq", 6)], ids=lambda value: str(value)
)
async def test_record(pretender: Pretender, examined: Examine, field: str, value: object) -> None:
    """The turn's record must be what its log folds to."""
    pretender.record[field] = value
    assert f"its record says {field} is {value!r}" in (await examined()).violations[0]


@pytest.mark.anyio
async def test_chat(pretender: Pretender, examined: Examine) -> None:
    """The chat must have the question once and the answer once."""
    pretender.messages.append(pretender.messages[0])
    pretender.messages.pop(1)
    found = (await examined()).violations
    assert "the chat has the questions" in found[0]
    assert "the chat has 0 answers" in found[1]


@pytest.mark.anyio
async def test_counting() -> None:
    """The model counts as the last question asks, whatever was asked before."""
    said = [question(50, 0, "earlier"), question(3, 1, "now")]
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": each} for each in said]}
    async with ScriptedModel() as model, aiohttp.ClientSession() as session:
        model.then(counting)
        async with session.post(f"{model.url}/v1/chat/completions", json=body) as answer:
            lines = (await answer.text()).splitlines()
    frames = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    words = [choice["delta"].get("content", "") for frame in frames for choice in frame["choices"]]
    assert "".join(words) == whole_text(3)
