"""Feedback on answers over HTTP (PROTOCOL.md §7.3)."""

from typing import Any

import pytest

from .conftest import Site

pytestmark = pytest.mark.anyio


@pytest.fixture
async def started(site: Site) -> dict[str, Any]:
    """An answered question."""
    started = await site.ask()
    await site.stream(started["turn_id"])
    return started


async def shown(site: Site, started: dict[str, Any]) -> Any:
    _, found = await site.json("GET", f"/v1/chats/{started['chat_id']}/messages")
    question, answer = found["messages"]
    assert "feedback" not in question
    return answer.get("feedback")


async def test_a_thumb_is_shown_changed_and_taken_back(site: Site, started: dict[str, Any]) -> None:
    """§7.3: it stands on the answer; the last word counts; saying it or taking it back twice is once."""
    path = f"/v1/turns/{started['turn_id']}/feedback"
    assert await shown(site, started) is None
    for _ in range(2):
        status, said = await site.json("PUT", path, json={"rating": "up"})
        assert (status, said["rating"], set(said)) == (200, "up", {"rating", "updated_at"})
    body = {"rating": "down", "reason": "wrong", "comment": "  Nein.\x00 \U0001f44e "}
    status, said = await site.json("PUT", path, json=body)
    assert (status, said["reason"], said["comment"]) == (200, "wrong", "Nein. \U0001f44e")
    assert await shown(site, started) == said
    for _ in range(2):
        assert (await site.json("DELETE", path))[0] == 204
    assert await shown(site, started) is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rating": "sideways"},
        {"rating": 1},
        {"rating": None},
        {"rating": "up", "reason": "Not a word"},
        {"rating": "up", "reason": ""},
        {"rating": "up", "reason": "x" * 41},
        {"rating": "up", "comment": "x" * 4001},
        {"rating": "up", "comment": ["x"]},
        {"rating": "up", "stars": 5},
        ["up"],
    ],
)
async def test_what_is_no_feedback_is_refused(site: Site, started: dict[str, Any], body: Any) -> None:
    """§9: 400, and nothing is stored."""
    path = f"/v1/turns/{started['turn_id']}/feedback"
    assert (await site.json("PUT", path, json=body))[0] == 400
    assert await shown(site, started) is None


async def test_comments_at_their_edges(site: Site, started: dict[str, Any]) -> None:
    """§7.3: 4,000 characters of any script are kept, lone surrogates and blanks are not."""
    path = f"/v1/turns/{started['turn_id']}/feedback"
    for given, kept in (("\u202eع" * 2000, "\u202eع" * 2000), ("a\ud800b", "ab"), (" \n", None)):
        status, said = await site.json("PUT", path, json={"rating": "up", "comment": given})
        assert (status, said.get("comment")) == (200, kept)


async def test_only_on_answers_that_are_whole(site: Site) -> None:
    """§7.3: while it is being written 409, on what is not there 404; taking back is allowed any time."""
    turn_id = (await site.ask(model="openai:pace:20:1000"))["turn_id"]
    path = f"/v1/turns/{turn_id}/feedback"
    status, problem = await site.json("PUT", path, json={"rating": "up"})
    assert (status, problem["error"]["code"]) == (409, "conflict")
    assert (await site.json("DELETE", path))[0] == 204
    await site.json("POST", f"/v1/turns/{turn_id}/stop")
    assert (await site.json("PUT", path, json={"rating": "up"}))[0] == 200
    for unknown in ("trn_unknown", "trn_" + "a" * 26, "'; DROP TABLE feedback; --"):
        path = f"/v1/turns/{unknown}/feedback"
        assert (await site.json("PUT", path, json={"rating": "up"}))[0] == 404
        assert (await site.json("DELETE", path))[0] == 404
