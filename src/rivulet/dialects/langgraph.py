"""The runs of a LangGraph server: `messages`, `custom` and `values`, resumed by `Last-Event-ID`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec

from rivulet import sse
from rivulet.dialects import requests
from rivulet.dialects.flow import Flow
from rivulet.dialects.frames import Said, frames
from rivulet.domain import events as e
from rivulet.domain.errors import InvalidRequest, RivuletError
from rivulet.domain.events import AnyEvent
from rivulet.domain.turn import Fold, Turn, fold
from rivulet.ports.dialect import Ask, Asked, Frame, Renderer, Reply, Request

PATHS: Mapping[str, str] = {
    f"{method} {root}{path}": what
    for method, path, what in (
        ("POST", "/threads", "an empty thread, under the id the client names or one of ours"),
        ("GET", "/threads/{thread_id}", "whether it is `busy` or `idle`"),
        ("POST", "/threads/{thread_id}/runs/stream", "asks and streams"),
        ("POST", "/threads/{thread_id}/runs/wait", "asks and waits for the values"),
        ("POST", "/runs/stream", "asks and streams, in a thread of its own"),
        ("GET", "/threads/{thread_id}/runs/{run_id}/stream", "follows; `Last-Event-ID` resumes"),
        ("GET", "/threads/{thread_id}/runs/{run_id}", "the run's status"),
        ("GET", "/threads/{thread_id}/runs/{run_id}/join", "waits for the values"),
        ("POST", "/threads/{thread_id}/runs/{run_id}/cancel", "stops the turn"),
    )
    for root in ("", "/langgraph")
}

LOSSES: Mapping[str, str] = {
    "every event (at)": "not of text and reasoning",
    "stage.*, sources.added, tool.*, citation.added, data, turn.started, turn.finished": (
        "our own events, in stream mode `custom`"
    ),
    "reasoning.started, reasoning.finished, text.started, text.finished": "not shown",
    "reasoning.delta, text.delta (part_id)": "parts are joined by a blank line into one text",
    "turn.finished (status)": "`cancelled` is `end`; the run's status is `interrupted`",
}

Mode = Literal["values", "messages-tuple", "custom"]

MODES: tuple[Mode, ...] = ("custom", "messages-tuple", "values")


class _Message(msgspec.Struct, frozen=True):
    content: requests.Content = None
    role: str | None = None
    type: str | None = None


class _Input(msgspec.Struct, frozen=True):
    messages: list[_Message] | _Message | str


class _Body(msgspec.Struct, frozen=True):
    input: _Input
    assistant_id: str = "default"
    stream_mode: Mode | Annotated[list[Mode], msgspec.Meta(min_length=1)] = "values"
    stream_resumable: bool = False
    on_disconnect: Literal["cancel", "continue"] | None = None
    multitask_strategy: Literal["reject", "enqueue"] = "reject"


class LangGraph:
    """A thread is a chat, which the client may name; a run is a turn; an assistant is a bot."""

    version = 1
    is_stateless = False
    has_cursor = False
    heartbeat = sse.HEARTBEAT
    paths = PATHS
    losses = LOSSES

    def __init__(self, modes: tuple[Mode, ...] = MODES) -> None:
        self.name = "langgraph" if set(modes) == set(MODES) else "langgraph_" + "_".join(sorted(modes))
        self.modes = modes

    def renderer(self, is_resumed: bool) -> Renderer:
        return _Rendering(self.modes)

    def parse(self, request: Request) -> Asked:
        body = requests.body(request.body, _Body)
        given = body.input.messages
        messages = [given] if isinstance(given, (_Message, str)) else given
        talk = requests.conversation(map(_spoken, messages), "input.messages")
        thread_id = request.path.get("thread_id")
        on_disconnect = body.on_disconnect or ("continue" if body.stream_resumable else "cancel")
        ask = Ask(
            input=talk.input,
            chat_id=requests.chat_id(thread_id, "thread_id") if thread_id is not None else None,
            names_chat=True,
            bot_id=body.assistant_id,
            on_disconnect=on_disconnect,
            on_busy="queue" if body.multitask_strategy == "enqueue" else "reject",
            history=talk.history,
            instructions=talk.instructions,
        )
        chosen: list[Mode] = body.stream_mode if isinstance(body.stream_mode, list) else [body.stream_mode]
        modes = tuple(dict.fromkeys(chosen))
        mode = "wait" if request.route.endswith("/wait") else "stream"
        return Asked(ask, mode, LangGraph(modes))

    def answer(self, log: Sequence[AnyEvent], request_id: str) -> Reply:
        """The values; a run that failed has its error in them, as the SDK looks for it there."""
        turn = fold(log)
        values = _values(turn)
        if turn.error is not None and turn.status == "failed":
            values["__error__"] = {"error": turn.error.code, "message": turn.error.message}
        return Reply(200, values)

    def error(self, problem: RivuletError, request_id: str) -> Reply:
        status = 422 if isinstance(problem, InvalidRequest) else problem.status
        return Reply(status, {"detail": problem.message, "code": problem.code, "request_id": request_id})


def _spoken(message: _Message | str) -> tuple[str, str]:
    if isinstance(message, str):
        return "user", message
    return message.role or message.type or "user", requests.said(message.content, "input.messages")


_Said = tuple[Mode | None, str, object]
"""The stream mode that asks for it (None: any), the name on the `event:` line, the data."""


class _Rendering:
    def __init__(self, modes: tuple[Mode, ...]) -> None:
        self._modes = frozenset(modes)
        self._fold = Fold()
        self._flow = Flow()
        self._run: dict[str, Any] = {}
        self._message_id = ""
        self._node = "generation"

    def render(self, event: AnyEvent) -> list[Frame]:
        self._fold.add(event)
        said: list[Said] = [
            (name, value) for mode, name, value in self._say(event) if mode is None or mode in self._modes
        ]
        return frames(event.seq, said, has_ids=True)

    def _say(self, event: AnyEvent) -> list[_Said]:
        match event:
            case e.TextDelta():
                return [self._chunk(self._flow.add(event), {})]
            case e.ReasoningDelta():
                return [self._chunk("", {"reasoning_content": event.delta})]
            case e.TextStarted() | e.TextFinished() | e.ReasoningStarted() | e.ReasoningFinished():
                return []
            case e.TurnStarted():
                self._run = {"run_id": event.turn_id, "thread_id": event.chat_id}
                self._message_id = event.message_id
                return [(None, "metadata", {**self._run, "attempt": 1}), ("custom", "custom", event)]
            case e.TurnFinished():
                return self._end(event)
            case e.StageStarted():
                self._node = event.stage
                return [("custom", "custom", event)]
            case _:
                return [("custom", "custom", event)]

    def _chunk(self, text: str, more: dict[str, Any]) -> _Said:
        chunk = {"type": "AIMessageChunk", "id": self._message_id, "content": text, "additional_kwargs": more}
        return "messages-tuple", "messages", [chunk, {**self._run, "langgraph_node": self._node}]

    def _end(self, event: e.TurnFinished) -> list[_Said]:
        last: _Said = ("values", "values", _values(self._fold.turn()))
        if event.status == "failed" and event.error is not None:
            last = (None, "error", {"error": event.error.code, "message": event.error.message})
        return [("custom", "custom", event), last, (None, "end", None)]


def _values(turn: Turn) -> dict[str, Any]:
    usage = turn.usage or e.Usage()
    counts = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    message = {
        "type": "ai",
        "id": turn.message_id,
        "content": turn.text,
        "additional_kwargs": {"reasoning_content": turn.reasoning} if turn.reasoning else {},
        "usage_metadata": {**counts, "total_tokens": usage.total_tokens},
    }
    return {
        "messages": [message],
        "sources": turn.sources,
        "citations": turn.citations,
        "status": turn.status,
        "timing": turn.timing,
    }
