"""What clients of each dialect may send, and what they are told when it will not do."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from anthropic.types.message_create_params import MessageCreateParamsBase
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat.completion_create_params import CompletionCreateParamsBase
from openai.types.responses.response_create_params import ResponseCreateParamsBase

from conformance.dialects import ANSWERING
from rivulet.dialects import anthropic, openai_chat, openai_responses
from rivulet.dialects.ag_ui import AgUi
from rivulet.dialects.agent import Agent
from rivulet.dialects.ai_sdk import AiSdk
from rivulet.dialects.anthropic import Anthropic
from rivulet.dialects.assistant import Assistant
from rivulet.dialects.langgraph import LangGraph
from rivulet.dialects.messages import Messages
from rivulet.dialects.minirag import MiniRag
from rivulet.dialects.openai_chat import OpenAiChat
from rivulet.dialects.openai_responses import OpenAiResponses
from rivulet.dialects.stages import Stages
from rivulet.domain.errors import ChatBusy, Internal, NotFound, RateLimited, RivuletError, Unauthorised
from rivulet.ports.answering import Exchange
from rivulet.ports.dialect import AskDialect, Asked, Request

CONVERSATION = "conv-01234567-89ab-cdef-0123-456789abcdef"
CHAT = {"model": "default", "messages": [{"role": "user", "content": "Hi?"}]}
AI_SDK = {
    "id": "c1",
    "trigger": "submit-message",
    "messages": [{"id": "1", "role": "user", "parts": [{"type": "text", "text": "Hi?"}]}],
}
AG_UI = {
    "threadId": "t1",
    "runId": "r1",
    "messages": [{"id": "1", "role": "user", "content": "Hi?"}],
    "tools": [],
    "context": [],
    "state": {},
    "forwardedProps": {},
}
GOOD: dict[str, tuple[AskDialect, dict[str, Any], str, dict[str, str]]] = {
    "minirag": (MiniRag(), {"bot_profile_id": "default", "message": "Hi?"}, "POST /v1/chat", {}),
    "stages": (Stages(), {"message": "Hi?", "session_id": None}, "POST /chat", {}),
    "assistant": (Assistant(), {"question": "Hi?"}, "POST /chat/{session_id}/stream", {"session_id": "7"}),
    "messages": (Messages(), {"message": "Hi?"}, "POST /api/v1/messages", {}),
    "agent": (Agent(), {"promptText": "Hi?"}, "POST /chats/{session_id}/messages", {"session_id": "cht_x"}),
    "openai_chat": (OpenAiChat(), CHAT, "POST /v1/chat/completions", {}),
    "openai_responses": (OpenAiResponses(), {"input": "Hi?"}, "POST /v1/responses", {}),
    "ai_sdk": (AiSdk(), AI_SDK, "POST /api/chat", {}),
    "ag_ui": (AgUi(), AG_UI, "POST /ag-ui", {}),
    "anthropic": (Anthropic(), CHAT | {"max_tokens": 100}, "POST /v1/messages", {}),
    "langgraph": (
        LangGraph(),
        {"assistant_id": "default", "input": CHAT},
        "POST /langgraph/threads/{thread_id}/runs/stream",
        {"thread_id": "t1"},
    ),
}
every_dialect = pytest.mark.parametrize("name", GOOD)


def parsed(name: str, changes: Mapping[str, Any] | None = None, **request: Any) -> Asked:
    dialect, body, route, path = GOOD[name]
    body = {key: value for key, value in (body | dict(changes or {})).items() if value is not ...}
    return dialect.parse(
        Request(**{"route": route, "path": path, "body": json.dumps(body).encode()} | request)
    )


def refused(
    name: str, changes: Mapping[str, Any] | None = None, **request: Any
) -> tuple[int, dict[str, Any]]:
    """Status and body that the client is sent."""
    with pytest.raises(RivuletError) as caught:
        parsed(name, changes, **request)
    return GOOD[name][0].error(caught.value, "req_1")


def shape_of(name: str, body: dict[str, Any]) -> None:
    """The protocol's own error shape."""
    match name:
        case "minirag" | "assistant" | "langgraph":
            assert isinstance(body["detail"], str)
        case "stages":
            assert body["content"].keys() == {"message", "code"}
            assert isinstance(body["error"], str)
        case "messages":
            assert body["status"] == "error"
            assert isinstance(body["error"], str)
        case "agent":
            assert body["status"] == "error"
            assert {"message", "code"} <= body.keys()
        case "openai_chat" | "openai_responses":
            assert {"message", "type", "param", "code"} <= body["error"].keys()
        case "anthropic":
            assert body["type"] == "error"
            assert body["error"].keys() == {"type", "message"}
        case "ai_sdk":
            assert isinstance(body["error"], str)
        case "ag_ui":
            assert body["type"] == "RUN_ERROR"
            assert {"message", "code"} <= body.keys()
    assert "req_1" in json.dumps(body)


