"""A turn as the events of OpenAI's Responses, and the response that they build."""

from rivulet.dialects.flow import Flow
from rivulet.dialects.frames import Said, frames
from rivulet.dialects.openai_items import Call, Fields, Item, Message, Reasoning, Retrieval, Stream
from rivulet.domain import events as e
from rivulet.domain.events import AnyEvent
from rivulet.ports.dialect import Frame

_REASONS = {"length": "max_output_tokens", "content_filter": "content_filter"}
_ENDS = {"completed": "completed", "incomplete": "incomplete", "failed": "failed", "cancelled": "incomplete"}


class Rendering:
    def __init__(self) -> None:
        self._response: Fields = {}
        self._number = 0
        self._flow = Flow()
        self._items: list[Item] = []
        self._texts: dict[str, Message] = {}
        self._thoughts: dict[str, Reasoning] = {}
        self._calls: dict[str, Call] = {}
        self._search: Retrieval | None = None
        self._is_searching = False
        self._sources: dict[str, e.Passage] = {}

    @property
    def response(self) -> Fields:
        """The object that created, in_progress and the last event carry."""
        return self._response | {"output": [item.now() for item in self._items]}

    def render(self, event: AnyEvent) -> list[Frame]:
        said: list[Said] = []
        for value in self.say(event):
            said.append((value["type"], value | {"sequence_number": self._number}))
            self._number += 1
        return frames(event.seq, said)

    def say(self, event: AnyEvent) -> Stream:
        if self._search is None or self._is_searching or _is_choosing(event):
            return self._say(event)
        return [*self._close_search(), *self._say(event)]

    def _say(self, event: AnyEvent) -> Stream:
        match event:
            case e.TextDelta():
                return self._text(event)
            case e.TextStarted():
                item = self._texts[event.part_id] = Message(*self._next())
                return self._opened(item)
            case e.TextFinished():
                return self._texts[event.part_id].closed()
            case e.CitationAdded():
                return self._cite(event)
            case e.SourcesAdded():
                return self._found(event)
            case e.TurnStarted():
                self._response = _response(event)
                return [self._whole("response.created"), self._whole("response.in_progress")]
            case e.TurnFinished():
                return self._end(event)
            case _:
                return self._thought(event) or self._called(event) or self._searched(event)

    def _thought(self, event: AnyEvent) -> Stream:
        match event:
            case e.ReasoningStarted():
                item = self._thoughts[event.part_id] = Reasoning(*self._next())
                return self._opened(item)
            case e.ReasoningDelta():
                return self._thoughts[event.part_id].said(event.delta)
            case e.ReasoningFinished():
                return self._thoughts[event.part_id].closed()
            case _:
                return []

    def _called(self, event: AnyEvent) -> Stream:
        match event:
            case e.ToolStarted():
                item = self._calls[event.tool_call_id] = Call(*self._next(), event)
                return self._opened(item)
            case e.ToolInputDelta():
                return self._calls[event.tool_call_id].said(event.delta)
            case e.ToolCalled():
                return self._calls[event.tool_call_id].called(event)
            case e.ToolFinished():
                return self._calls[event.tool_call_id].closed(event)
            case _:
                return []

    def _searched(self, event: AnyEvent) -> Stream:
        match event:
            case e.StageStarted(stage="retrieval"):
                self._search, self._is_searching = Retrieval(*self._next()), True
                return self._opened(self._search)
            case e.StageFinished(stage="retrieval") if self._search is not None:
                self._is_searching = False
                self._search.asked(event.detail)
                waits = event.status == "completed" and not self._search.has_results
                return [] if waits else self._close_search(event.status)
            case _:
                return []

    def _close_search(self, status: str = "completed") -> Stream:
        search, self._search = self._search, None
        return search.closed(status) if search is not None else []

    def _next(self) -> tuple[str, int]:
        """The next item's id and index."""
        index = len(self._items)
        return f"{self._response['id']}_{index}", index

    def _opened(self, item: Message | Reasoning | Call | Retrieval) -> Stream:
        self._items.append(item)
        return item.opened()

    def _text(self, event: e.TextDelta) -> Stream:
        item = self._texts[event.part_id]
        text = self._flow.add(event)
        item.lead += len(text) - len(event.delta)
        return item.said(text)

    def _cite(self, event: e.CitationAdded) -> Stream:
        item, source = self._texts[event.part_id], self._sources[event.source_id]
        place = {"start_index": item.lead + event.start, "end_index": item.lead + event.end}
        return item.cited({"type": "url_citation", "url": source.url, "title": source.title, **place})

    def _found(self, event: e.SourcesAdded) -> Stream:
        self._sources |= {source.id: source for source in event.sources}
        stream: Stream = []
        if self._search is None:
            self._search = Retrieval(*self._next())
            stream = self._opened(self._search)
        self._search.found(event.sources)
        return stream if self._is_searching else stream + self._close_search()

    def _whole(self, type: str) -> Fields:
        return {"type": type, "response": self.response}

    def _end(self, event: e.TurnFinished) -> Stream:
        self._response |= _ending(event)
        self._response["metadata"] |= _timing(event)
        last = self._whole(f"response.{_ENDS[event.status]}")
        if event.status != "failed" or event.error is None:
            return [last]
        error = {"type": "error", "code": event.error.code, "message": event.error.message, "param": None}
        return [error, last]


def _is_choosing(event: AnyEvent) -> bool:
    """Whether a search that is over may still get its results: our own answerer chooses them first."""
    is_stage = isinstance(event, (e.StageStarted, e.StageFinished)) and event.stage == "reranking"
    return is_stage or isinstance(event, e.SourcesAdded)


def _response(event: e.TurnStarted) -> Fields:
    metadata = {"chat_id": event.chat_id, "message_id": event.message_id}
    if event.retry_of is not None:
        metadata["retry_of"] = event.retry_of
    return {
        "id": event.turn_id,
        "object": "response",
        "created_at": event.at // 1000,
        "completed_at": None,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "model": event.model,
        "output": [],
        "usage": None,
        "metadata": metadata,
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
        "text": {"format": {"type": "text"}},
        **dict.fromkeys(_NULLS),
    }


_NULLS = (
    "background",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "previous_response_id",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "temperature",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
)
"""What a log does not know of its request, present because strict readers want the key."""


def _ending(event: e.TurnFinished) -> Fields:
    ended: Fields = {"status": event.status, "usage": _usage(event.usage)}
    if event.status == "completed":
        ended["completed_at"] = event.at // 1000
    elif event.status == "incomplete":
        ended["incomplete_details"] = {"reason": _REASONS.get(event.finish_reason, "max_output_tokens")}
    elif event.status == "failed" and event.error is not None:
        code = "rate_limit_exceeded" if event.error.code == "rate_limited" else "server_error"
        code = "invalid_prompt" if event.error.code in _PROMPTS else code
        ended["error"] = {"code": code, "message": event.error.message}
    return ended


_PROMPTS = ("context_length", "content_filter", "invalid_request")


def _timing(event: e.TurnFinished) -> dict[str, str]:
    if event.timing is None:
        return {}
    figures = {
        "duration_ms": event.timing.duration_ms,
        "time_to_first_token_ms": event.timing.time_to_first_token_ms,
    }
    return {name: str(value) for name, value in figures.items() if value is not None}


def _usage(usage: e.Usage) -> Fields:
    cached, written = usage.cached_input_tokens or 0, usage.cache_write_input_tokens or 0
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        "total_tokens": usage.total_tokens,
    }
