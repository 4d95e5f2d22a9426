"""The five systems whose clients must not notice: what their contracts say, checked on the goldens."""

import json
import re
from typing import Any

import pytest

from conformance.make import FOLDER
from conformance.stories import GEARS, LONG, STORIES
from rivulet.dialects.agent import Agent
from rivulet.dialects.minirag import MiniRag
from rivulet.domain.turn import fold
from rivulet.testing.story import Story, passage
from tests.conformance.readers import blocks, events, lines, named

SHORT = [name for name in STORIES if name not in LONG]
every_story = pytest.mark.parametrize("story", SHORT)


def golden(story: str, dialect: str) -> bytes:
    return (FOLDER / story / f"{dialect}.sse").read_bytes()


def answer(story: str, dialect: str) -> Any:
    return json.loads((FOLDER / story / f"{dialect}.json").read_bytes())


# ---- MiniRAG


@every_story
def test_minirag_sends_sources_then_deltas_then_done_once(story: str) -> None:
    """`sources` before the first `delta`, then exactly one `done` with ids and usage, or one `error`."""
    said = [(name, value) for name, value in named(golden(story, "minirag"))]
    names = [name for name, _ in said if name in ("sources", "delta", "done", "error")]
    if "delta" in names:
        assert "sources" in names[: names.index("delta")]
    assert names.count("done") + names.count("error") == 1
    name, last = said[-1]
    if name == "done":
        assert last.keys() >= {"chat_id", "message_id", "usage"}
        assert last["usage"].keys() == {"model", "prompt_tokens", "completion_tokens", "total_tokens"}
        assert "sources" in names
    else:
        assert last.keys() >= {"detail", "code"}
    for name, value in said:
        if name == "delta":
            assert value.keys() == {"content"}


def test_minirag_shows_200_characters_of_a_source() -> None:
    """A source has the four fields of the contract, its content cut at 200 characters."""
    long = passage(1, "Long", "x" * 500)
    log = Story("long source").sources(long, GEARS).ends()
    (shown, whole) = MiniRag().answer(log, "req").body["sources"]
    assert shown["content"] == "x" * 200
    assert whole["content"] == GEARS.text
    assert shown.keys() >= {"chunk_id", "content", "score", "source_id"}


def test_minirag_answers_blocking() -> None:
    """Without a stream: chat, message with token counts, sources, usage."""
    reply = answer("cited-answer", "minirag")
    assert reply["status"] == 200
    message = reply["body"]["message"]
    assert message.keys() == {
        "id", "chat_id", "role", "content", "prompt_tokens", "completion_tokens", "feedback", "created_at"
    }  # fmt: skip
    assert (message["prompt_tokens"], message["completion_tokens"]) == (412, 38)
    assert reply["body"]["usage"]["total_tokens"] == 450
    assert answer("provider-refused", "minirag")["status"] == 502


# ---- the staged graph chat