def test_every_dialect_that_asks_is_here() -> None:
    """No dialect escapes these tests."""
    assert {dialect.name for dialect in ANSWERING} == GOOD.keys()


@every_dialect
def test_a_plain_question_is_asked(name: str) -> None:
    """The smallest request of each protocol asks its question of the default bot."""
    asked = parsed(name)
    assert (asked.ask.input, asked.ask.bot_id, asked.ask.history) == ("Hi?", "default", None)
    assert asked.dialect.name.startswith(name)


@every_dialect
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":NaN}']
)
def test_what_is_no_request_is_refused_in_the_protocol_s_shape(name: str, body: bytes) -> None:
    """Broken, empty, foreign and deeply nested bodies are the client's error, never the server's."""
    status, answer = refused(name, body=body)
    assert status in (400, 422)
    shape_of(name, answer)


QUESTION = {
    "minirag": "message", "stages": "message", "assistant": "question", "messages": "message",
    "agent": "promptText", "openai_chat": "messages", "openai_responses": "input", "ai_sdk": "messages",
    "ag_ui": "messages", "anthropic": "messages", "langgraph": "input",
}  # fmt: skip


@every_dialect
@pytest.mark.parametrize("value", [..., None, 7, {}, [], ""], ids=repr)
def test_a_missing_or_mistyped_question_is_refused(name: str, value: object) -> None:
    """The message names the field."""
    status, answer = refused(name, {QUESTION[name]: value})
    assert status in (400, 422)
    shape_of(name, answer)
    assert QUESTION[name] in json.dumps(answer)


def asking(name: str, text: str) -> dict[str, Any]:
    """The change to the smallest request that asks `text`."""
    match name:
        case "openai_chat" | "anthropic":
            return {"messages": [{"role": "user", "content": text}]}
        case "langgraph":
            return {"input": {"messages": [{"type": "human", "content": text}]}}
        case "ai_sdk":
            return {"messages": [{"role": "user", "parts": [{"type": "text", "text": text}]}]}
        case "ag_ui":
            return {"messages": [{"id": "1", "role": "user", "content": text}]}
        case _:
            return {QUESTION[name]: text}


@every_dialect
@pytest.mark.parametrize("text", ["", " \n\t", "\x00"], ids=repr)
def test_a_blank_question_is_refused(name: str, text: str) -> None:
    """Nothing but white space or NUL is no question."""
    status, answer = refused(name, asking(name, text))
    assert status in (400, 422)
    shape_of(name, answer)


@every_dialect
def test_a_question_has_the_length_its_protocol_allows(name: str) -> None:
    """The longest one is taken, one character more is refused."""
    longest = {"stages": 5_000, "messages": 10_000}.get(name, 32_000)
    assert len(parsed(name, asking(name, "x" * longest)).ask.input) == longest
    status, answer = refused(name, asking(name, "x" * (longest + 1)))
    assert status in (400, 422)
    shape_of(name, answer)


@every_dialect
def test_nul_and_lone_surrogates_are_dropped(name: str) -> None:
    """What no store can keep is left out of the question, and the rest is asked."""
    assert parsed(name, asking(name, "a\x00b\ud800c\U0001f600")).ask.input == "abc\U0001f600"


@every_dialect
@settings(max_examples=40, deadline=None)
@given(
    body=st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.floats(allow_nan=False)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(["message", "messages", "input", "question", "id", "role", "content",
                                 "parts", "stream", "model", "tools", "type", "text", "threadId"]),
                inner, max_size=5,
            ),
        ),
        max_leaves=15,
    )
)  # fmt: skip
def test_no_body_surprises_a_parser(name: str, body: object) -> None:
    """Whatever JSON comes, a parser answers with an Ask or with an error of its protocol."""
    dialect, good, route, path = GOOD[name]
    raw = {**good, **body} if isinstance(body, dict) else body
    request = Request(route=route, path=path, body=json.dumps(raw).encode())
    try:
        assert dialect.parse(request).ask.input
    except RivuletError as problem:
        reply = dialect.error(problem, "req_1")
        assert 400 <= reply.status < 500
        shape_of(name, reply.body)


