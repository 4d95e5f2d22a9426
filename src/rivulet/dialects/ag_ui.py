"""AG-UI 1.0: a run's events, complete from RUN_STARTED on every attach, because its client cannot resume."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

from rivulet import sse
from rivulet.dialects import requests
from rivulet.dialects.ag_ui_stream import Rendering
from rivulet.domain.errors import RivuletError
from rivulet.domain.events import AnyEvent
from rivulet.domain.turn import fold
from rivulet.ports.dialect import Ask, Asked, Renderer, Reply, Request

PATHS: Mapping[str, str] = {
    "POST /ag-ui": "asks and streams",
    "POST /ag-ui/attach": "the thread's run from RUN_STARTED on: the one being answered, else the last",
}

LOSSES: Mapping[str, str] = {
    "turn.started (user_message_id, bot_id)": "not shown",
    "text.delta, reasoning.delta": "an empty one is not shown: AG-UI forbids it",
    "tool.called (name)": "not shown; the call's start has it",
    "tool.finished (status, error)": (
        "in `metadata`; an error's sentence is the content; not shown for the client's"
    ),
    "citation.added (part_id)": "the id of the part's message",
    "data (name)": "one named `citation` looks like a citation",
    "data (id, transient)": "in `metadata`",
    "turn.finished (usage.cost)": "not shown",
    "turn.finished (status)": "`incomplete` is `success`; `metadata.status` has the word",
    "the request (runId)": "the run is called by its turn's id",
    "the request (state)": "not kept",
}


class _Message(msgspec.Struct, frozen=True):
    role: str
    content: Any = None


class _Context(msgspec.Struct, frozen=True):
    description: str
    value: str


class _Body(msgspec.Struct, frozen=True, rename="camel"):
    thread_id: str
    run_id: str
    messages: Annotated[list[_Message], msgspec.Meta(min_length=1)]
    tools: list[Any] | None = None
    context: list[_Context] | None = None
    resume: Any = None
    forwarded_props: Any = None


class _Attachment(msgspec.Struct, frozen=True, rename="camel"):
    thread_id: str
    run_id: str = ""


class AgUi:
    """The client names its threads. Leaving is its only way to stop, hence the grace."""

    name = "ag_ui"
    version = 1
    is_stateless = False
    has_cursor = False
    heartbeat = sse.HEARTBEAT
    paths = PATHS
    losses = LOSSES

    def renderer(self, is_resumed: bool) -> Renderer:
        return Rendering()

    def parse(self, request: Request) -> Asked:
        body = requests.body(request.body, _Body)
        requests.refuse("tools", body.tools)
        requests.refuse("resume", body.resume)
        talk = requests.conversation(_spoken(body.messages), "messages")
        context = [f"{one.description}: {one.value}" for one in body.context or ()]
        instructions = "\n\n".join(filter(None, (talk.instructions, *context)))
        ask = Ask(
            input=talk.input,
            chat_id=requests.chat_id(body.thread_id, "threadId"),
            names_chat=True,
            on_disconnect="cancel",
            history=talk.history,
            instructions=instructions or None,
        )
        return Asked(ask, "stream", self)

    def answer(self, log: Sequence[AnyEvent], request_id: str) -> Reply:
        """What the run has come to, as a snapshot of its messages."""
        turn = fold(log)
        message = {"id": turn.message_id, "role": "assistant", "content": turn.text}
        run = {"threadId": turn.chat_id, "runId": turn.turn_id, "status": turn.status}
        return Reply(200, {"type": "MESSAGES_SNAPSHOT", "messages": [message], "metadata": run})

    def error(self, problem: RivuletError, request_id: str) -> Reply:
        body = {"type": "RUN_ERROR", "message": problem.message, "code": problem.code}
        return Reply(problem.status, body | {"metadata": {"requestId": request_id}})


def attachment(raw: bytes) -> tuple[str, str]:
    """The thread and the run that a client which attaches has named; a run it made up is nobody's."""
    body = requests.body(raw, _Attachment)
    return requests.chat_id(body.thread_id, "threadId"), body.run_id


_SILENT = ("reasoning", "activity")
"""Roles of messages that a client sends back and that are not part of what was said."""


def _spoken(messages: list[_Message]) -> list[tuple[str, str]]:
    return [
        (one.role, requests.said(_content(one.content, place), f"messages[{place}].content"))
        for place, one in enumerate(messages)
        if one.role not in _SILENT
    ]


def _content(content: Any, place: int) -> requests.Content:
    try:
        return msgspec.convert(content, requests.Content)
    except msgspec.ValidationError:
        requests.refuse(f"messages[{place}].content", content)
        return None
