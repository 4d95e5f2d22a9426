"""A real server process, a scripted model behind it, and a proxy before it that can cut its streams.

They live in a thread of their own, so that clients of every kind, synchronous ones and browsers too, can be
called from a plain test.
"""

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from rivulet.testing.frame_proxy import Cut, FrameProxy
from rivulet.testing.model_call import Call
from rivulet.testing.model_scripts import saying
from rivulet.testing.scripted_model import Script, ScriptedModel
from rivulet.testing.server_process import ServerProcess
from tests.clients.nodes import Node
from tests.web.conftest import browser, built_page, chromium  # noqa: F401

MODEL = "openai:scripted"
WORDS = tuple(f"word{n} " for n in range(40))
"""A model's answer; the frames it becomes are cut between in many places."""

TEXT = "".join(WORDS)
LONG_ANSWER = tuple(f"w{n} " for n in range(1000))
PATIENCE = 0.5
"""Seconds without an event after which a client leaves a stalled stream: ten times the longest pause between
two frames of these tests, because a busy machine makes it longer; more would only be waited for."""

TIMEOUT = 2 * PATIENCE
"""The same for clients in Python, where it is also the time to connect and to be answered at all."""

Result = TypeVar("Result")


class Backstage:
    """A thread with an event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="backstage")
        self._thread.start()

    def run(self, what: Coroutine[Any, Any, Result], seconds: float = 60.0) -> Result:
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(seconds)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@dataclass
class Place:
    """The server, the model behind it, the proxy before it."""

    backstage: Backstage
    model: ScriptedModel
    server: ServerProcess
    proxy: FrameProxy

    @property
    def url(self) -> str:
        return self.server.url

    def says(self, *pieces: str, pace: float = 0, streams: int = 0) -> None:
        """The model's answer from now on; it ends when the proxy has opened that many streams."""
        self.plays(self._waiting(streams, pieces, pace) if streams else saying(*pieces, pace=pace))

    def _waiting(self, streams: int, pieces: Sequence[str], pace: float) -> Script:
        async def say(call: Call) -> None:
            await call.head()
            for piece in pieces:
                while piece is pieces[-1] and self.proxy.streams < streams:
                    await call.pause(0.02)
                await call.pause(1 / pace)
                await call.say(piece)
            await call.finish()

        return say

    def plays(self, script: Script) -> None:
        """What the model does from now on."""
        self.backstage.loop.call_soon_threadsafe(setattr, self.model, "default", script)

    def cut(self, after: int, how: str, *, once: bool = True) -> None:
        """Ends the proxy's next stream, or every one, behind its frame number `after`."""
        self.proxy.start_over()
        self.proxy.cut = lambda number, _: Cut(after, how) if number == 0 or not once else None  # type: ignore[arg-type]

    def json(self, method: str, path: str, body: object = None) -> Any:
        """What curl would be told."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            raw = answer.read()
        return json.loads(raw) if raw else None

    def turn(self, turn_id: str) -> dict[str, Any]:
        return self.json("GET", f"/v1/turns/{turn_id}")

    def stop(self, turn_id: str) -> dict[str, Any]:
        """As curl stops it."""
        return self.json("POST", f"/v1/turns/{turn_id}/stop")

    def running(self, chat_id: str) -> str | None:
        """The turn the chat is answering."""
        try:
            return self.json("GET", f"/v1/chats/{chat_id}/messages").get("running_turn_id")
        except urllib.error.HTTPError:
            return None

    def answer(self, turn_id: str) -> str:
        """The turn's text, as the chat's messages have it."""
        messages = self.json("GET", f"/v1/chats/{self.turn(turn_id)['chat_id']}/messages")["messages"]
        return next(
            each["text"] for each in messages if (each["turn_id"], each["role"]) == (turn_id, "assistant")
        )

    def new_chat(self) -> str:
        return self.json("POST", "/chats", {})["data"]["id"]

    def turns(self, chat_id: str) -> int:
        """How many questions were asked in the chat."""
        messages = self.json("GET", f"/v1/chats/{chat_id}/messages")["messages"]
        return sum(message["role"] == "user" for message in messages)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    backstage = Backstage()
    model = ScriptedModel()
    backstage.run(model.__aenter__())
    data = tmp_path_factory.mktemp("clients") / "data"
    data.mkdir()
    (data / "rivulet.toml").write_text("disconnect_grace_s = 1.5\ndrain_s = 0.5\n")
    environment = {"OPENAI_BASE_URL": f"{model.url}/v1", "OPENAI_API_KEY": "sk-test"}
    server = ServerProcess(data, arguments=["--model", MODEL], environment=environment)
    backstage.run(server.start())
    proxy = FrameProxy(server.url)
    backstage.run(proxy.__aenter__())
    yield Place(backstage, model, server, proxy)
    backstage.run(proxy.__aexit__())
    backstage.run(server.stop())
    backstage.run(model.__aexit__())
    backstage.close()


@pytest.fixture
def place(stage: Place) -> Place:
    """The session's server, with nothing cut and a model at a pace at which nearly every word is a frame."""
    stage.proxy.start_over()
    stage.says(*WORDS, pace=400)
    return stage


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """The clients that live in Node, in one process."""
    process = Node()
    yield process
    process.close()


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Any]:
    """Waits for what another process does; returns the first true value."""

    def wait(look: Callable[[], Any], seconds: float = 60.0) -> Any:
        pause = threading.Event()
        for _ in range(int(seconds / 0.02)):
            if found := look():
                return found
            pause.wait(0.02)
        raise TimeoutError(f"not within {seconds:g} s")

    return wait


@pytest.fixture
def stalled(place: Place, until: Callable[..., Any]) -> Callable[[str, str], None]:
    """A long answer whose every stream stalls behind its ninth frame; and the look at what became of the turn
    of a client that left it, where leaving is the stop: over after the grace, with what was said kept."""
    place.says(*LONG_ANSWER, pace=50)
    place.cut(9, "stall", once=False)

    def check(turn_id: str, read: str) -> None:
        until(lambda: place.turn(turn_id)["status"] == "cancelled")
        turn = place.turn(turn_id)
        assert read
        assert turn["text"].startswith(read)
        assert "".join(LONG_ANSWER).startswith(turn["text"])
        assert place.answer(turn_id) == turn["text"]

    return check


def serve_page(place: Place, node: Node, version: int) -> str:
    """Where the proxy shows a page of `useChat` with that version in it."""
    path = f"/use-chat-{version}"
    if path not in place.proxy.pages:
        script = node.call("page.script", {"version": version})
        place.proxy.pages[f"{path}.js"] = ("text/javascript", script.encode())
        html = f'<!doctype html><body><script type="module" src="{path}.js"></script></body>'
        place.proxy.pages[path] = ("text/html", html.encode())
    return place.proxy.url + path


@pytest.fixture(scope="session")
def goldens() -> Path:
    return Path(__file__).parents[2] / "conformance"