@every_dialect
@pytest.mark.parametrize(
    "problem", [Unauthorised(), NotFound(), ChatBusy("trn_x"), RateLimited(), Internal()]
)
def test_failures_have_their_status_in_every_protocol(name: str, problem: RivuletError) -> None:
    """401, 404, 409, 429 and 500 are what clients choose their exception by; the sentence comes along."""
    reply = GOOD[name][0].error(problem, "req_1")
    assert reply.status == problem.status
    shape_of(name, reply.body)
    assert problem.message in json.dumps(reply.body, ensure_ascii=False)


# ---- how the answer is wanted


@pytest.mark.parametrize(
    ("name", "changes", "request_", "mode"),
    [
        ("minirag", {"stream": True}, {}, "stream"),
        ("minirag", {}, {}, "wait"),
        ("stages", {"streaming": True}, {}, "stream"),
        ("stages", {}, {}, "wait"),
        ("stages", {}, {"route": "POST /chat/stream"}, "stream"),
        ("assistant", {}, {}, "stream"),
        ("assistant", {}, {"route": "POST /chat/{session_id}/message"}, "wait"),
        ("messages", {}, {"headers": {"accept": "text/event-stream"}}, "stream"),
        ("messages", {}, {"headers": {"accept": "application/json"}}, "wait"),
        ("messages", {}, {}, "wait"),
        ("agent", {}, {}, "background"),
        ("openai_chat", {"stream": True}, {}, "stream"),
        ("openai_chat", {"stream": None}, {}, "wait"),
        ("openai_responses", {"stream": True, "background": True}, {}, "stream"),
        ("openai_responses", {"background": True}, {}, "background"),
        ("openai_responses", {}, {}, "wait"),
        ("ai_sdk", {}, {}, "stream"),
        ("ag_ui", {}, {}, "stream"),
        ("anthropic", {"stream": True}, {}, "stream"),
        ("anthropic", {}, {}, "wait"),
        ("langgraph", {}, {}, "stream"),
        ("langgraph", {}, {"route": "POST /langgraph/threads/{thread_id}/runs/wait"}, "wait"),
    ],
)
def test_the_request_says_how_it_wants_its_answer(
    name: str, changes: dict[str, Any], request_: dict[str, Any], mode: str
) -> None:
    """By a flag, by the path, by `Accept`: all four ways are taken."""
    assert parsed(name, changes, **request_).mode == mode


@pytest.mark.parametrize(
    ("name", "field"),
    [("minirag", "stream"), ("stages", "streaming"), ("openai_chat", "stream"),
     ("openai_responses", "stream"), ("anthropic", "stream")],
)  # fmt: skip
@pytest.mark.parametrize("value", ["true", "false", 1, []], ids=repr)
def test_stream_as_anything_but_a_boolean_is_refused(name: str, field: str, value: object) -> None:
    """`"false"` is not taken for true."""
    status, answer = refused(name, {field: value})
    assert status in (400, 422)
    assert field in json.dumps(answer)


def test_clients_that_can_only_leave_stop_by_leaving() -> None:
    """Where closing the connection is the only way to stop, it does, after the grace."""
    cancelling = {name for name in GOOD if parsed(name).ask.on_disconnect == "cancel"}
    assert cancelling == {"stages", "openai_chat", "ag_ui", "anthropic", "langgraph"}
    assert parsed("langgraph", {"stream_resumable": True}).ask.on_disconnect == "continue"


# ---- what is particular to one


def test_minirag_needs_a_bot() -> None:
    """`bot_profile_id` is required and names the bot; `chat_id` must exist."""
    assert refused("minirag", {"bot_profile_id": ...})[0] == 422
    ask = parsed("minirag", {"bot_profile_id": "b2", "chat_id": "cht_1"}).ask
    assert (ask.bot_id, ask.chat_id, ask.names_chat) == ("b2", "cht_1", False)


@pytest.mark.parametrize("session_id", ["", "-1", "1.5", "abc", "٣", "9" * 17])
def test_assistant_sessions_are_integers(session_id: str) -> None:
    """Any other session id is refused before the body is looked at."""
    assert refused("assistant", path={"session_id": session_id})[0] == 422