@every_story
def test_stages_come_first_and_end_once(story: str) -> None:
    """First `metadata` with the session, every frame typed and dated, one of the three ends last."""
    frames = blocks(golden(story, "stages"))
    assert frames[0]["type"] == "metadata"
    assert frames[0]["content"].keys() == {"session_id"}
    for frame in frames:
        assert frame.keys() >= {"type", "content", "timestamp"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", frame["timestamp"])
    ends = [frame["type"] for frame in frames if frame["type"] in ("done", "error", "cancelled")]
    expected = {"failed": "error", "cancelled": "cancelled"}.get(fold(STORIES[story]()).status, "done")
    assert ends == [expected]
    assert frames[-1]["type"] == expected


def test_stages_come_in_order_with_their_counts() -> None:
    """Routing, retrieval, reranking, generation: each starts and completes, with what it counted."""
    frames = [frame for frame in blocks(golden("cited-answer", "stages")) if frame["type"] != "token"]
    assert [frame["type"] for frame in frames] == [
        "metadata",
        *(f"{stage}_{step}" for stage in ("routing", "retrieval", "reranking", "generation")
          for step in ("start", "complete")),
        "done",
    ]  # fmt: skip
    assert frames[3]["content"] == {"stage": "retrieval", "status": "started"}
    assert frames[4]["content"] == {"stage": "retrieval", "status": "complete", "doc_count": 4}
    assert frames[6]["content"] == {"stage": "reranking", "status": "complete", "selected": 2}


def test_stages_says_errors_in_both_shapes() -> None:
    """The object of the contract and the string the shipped client reads, with this dialect's codes."""
    last = blocks(golden("failed-mid-answer", "stages"))[-1]
    assert last["content"] == {"message": "The model's service went silent.", "code": "IDLE_TIMEOUT"}
    assert last["error"] == "The model's service went silent."
    assert blocks(golden("interrupted", "stages"))[-1]["content"]["code"] == "INTERNAL_ERROR"
    assert blocks(golden("provider-refused", "stages"))[-1]["content"]["code"] == "PROCESSING_ERROR"


def test_stages_answers_blocking() -> None:
    """Session, message, agent, metadata."""
    body = answer("cited-answer", "stages")["body"]
    assert body.keys() == {"session_id", "message", "agent", "metadata"}
    assert body["agent"] == "rag"


# ---- the document assistant


@every_story
def test_assistant_starts_with_an_integer_session_and_ends_with_done(story: str) -> None:
    """`start` with an integer a browser can hold, `done` last whatever happened, an error before it."""
    frames = lines(golden(story, "assistant"))
    assert frames[0]["type"] == "start"
    assert 0 <= frames[0]["session_id"] < 2**53
    assert [frame["type"] for frame in frames].count("done") == 1
    before = frames[-2]
    if fold(STORIES[story]()).status == "failed":
        assert before["type"] == "error"
        assert isinstance(before["content"], str)
    else:
        assert before["type"] == "metadata"
        assert before["content"].keys() >= {
            "model", "confidence", "hallucination", "search_mode", "total_response"
        }  # fmt: skip
        assert before["content"]["total_response"] == fold(STORIES[story]()).text


def test_assistant_says_what_it_does() -> None:
    """Searching, then sources under both keys, then generating, then chunks."""
    frames = lines(golden("cited-answer", "assistant"))
    kinds = [frame["type"] for frame in frames]
    words = [frame["content"] for frame in frames if frame["type"] == "status"]
    assert words.index("Searching documents...") < words.index("Generating response...")
    sources = frames[kinds.index("sources")]
    assert sources["content"] == sources["sources"]
    assert sources["chunks_used"] == len(sources["content"]) == 2
    assert sources["content"][0].keys() == {"text", "score", "metadata"}
    assert kinds.index("sources") < kinds.index("chunk")


def test_assistant_figures_are_the_grounding_s_or_null() -> None:
    """Confidence and hallucination come from the grounding, and are null where none was computed."""
    figures = answer("several-citations", "assistant")["body"]
    assert (figures["confidence"], figures["hallucination"]) == (0.76, 0.25)
    nothing = answer("plain-answer", "assistant")["body"]
    assert (nothing["confidence"], nothing["hallucination"]) == (None, None)
    assert lines(golden("cited-answer", "assistant"))[-2]["content"]["confidence"] == 0.94


def test_assistant_says_that_nothing_was_found() -> None:
    """A search without results gives an empty `sources` before the answer."""
    frames = lines(golden("abstained", "assistant"))
    (sources,) = [frame for frame in frames if frame["type"] == "sources"]
    assert sources["chunks_used"] == 0


# ---- the Vue chat


@every_story
def test_messages_are_tokens_and_one_end(story: str) -> None:
    """Only `token`, then exactly one `complete` or `error` with one of six codes."""
    frames = blocks(golden(story, "messages"))
    assert {frame["type"] for frame in frames[:-1]} <= {"token"}
    last = frames[-1]
    if fold(STORIES[story]()).status == "failed":
        assert last["type"] == "error"
        assert last["code"] in (
            "TIMEOUT",
            "RATE_LIMIT",
            "LLM_ERROR",
            "AUTH_ERROR",
            "CONNECTION_ERROR",
            "UNKNOWN",
        )
    else:
        assert last["type"] == "complete"
        assert isinstance(last["totalTokens"], int)
        assert isinstance(last["model"], str)


def test_messages_codes_and_blocking_answers() -> None:
    """A silent model is TIMEOUT and 504, a refused key AUTH_ERROR; success has its four fields."""
    assert blocks(golden("failed-mid-answer", "messages"))[-1]["code"] == "TIMEOUT"
    assert blocks(golden("provider-refused", "messages"))[-1]["code"] == "AUTH_ERROR"
    assert answer("failed-mid-answer", "messages")["status"] == 504
    failed = answer("failed-mid-answer", "messages")["body"]
    assert (failed["status"], failed["error"]) == ("error", "The model's service went silent.")
    body = answer("plain-answer", "messages")["body"]
    assert body.keys() >= {"status", "message", "timestamp", "model"}
    assert body["status"] == "success"


# ---- the agent chat


@every_story
def test_agent_announces_both_messages_and_ends(story: str) -> None:
    """Every payload names session and message; the last two say how it ended."""
    said = named(golden(story, "agent"))
    turn = fold(STORIES[story]())
    names = [name for name, _ in said]
    assert names[:4] == ["user_message_created", "ai_message_created", "start", "thinking"]
    assert said[0][1]["messageId"] == turn.user_message_id
    assert said[1][1]["status"] == "processing"
    for _, value in said[1:]:
        assert (value["sessionId"], value["messageId"]) == (turn.chat_id, turn.message_id)
    expected = {"failed": "error", "cancelled": "cancelled"}.get(turn.status, "completed")
    assert names[-1] == "end"
    assert said[-1][1]["status"] == expected
    if expected != "cancelled":
        assert names[-2] == expected
    if expected == "completed":
        assert said[-2][1]["content"] == turn.text


def test_agent_shows_tools_with_their_ids() -> None:
    """A call has name, arguments and id; its result the same id and either a result or an error."""
    said = dict(named(golden("server-tool", "agent")))
    assert said["tool_call"]["args"] == {"value": 5000, "to": "miles"}
    assert said["tool_result"]["toolCallId"] == said["tool_call"]["toolCallId"]
    assert said["tool_result"]["result"] == {"miles": 3106.9}
    failed = dict(named(golden("server-tool-error", "agent")))
    assert failed["tool_result"]["error"] == "The weather service cannot be reached."


def test_agent_frames_resume_by_native_event_source() -> None:
    """Every frame has an id of digits and a dot, so an automatic reconnect names where it was."""
    for event in events(golden("unicode-traps", "agent")):
        assert re.fullmatch(r"[0-9]+(\.[0-9]+)?", event.id or "")


def test_agent_polls_a_message_in_every_state() -> None:
    """The background answer can be polled while it runs, when done and when it failed."""
    log = STORIES["failed-mid-answer"]()
    poll = Agent().answer(log[:4], "req").body["data"]
    assert (poll["status"], poll["content"]) == ("processing", "The first step ")
    done = answer("failed-mid-answer", "agent")["body"]
    assert done["status"] == "success"
    assert done["data"]["status"] == "error"
    assert done["data"]["error"]["code"] == "upstream_timeout"
