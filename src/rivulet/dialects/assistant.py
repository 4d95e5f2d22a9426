"""The document assistant's dialect: unnamed frames from `start` to `done`, integer session ids.

Chat and source ids leave as integers (`numbers.number_of`); the ones that come in stay decimal text in the
`Ask`, for the route to look up by `numbers.prefix_of`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, cast

import msgspec

from rivulet import sse
from rivulet.dialects import requests
from rivulet.dialects.failures import problem_of
from rivulet.dialects.flow import Flow
from rivulet.dialects.frames import Said, frames
from rivulet.dialects.numbers import number_of
from rivulet.domain import events as e
from rivulet.domain.errors import InvalidRequest, RivuletError
from rivulet.domain.events import AnyEvent
from rivulet.domain.turn import fold
from rivulet.ports.dialect import Ask, Asked, Frame, Renderer, Reply, Request

PATHS: Mapping[str, str] = {
    f"{method} {root}/{path}": what
    for method, path, what in (
        ("POST", "{session_id}/stream", "asks and streams"),
        ("POST", "{session_id}/message", "asks and waits for the whole answer"),
        ("GET", "{session_id}/messages", "what was said in the chat"),
        ("GET", "chat_sessions", "the chats, the one last used first"),
        ("POST", "chat_sessions", "an empty chat"),
        ("GET", "chat_sessions/{session_id}", "one chat"),
        ("PUT", "chat_sessions/{session_id}", "gives it another `title`"),
        ("DELETE", "chat_sessions/{session_id}", "deletes it"),
        ("GET", "models", "what `model` may name"),
    )
    for root in ("/chat", "/api/chat")
}

LOSSES: Mapping[str, str] = {
    "every event (at)": "not shown",
    "turn.started (chat_id)": "a number: the first 50 bits of the id",
    "turn.started (turn_id, message_id, user_message_id, bot_id, retry_of)": (
        "not shown; the response's `Location` names the turn"
    ),
    "stage.started (stage, stage_id)": "one line of text in `status`",
    "stage.finished": "only the retrieval's `search_mode`, in `metadata`",
    (
        "sources.added (sources.id, sources.chunk_id, sources.document_id, sources.start, sources.end, "
        "sources.media_type, sources.rerank_score)"
    ): "not shown",
    "sources.added (sources.source_id)": "a number, as the chat's",
    "reasoning.*": "not shown",
    "tool.*": "not shown",
    "text.started, text.finished": "not shown",
    "text.delta (part_id)": "parts are joined by a blank line into one text",
    "citation.added": "only the `[n]` mark in the text",
    "data": "only `grounding`, as `confidence` and `hallucination`",
    "turn.finished (status, finish_reason)": "`done`; the last `metadata` has the status",
    "turn.finished (error.code, error.retryable)": "`error` is a sentence",
    "turn.finished (usage, timing)": "not shown",
}

_WORDS = {
    "retrieval": "Searching documents...",
    "reranking": "Reranking results...",
    "generation": "Generating response...",
}


class _Body(msgspec.Struct, frozen=True):
    question: str
    model: str | None = None
    selected_document_ids: list[Annotated[int, msgspec.Meta(ge=0)]] | None = None
    search_mode: Literal["all", "hybrid", "selected_only"] = "all"


class Assistant:
    """Its client splits at single newlines and stops reading at `done`, which therefore always comes."""

    name = "assistant"
    version = 1
    is_stateless = False
    has_cursor = False
    heartbeat = sse.HEARTBEAT
    paths = PATHS
    losses = LOSSES

    def renderer(self, is_resumed: bool) -> Renderer:
        return _Rendering()

    def parse(self, request: Request) -> Asked:
        session_id = request.path.get("session_id", "")
        if not (session_id.isascii() and session_id.isdigit() and len(session_id) <= 16):
            raise InvalidRequest("session_id: a session's id is an integer", param="session_id")
        body = requests.body(request.body, _Body)
        chosen = body.selected_document_ids
        if body.search_mode == "selected_only" and not chosen:
            param = "selected_document_ids"
            raise InvalidRequest(f"{param}: search_mode selected_only needs at least one", param=param)
        ask = Ask(
            input=requests.question(body.question, "question"),
            chat_id=session_id,
            model=body.model,
            source_ids=tuple(str(number) for number in chosen) if chosen else None,
            search_mode=body.search_mode,
        )
        return Asked(ask, "stream" if request.route.endswith("/stream") else "wait", self)

    def answer(self, log: Sequence[AnyEvent], request_id: str) -> Reply:
        turn = fold(log)
        if turn.error is not None and turn.status == "failed":
            return self.error(problem_of(turn.error), request_id)
        grounding = _grounding(event.data for event in turn.data if event.name == "grounding")
        sources = [_source(passage) for passage in turn.sources]
        body: dict[str, Any] = {"answer": turn.text, "model": turn.model, "sources": sources}
        return Reply(200, body | grounding | {"session_id": number_of(turn.chat_id), "status": turn.status})

    def error(self, problem: RivuletError, request_id: str) -> Reply:
        status = 422 if isinstance(problem, InvalidRequest) else problem.status
        return Reply(status, {"detail": problem.message, "code": problem.code, "request_id": request_id})


class _Rendering:
    def __init__(self) -> None:
        self._model = ""
        self._flow = Flow()
        self._text: list[str] = []
        self._sources: list[dict[str, Any]] = []
        self._has_searched = False
        self._has_shown_sources = False
        self._grounding: object = None
        self._search_mode: object = None

    def render(self, event: AnyEvent) -> list[Frame]:
        said: list[Said] = [(None, value) for value in self._say(event)]
        return frames(event.seq, said, has_ids=True)

    def _say(self, event: AnyEvent) -> list[dict[str, Any]]:
        match event:
            case e.TextDelta():
                self._text.append(text := self._flow.add(event))
                return [{"type": "chunk", "content": text}]
            case e.TurnStarted():
                self._model = event.model
                return [{"type": "start", "session_id": number_of(event.chat_id), "model": event.model}]
            case e.StageStarted():
                words = _WORDS.get(event.stage) or event.label or f"{event.stage.capitalize()}..."
                status = {"type": "status", "content": words}
                return [*self._found_nothing(), status] if event.stage == "generation" else [status]
            case e.SourcesAdded():
                self._sources += [_source(passage) for passage in event.sources]
                return [self._show_sources()]
            case e.StageFinished(stage="retrieval"):
                self._has_searched = True
                self._search_mode = (event.detail or {}).get("search_mode")
                return []
            case e.Data(name="grounding"):
                self._grounding = event.data
                return []
            case e.TurnFinished():
                return self._end(event)
            case _:
                return []

    def _show_sources(self) -> dict[str, Any]:
        """All of them so far; under both keys, because clients of both kinds exist."""
        self._has_shown_sources = True
        sources = list(self._sources)
        return {"type": "sources", "content": sources, "sources": sources, "chunks_used": len(sources)}

    def _found_nothing(self) -> list[dict[str, Any]]:
        """A search without results says so before the answer begins."""
        return [self._show_sources()] if self._has_searched and not self._has_shown_sources else []

    def _end(self, event: e.TurnFinished) -> list[dict[str, Any]]:
        if event.status == "failed" and event.error is not None:
            return [{"type": "error", "content": event.error.message}, {"type": "done"}]
        content = {
            "model": self._model,
            **_grounding([self._grounding]),
            "search_mode": self._search_mode,
            "total_response": "".join(self._text),
            "status": event.status,
        }
        return [{"type": "metadata", "content": content}, {"type": "done"}]


def _grounding(values: Iterable[object]) -> dict[str, Any]:
    """The figures of the last one; null where none were computed."""
    figures: dict[str, Any] = {}
    for value in values:
        if isinstance(value, dict):
            figures = cast(dict[str, Any], value)
    return {"confidence": figures.get("confidence"), "hallucination": figures.get("hallucination")}


def _source(passage: e.Passage) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "id": number_of(passage.source_id),
        "source": passage.filename or passage.title,
        "title": passage.title,
        "url": passage.url,
        "page": passage.page,
        "n": passage.n,
    }
    return {"text": passage.text, "score": passage.score, "metadata": (passage.metadata or {}) | metadata}