def test_assistant_searches_as_it_is_told() -> None:
    """Selected documents and search mode are handed on; `selected_only` needs a selection."""
    ask = parsed("assistant", {"selected_document_ids": [3, 4], "search_mode": "hybrid"}).ask
    assert (ask.source_ids, ask.search_mode, ask.chat_id) == (("3", "4"), "hybrid", "7")
    assert refused("assistant", {"search_mode": "selected_only"})[0] == 422
    assert refused("assistant", {"search_mode": "some"})[0] == 422
    assert refused("assistant", {"selected_document_ids": ["3"]})[0] == 422


def test_messages_takes_its_history_and_names_its_chat() -> None:
    """`system` is us; a conversation id is the client's own or one of ours."""
    history = [{"sender": "user", "text": "A?"}, {"sender": "system", "text": "B."}]
    ask = parsed("messages", {"history": history, "conversationId": CONVERSATION}).ask
    assert ask.history == (Exchange(role="user", text="A?"), Exchange(role="assistant", text="B."))
    assert (ask.chat_id, ask.names_chat) == (CONVERSATION, True)
    ours = "cht_" + "a" * 26
    assert parsed("messages", {"conversationId": ours}).ask.names_chat is False
    for name in ("conv-1", CONVERSATION + "\n", "cht_1"):
        assert refused("messages", {"conversationId": name})[0] == 422
    assert refused("messages", {"history": [{"sender": "robot", "text": "x"}]})[0] == 422
    assert refused("messages", body=b"{")[0] == 400


def test_agent_asks_by_get() -> None:
    """Question and data sets stand in the query of the address that EventSource opens."""
    query = {"promptText": "Hi?", "selectedDatasetIds": "a, b,,"}
    asked = parsed("agent", route="GET /chats/{session_id}/stream", query=query, body=b"")
    assert asked.mode == "stream"
    assert (asked.ask.input, asked.ask.source_ids, asked.ask.chat_id) == ("Hi?", ("a", "b"), "cht_x")
    assert refused("agent", route="GET /chats/{session_id}/stream", query={}, body=b"")[0] == 400


def test_openai_messages_are_taken_apart() -> None:
    """System text is instructions, earlier messages are history, the last one is the question."""
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "A?"},
        {"role": "assistant", "content": "B."},
        {"role": "developer", "content": [{"type": "text", "text": "In German."}]},
        {"role": "user", "content": [{"type": "text", "text": "C?"}, {"type": "text", "text": "D?"}]},
    ]
    ask = parsed("openai_chat", {"messages": messages, "temperature": 0.2, "max_tokens": 9}).ask
    assert ask.instructions == "Be brief.\n\nIn German."
    assert ask.history == (Exchange(role="user", text="A?"), Exchange(role="assistant", text="B."))
    assert (ask.input, ask.temperature, ask.max_output_tokens, ask.model) == ("C?\nD?", 0.2, 9, None)
    assert parsed("openai_chat", {"model": "ollama:qwen3"}).ask.model == "ollama:qwen3"
    assert parsed("openai_chat", {"metadata": {"chat_id": "cht_1"}}).ask.chat_id == "cht_1"


def test_openai_usage_is_a_variant() -> None:
    """The usage chunk comes when it was asked for, under a name of its own for shared bytes."""
    plain = parsed("openai_chat", {"stream": True}).dialect
    asked = parsed("openai_chat", {"stream": True, "stream_options": {"include_usage": True}}).dialect
    assert (plain.name, asked.name) == ("openai_chat_plain", "openai_chat")


IMAGE = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}]


