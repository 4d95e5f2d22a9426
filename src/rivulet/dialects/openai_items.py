"""The output items of an OpenAI response: each knows its opening and closing events and its final form."""

from collections.abc import Mapping, Sequence
from typing import Any

from rivulet.dialects.frames import line
from rivulet.domain import events as e

Fields = dict[str, Any]
Stream = list[Fields]
"""Events without their `sequence_number`."""


class Item:
    """One entry of `output`. `value` is what the response shows of it so far."""

    def __init__(self, id: str, index: int, value: Fields) -> None:
        self.value = {"id": id, **value}
        self._place = {"item_id": id, "output_index": index}
        self._index = index

    def now(self) -> Fields:
        """What the response shows of it while it is open."""
        return dict(self.value)

    def added(self) -> Fields:
        return self._item_event("response.output_item.added")

    def done(self, status: str) -> Fields:
        self.value["status"] = status
        return self._item_event("response.output_item.done")

    def event(self, type: str, **fields: Any) -> Fields:
        return {"type": f"response.{type}", **self._place, **fields}

    def _item_event(self, type: str) -> Fields:
        return {"type": type, "output_index": self._index, "item": dict(self.value)}


class Message(Item):
    """A part of the answer's text."""

    def __init__(self, id: str, index: int) -> None:
        value: Fields = {"type": "message", "role": "assistant", "status": "in_progress", "content": []}
        super().__init__(id, index, value)
        self._text: list[str] = []
        self._annotations: list[Fields] = []
        self.lead = 0
        """How much longer its text is than the part's, by the blank line before it."""

    def now(self) -> Fields:
        return self.value | {"content": [self._part()]}

    def opened(self) -> Stream:
        return [self.added(), self.event("content_part.added", content_index=0, part=self._part())]

    def said(self, text: str) -> Stream:
        self._text.append(text)
        return [self.event("output_text.delta", content_index=0, delta=text, logprobs=[])]

    def cited(self, annotation: Fields) -> Stream:
        place = {"content_index": 0, "annotation_index": len(self._annotations)}
        self._annotations.append(annotation)
        return [self.event("output_text.annotation.added", **place, annotation=annotation)]

    def closed(self) -> Stream:
        part = self._part()
        self.value["content"] = [part]
        return [
            self.event("output_text.done", content_index=0, text=part["text"], logprobs=[]),
            self.event("content_part.done", content_index=0, part=part),
            self.done("completed"),
        ]

    def _part(self) -> Fields:
        text, annotations = "".join(self._text), list(self._annotations)
        return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


class Reasoning(Item):
    """A part of what the model thinks, as a summary."""

    def __init__(self, id: str, index: int) -> None:
        super().__init__(id, index, {"type": "reasoning", "summary": [], "status": "in_progress"})
        self._text: list[str] = []

    def opened(self) -> Stream:
        part = {"type": "summary_text", "text": ""}
        return [self.added(), self.event("reasoning_summary_part.added", summary_index=0, part=part)]

    def said(self, text: str) -> Stream:
        self._text.append(text)
        return [self.event("reasoning_summary_text.delta", summary_index=0, delta=text)]

    def closed(self) -> Stream:
        part = {"type": "summary_text", "text": "".join(self._text)}
        self.value["summary"] = [part]
        return [
            self.event("reasoning_summary_text.done", summary_index=0, text=part["text"]),
            self.event("reasoning_summary_part.done", summary_index=0, part=part),
            self.done("completed"),
        ]


class Retrieval(Item):
    """The search in the documents."""

    def __init__(self, id: str, index: int) -> None:
        value: Fields = {"type": "file_search_call", "queries": [], "status": "in_progress", "results": None}
        super().__init__(id, index, value)
        self._results: list[Fields] = []

    def opened(self) -> Stream:
        return [
            self.added(),
            self.event("file_search_call.in_progress"),
            self.event("file_search_call.searching"),
        ]

    def found(self, passages: Sequence[e.Passage]) -> None:
        self._results += [_result(passage) for passage in passages]

    def asked(self, detail: Mapping[str, Any] | None) -> None:
        """What was looked for is known once the search is over."""
        query = (detail or {}).get("query")
        if isinstance(query, str):
            self.value["queries"] = [query]

    @property
    def has_results(self) -> bool:
        return bool(self._results)

    def closed(self, status: str) -> Stream:
        self.value["results"] = list(self._results)
        if status != "completed":
            return [self.done("failed" if status == "failed" else "incomplete")]
        return [self.event("file_search_call.completed"), self.done("completed")]


class Call(Item):
    """A tool: `mcp_call` when the server runs it, `function_call` when the client is to."""

    def __init__(self, id: str, index: int, started: e.ToolStarted) -> None:
        self._is_ours = started.runs_on == "server"
        value: Fields = {"name": started.name, "arguments": "", "status": "in_progress"}
        if self._is_ours:
            value |= {"type": "mcp_call", "server_label": "rivulet", "output": None, "error": None}
        else:
            value |= {"type": "function_call", "call_id": started.tool_call_id}
        super().__init__(id, index, value)
        self._arguments: list[str] = []
        self._is_done = False

    @property
    def _type(self) -> str:
        return "mcp_call_arguments" if self._is_ours else "function_call_arguments"

    def opened(self) -> Stream:
        return [self.added(), self.event("mcp_call.in_progress")] if self._is_ours else [self.added()]

    def said(self, text: str) -> Stream:
        self._arguments.append(text)
        return [self.event(f"{self._type}.delta", delta=text)]

    def called(self, event: e.ToolCalled) -> Stream:
        arguments = "".join(self._arguments) or line(event.input).decode("utf-8")
        self.value["arguments"] = arguments
        done: Fields = (
            {"arguments": arguments} if self._is_ours else {"arguments": arguments, "name": event.name}
        )
        stream = [self.event(f"{self._type}.done", **done)]
        if not self._is_ours:
            self._is_done = True
            stream.append(self.done("completed"))
        return stream

    def closed(self, event: e.ToolFinished) -> Stream:
        if self._is_done:
            return []
        if not self._is_ours or event.status == "cancelled":
            return [self.done("incomplete")]
        if event.status == "failed":
            content = [{"type": "text", "text": event.error or "The tool failed."}]
            self.value["error"] = {"type": "mcp_tool_execution_error", "content": content}
            return [self.event("mcp_call.failed"), self.done("failed")]
        is_text = isinstance(event.output, str)
        self.value["output"] = event.output if is_text else line(event.output).decode("utf-8")
        return [self.event("mcp_call.completed"), self.done("completed")]


def _result(passage: e.Passage) -> Fields:
    attributes = {"n": passage.n, "source_id": passage.source_id, "title": passage.title[:512]}
    return {
        "file_id": passage.document_id,
        "filename": passage.filename or passage.title,
        "score": passage.score,
        "text": passage.text,
        "attributes": attributes | {"url": passage.url[:512]},
    }
