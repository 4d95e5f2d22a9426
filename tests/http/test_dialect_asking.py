"""A question in every dialect over the real server: the bytes, the whole answer, where the turn is found."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from rivulet.domain.tenant import LOCAL
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import Site, serving
from .speaking import ASKING, asking, question, told

pytestmark = pytest.mark.anyio
every_dialect = pytest.mark.parametrize("name", sorted(ASKING))


@pytest.fixture
async def site(tmp_path: Path, model: ScriptedModel) -> AsyncIterator[Site]:
    """The scripted model answers who cannot name one."""
    async with serving(tmp_path / "data", model, model="openai:scripted") as site:
        yield site


@every_dialect
async def test_a_stream_is_the_log_in_that_dialect(site: Site, name: str) -> None:
    """Byte for byte what the renderer says of the stored log, under headers that proxies understand."""
    status, stream, headers = await told(site, await question(site, name))
    assert status == 200, stream
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["x-request-id"].startswith("req-")
    turn_id = next(part for part in headers["location"].split("?")[0].split("/") if part.startswith("trn_"))
    log = await site.house.service.log(LOCAL, turn_id)
    renderer = asking(name).renderer(False)
    assert stream == b"".join(frame.data for event in log for frame in renderer.render(event))
    assert (await site.json("GET", f"/v1/turns/{turn_id}"))[1]["status"] == "completed"


WAITING = {
    "minirag": {"stream": False},
    "openai_chat": {"stream": False, "stream_options": None},
    "openai_responses": {"stream": False},
    "anthropic": {"stream": False},
}


@pytest.mark.parametrize(
    "name", ["minirag", "stages", "assistant", "messages", "langgraph", *list(WAITING)[1:]]
)
async def test_an_answer_can_be_waited_for(site: Site, name: str) -> None:
    """One JSON value, made of the whole log, that says what was said."""
    spoken = await question(site, name)
    assert spoken.body is not None
    path = {
        "stages": "/chat",
        "assistant": spoken.path.replace("/stream", "/message"),
        "langgraph": spoken.path.replace("/stream", "/wait"),
    }.get(name, spoken.path)
    body = {key: value for key, value in (spoken.body | WAITING.get(name, {})).items() if value is not None}
    status, answer, headers = await told(site, spoken._replace(path=path, body=body, headers={}))
    assert status == 200, answer
    turn_id = next(part for part in headers["location"].split("?")[0].split("/") if part.startswith("trn_"))
    log = await site.house.service.log(LOCAL, turn_id)
    assert json.loads(answer) == _plain(asking(name).answer(log, "").body)
    turn = (await site.json("GET", f"/v1/turns/{turn_id}"))[1]
    assert turn["text"].split("\n")[0][:40] in answer.decode()


def _plain(value: object) -> object:
    return msgspec.json.decode(msgspec.json.encode(value))


async def test_a_failed_answer_has_the_status_of_its_cause(site: Site) -> None:
    """Who waits is told as if the model's service had been asked directly."""
    body = {"model": "openai:fault:reset-mid-stream", "messages": [{"role": "user", "content": "Hi"}]}
    spoken = (await question(site, "openai_chat"))._replace(body=body)
    status, answer, _ = await told(site, spoken)
    assert (status, json.loads(answer)["error"]["code"]) == (502, "upstream_truncated")


async def test_an_answer_can_be_fetched_later(site: Site) -> None:
    """OpenAI's background, and the agent chat's polled message: at once in progress, in the end complete."""
    spoken = await question(site, "openai_responses", model="openai:pace:50:30")
    status, raw, _ = await told(
        site, spoken._replace(body=spoken.body | {"stream": False, "background": True})
    )
    begun = json.loads(raw)
    assert (status, begun["status"]) == (200, "in_progress")
    stream = await site.stream(begun["id"])
    assert stream
    _, ended = await site.json("GET", f"/v1/responses/{begun['id']}")
    assert ended["status"] == "completed"
    assert ended["output"][-1]["content"][0]["text"]


async def test_the_key_holds_on_every_path(tmp_path: Path, model: ScriptedModel) -> None:
    """Without it each protocol is told so in its own shape; it is taken as bearer and as x-api-key."""
    async with serving(tmp_path / "keyed", model, key="k-1", model="openai:scripted") as site:
        site.http.headers["authorization"] = "Bearer k-1"
        for name in ASKING:
            spoken = await question(site, name)
            status, _, _ = await told(site, spoken, headers={"authorization": "Bearer wrong"})
            assert status == 401, name
            status, body, headers = await told(
                site, spoken, headers={"authorization": "", "x-api-key": "nope"}
            )
            assert (status, headers["www-authenticate"]) == (401, "Bearer"), name
            assert json.loads(body)
            status, _, _ = await told(site, spoken, headers={"authorization": "", "x-api-key": "k-1"})
            assert status == 200, name
        for path in ("/chats", "/api/v1/conversations", "/v1/chat", "/chat/chat_sessions", "/api/nothing"):
            async with site.http.get(path, headers={"authorization": ""}) as response:
                assert response.status == 401, path