@pytest.mark.parametrize(
    ("name", "changes", "param"),
    [
        ("openai_chat", {"n": 2}, "n"),
        ("openai_chat", {"tools": [{"type": "function"}]}, "tools"),
        ("openai_chat", {"functions": [{}]}, "functions"),
        ("openai_chat", {"logprobs": True}, "logprobs"),
        ("openai_chat", {"response_format": {"type": "json_object"}}, "response_format"),
        ("openai_chat", {"modalities": ["text", "audio"]}, "modalities"),
        ("openai_chat", {"messages": IMAGE}, "messages[0].content"),
        ("openai_chat", {"messages": [{"role": "assistant", "content": "x"}]}, "messages"),
        ("openai_chat", {"messages": [{"role": "tool", "content": "x"}, *CHAT["messages"]]}, "messages"),
        ("openai_chat", {"temperature": 3}, "temperature"),
        ("openai_chat", {"stop": ["END"]}, "stop"),
        ("openai_chat", {"tool_choice": "required"}, "tool_choice"),
        ("openai_chat", {"web_search_options": {}}, "web_search_options"),
        ("openai_chat", {"top_logprobs": 3}, "top_logprobs"),
        ("openai_responses", {"top_logprobs": 3}, "top_logprobs"),
        ("openai_chat", {"model": ...}, "model"),
        ("openai_responses", {"tools": [{"type": "web_search"}]}, "tools[0]"),
        ("openai_responses", {"text": {"format": {"type": "json_schema"}}}, "text.format"),
        ("openai_responses", {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
         "input[0].content"),
        ("openai_responses", {"input": [{"type": "function_call_output"}]}, "input[0].type"),
        ("openai_responses", {"conversation": "c", "previous_response_id": "r"}, "conversation"),
        ("openai_responses", {"max_output_tokens": 0}, "max_output_tokens"),
    ],
)  # fmt: skip
def test_openai_names_the_parameter_it_refuses(name: str, changes: dict[str, Any], param: str) -> None:
    """What is not supported is a typed 400 with its `param`."""
    status, answer = refused(name, changes)
    assert status == 400
    assert answer["error"]["param"] == param
    assert answer["error"]["type"] == "invalid_request_error"


OFFICIAL = {
    "openai_chat": (CompletionCreateParamsBase, openai_chat._Body, openai_chat.IGNORED),
    "openai_responses": (ResponseCreateParamsBase, openai_responses._Body, openai_responses.IGNORED),
    "anthropic": (MessageCreateParamsBase, anthropic._Body, anthropic.IGNORED),
}


@pytest.mark.parametrize("name", OFFICIAL)
def test_every_parameter_of_the_official_package_is_spoken_for(name: str) -> None:
    """Each is read, refused, or named as not used; what is not used changes nothing."""
    official, body, ignored = OFFICIAL[name]
    unused = set(ignored.split(", "))
    assert set(official.__annotations__) - set(body.__struct_fields__) - unused == set()
    assert not unused & set(body.__struct_fields__)
    assert f"the request ({ignored})" in GOOD[name][0].losses
    said = parsed(name, {key: {"any": ["thing"]} for key in unused})
    assert said.ask == parsed(name).ask


def test_responses_continue_a_turn_or_a_conversation() -> None:
    """`previous_response_id` names a turn, `conversation` a chat; files are searched in named stores."""
    assert parsed("openai_responses", {"previous_response_id": "trn_1"}).follows == "trn_1"
    assert parsed("openai_responses", {"conversation": {"id": "cht_1"}}).ask.chat_id == "cht_1"
    assert parsed("openai_responses", {"metadata": {"chat_id": "cht_2"}}).ask.chat_id == "cht_2"
    tools = [{"type": "file_search", "vector_store_ids": ["src_1"]}]
    assert parsed("openai_responses", {"tools": tools}).ask.source_ids == ("src_1",)


def test_responses_take_back_their_own_output() -> None:
    """A client that keeps the conversation sends our items back; what is not text says nothing new."""
    items = [
        {"role": "user", "content": "A?"},
        {"type": "file_search_call", "id": "x", "queries": [], "status": "completed"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "B."}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "C?"}]},
    ]
    ask = parsed("openai_responses", {"input": items, "instructions": "Be brief."}).ask
    assert ask.history == (Exchange(role="user", text="A?"), Exchange(role="assistant", text="B."))
    assert (ask.input, ask.instructions) == ("C?", "Be brief.")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("ai_sdk", {"messages": [{"role": "user", "parts": [{"type": "file", "url": "data:"}]}]}),
        ("ai_sdk", {"id": "a/b"}),
        ("ai_sdk", {"trigger": "steer"}),
        ("ag_ui", {"tools": [{"name": "x", "description": "", "parameters": {}}]}),
        ("ag_ui", {"threadId": "x" * 129}),
        ("ag_ui", {"messages": [{"role": "user", "content": [{"type": "binary", "data": ""}]}]}),
        ("ag_ui", {"resume": {"interruptId": "1"}}),
        ("anthropic", {"max_tokens": ...}),
        ("anthropic", {"tools": [{"name": "x"}]}),
        ("anthropic", {"stop_sequences": ["END"]}),
        ("anthropic", {"output_config": {"format": {"type": "json_schema"}}}),
        ("anthropic", {"messages": [{"role": "user", "content": [{"type": "image"}]}]}),
        ("anthropic", {"messages": [{"role": "system", "content": "x"}]}),
        ("langgraph", {"stream_mode": "debug"}),
        ("langgraph", {"stream_mode": []}),
        ("langgraph", {"multitask_strategy": "rollback"}),
        ("langgraph", {"input": None}),
    ],
)
def test_what_is_not_taken_is_refused_by_name(name: str, changes: dict[str, Any]) -> None:
    """Images, tools and modes we do not have are errors, not silence."""
    status, answer = refused(name, changes)
    assert status in (400, 422)
    shape_of(name, answer)


