"""What strict clients check while they read, written down from the protocols."""

from typing import Any

AI_SDK_PARTS = {
    "start": {"messageId", "messageMetadata"},
    "start-step": set(),
    "finish-step": set(),
    "text-start": {"id"},
    "text-delta": {"id", "delta"},
    "text-end": {"id"},
    "reasoning-start": {"id"},
    "reasoning-delta": {"id", "delta"},
    "reasoning-end": {"id"},
    "tool-input-start": {"toolCallId", "toolName"},
    "tool-input-delta": {"toolCallId", "inputTextDelta"},
    "tool-input-available": {"toolCallId", "toolName", "input"},
    "tool-output-available": {"toolCallId", "output"},
    "tool-output-error": {"toolCallId", "errorText"},
    "source-url": {"sourceId", "url"},
    "source-document": {"sourceId", "mediaType", "title"},
    "message-metadata": {"messageMetadata"},
    "error": {"errorText"},
    "abort": set(),
    "finish": {"finishReason"},
}
"""Part types that versions 5, 6 and 7 all know, and the fields each must have."""

AI_SDK_REASONS = {"stop", "length", "content-filter", "tool-calls", "error", "other"}


def check_ai_sdk(parts: list[dict[str, Any]]) -> None:
    """What makes `useChat` fail: unknown types, missing fields, deltas without a start, unknown calls."""
    open_parts: set[tuple[str, str]] = set()
    calls: set[str] = set()
    assert parts[0]["type"] == "start"
    assert parts[-1]["type"] == "finish"
    assert parts[-1]["finishReason"] in AI_SDK_REASONS
    for part in parts:
        kind = part["type"]
        if kind.startswith("data-"):
            assert "data" in part
            continue
        assert AI_SDK_PARTS[kind] <= part.keys()
        family, _, step = kind.partition("-")
        if family in ("text", "reasoning"):
            key = (family, part["id"])
            if step == "start":
                assert key not in open_parts
                open_parts.add(key)
            assert key in open_parts
            if step == "end":
                open_parts.remove(key)
        elif kind == "tool-input-start":
            calls.add(part["toolCallId"])
        elif family == "tool":
            assert part["toolCallId"] in calls
        if "providerMetadata" in part:
            assert all(isinstance(inner, dict) for inner in part["providerMetadata"].values())
    assert not open_parts


AG_UI_PAIRS = {
    "TEXT_MESSAGE_START": ("TEXT_MESSAGE_END", "messageId"),
    "TOOL_CALL_START": ("TOOL_CALL_END", "toolCallId"),
    "REASONING_START": ("REASONING_END", "messageId"),
    "REASONING_MESSAGE_START": ("REASONING_MESSAGE_END", "messageId"),
    "STEP_STARTED": ("STEP_FINISHED", "stepName"),
}
AG_UI_CONTENT = {
    "TEXT_MESSAGE_CONTENT": ("TEXT_MESSAGE_START", "messageId"),
    "TOOL_CALL_ARGS": ("TOOL_CALL_START", "toolCallId"),
    "REASONING_MESSAGE_CONTENT": ("REASONING_MESSAGE_START", "messageId"),
}
AG_UI_OTHERS = {
    "TOOL_CALL_RESULT": {"messageId", "toolCallId", "content"},
    "ACTIVITY_SNAPSHOT": {"messageId", "activityType", "content"},
    "CUSTOM": {"name", "value"},
}


def check_ag_ui(events: list[dict[str, Any]]) -> None:
    """The rules of AG-UI's verifier: one run, everything opened once and closed, content inside."""
    opened: set[tuple[str, str]] = set()
    ids: set[str] = set()
    first, *inner, last = events
    assert first["type"] == "RUN_STARTED"
    assert first.keys() >= {"threadId", "runId"}
    for event in events:
        assert isinstance(event["timestamp"], int)
    for event in inner:
        kind = event["type"]
        if kind in AG_UI_PAIRS:
            key = (kind, event[AG_UI_PAIRS[kind][1]])
            assert key not in opened
            opened.add(key)
        elif kind in AG_UI_CONTENT:
            opener, field = AG_UI_CONTENT[kind]
            assert (opener, event[field]) in opened
            assert event["delta"]
        elif kind in AG_UI_OTHERS:
            assert AG_UI_OTHERS[kind] <= event.keys()
        else:
            opener = next(start for start, (end, _) in AG_UI_PAIRS.items() if end == kind)
            opened.remove((opener, event[AG_UI_PAIRS[opener][1]]))
        if kind in ("TEXT_MESSAGE_START", "TOOL_CALL_RESULT", "REASONING_START"):
            assert event["messageId"] not in ids
            ids.add(event["messageId"])
    assert not opened
    if last["type"] == "RUN_FINISHED":
        assert last["outcome"]["type"] in ("success", "cancelled")
    else:
        assert last["type"] == "RUN_ERROR"
        assert isinstance(last["message"], str)
        assert isinstance(last["code"], str)


def check_anthropic(events: list[dict[str, Any]]) -> None:
    """The order Anthropic's clients assert: blocks counted from 0, deltas inside, one end."""
    opened: dict[int, str] = {}
    count = 0
    deltas = {
        "text": {"text_delta", "citations_delta"},
        "thinking": {"thinking_delta"},
        "tool_use": {"input_json_delta"},
        "server_tool_use": {"input_json_delta"},
    }
    assert events[0]["type"] == "message_start"
    assert events[0]["message"]["content"] == []
    for event in events[1:]:
        match event["type"]:
            case "content_block_start":
                assert event["index"] == count
                opened[count] = event["content_block"]["type"]
                count += 1
            case "content_block_delta":
                assert event["delta"]["type"] in deltas[opened[event["index"]]]
            case "content_block_stop":
                del opened[event["index"]]
            case "message_delta":
                assert not opened
                assert event["delta"]["stop_reason"] in ("end_turn", "max_tokens", "refusal", "tool_use")
            case kind:
                assert event is events[-1]
                assert kind in ("message_stop", "error")


def check_responses(events: list[dict[str, Any]]) -> None:
    """The order OpenAI's accumulators need: items at the next index, everything of an item inside it."""
    opened: dict[int, str] = {}
    count = 0
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]
    for event in events[2:]:
        kind = event["type"]
        if kind == "response.output_item.added":
            assert event["output_index"] == count
            opened[count] = event["item"]["id"]
            count += 1
        elif kind == "response.output_item.done":
            assert opened.pop(event["output_index"]) == event["item"]["id"]
        elif "output_index" in event:
            assert opened[event["output_index"]] == event["item_id"]
        elif kind == "error":
            assert event is events[-2]
        else:
            assert event is events[-1]
            assert not opened
            assert len(event["response"]["output"]) == count