def test_ai_sdk_sends_its_whole_conversation() -> None:
    """Earlier messages are history, whatever parts they have; the client names the chat."""
    messages = [
        {"role": "user", "parts": [{"type": "text", "text": "A?"}]},
        {"role": "assistant", "parts": [{"type": "step-start"}, {"type": "text", "text": "B."},
                                        {"type": "data-stage", "data": {}}]},
        {"role": "user", "parts": [{"type": "text", "text": "C?"}]},
    ]  # fmt: skip
    ask = parsed("ai_sdk", {"messages": messages}).ask
    assert ask.history == (Exchange(role="user", text="A?"), Exchange(role="assistant", text="B."))
    assert (ask.chat_id, ask.names_chat) == ("c1", True)
    assert parsed("ai_sdk", {"messages": ..., "message": messages[2]}).ask.input == "C?"


def test_ag_ui_context_is_instructions() -> None:
    """What the page tells of itself goes to the model; activity and reasoning sent back do not."""
    changes = {
        "context": [{"description": "Page", "value": "cart"}],
        "messages": [{"role": "activity", "content": {"x": 1}}, {"role": "user", "content": "Hi?"}],
    }
    ask = parsed("ag_ui", changes).ask
    assert (ask.instructions, ask.history, ask.chat_id, ask.names_chat) == ("Page: cart", None, "t1", True)


def test_anthropic_system_text_is_instructions() -> None:
    """As text or as blocks; thinking sent back says nothing new."""
    changes = {
        "system": [{"type": "text", "text": "Be brief."}],
        "messages": [
            {"role": "user", "content": "A?"},
            {"role": "assistant", "content": [{"type": "thinking"}, {"type": "text", "text": "B."}]},
            {"role": "user", "content": [{"type": "text", "text": "C?"}]},
        ],
    }
    ask = parsed("anthropic", changes).ask
    assert (ask.instructions, ask.max_output_tokens) == ("Be brief.", 100)
    assert ask.history == (Exchange(role="user", text="A?"), Exchange(role="assistant", text="B."))


def test_langgraph_modes_are_variants() -> None:
    """A run streams what it was asked for, in a thread of the client's name or of its own."""
    asked = parsed("langgraph", {"stream_mode": ["values", "messages-tuple"]})
    assert asked.dialect.name == "langgraph_messages-tuple_values"
    assert (asked.ask.chat_id, asked.ask.names_chat) == ("t1", True)
    assert parsed("langgraph", path={}).ask.chat_id is None
    assert parsed("langgraph", {"multitask_strategy": "enqueue"}).ask.on_busy == "queue"


@pytest.mark.parametrize(
    "name", ["openai_chat", "openai_responses", "ai_sdk", "ag_ui", "anthropic", "langgraph", "messages"]
)
@pytest.mark.parametrize(("count", "length"), [(2_002, 1), (12, 100_000)])
def test_a_huge_history_is_refused(name: str, count: int, length: int) -> None:
    """Too many messages or too many characters are 413, in the protocol's shape."""
    said = [("user" if i % 2 == 0 else "assistant", "x" * length) for i in range(count)]
    last = ("user", "Hi?")
    if name == "messages":
        words = {"user": "user", "assistant": "system"}
        changes: dict[str, Any] = {"history": [{"sender": words[role], "text": text} for role, text in said]}
    elif name == "ai_sdk":
        changes = {"messages": [
            {"role": role, "parts": [{"type": "text", "text": text}]} for role, text in [*said, last]
        ]}  # fmt: skip
    else:
        messages = [{"role": role, "content": text} for role, text in [*said, last]]
        changes = {
            "openai_responses": {"input": messages},
            "langgraph": {"input": {"messages": messages}},
        }.get(name, {"messages": messages})
    status, answer = refused(name, changes)
    assert status == 413
    shape_of(name, answer)
