"""An answer does not depend on how the network cuts it."""

import json
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rivulet.domain.errors import ProviderError
from rivulet.ports.answering import Piece, Text, Thought, ToolCallDelta
from rivulet.providers.attempts import Incoming
from rivulet.providers.completion import Completion, WholeCompletion
from rivulet.providers.ollama import Chatter


def frame(delta: dict, **more: object) -> bytes:
    data = json.dumps({"choices": [{"index": 0, "delta": delta, **more}]}, ensure_ascii=False)
    return f"data: {data}\n\n".encode()


def line(message: dict, **more: object) -> bytes:
    return json.dumps({"message": message, "done": False, **more}, ensure_ascii=False).encode() + b"\n"


TOOL = {"index": 0, "id": "a", "function": {"name": "find", "arguments": '{"q":"ü'}}

OPENAI = b"".join(
    [
        b"\xef\xbb\xbf: hello\r\n\r\n",
        frame({"role": "assistant", "content": ""}),
        frame({"reasoning_content": "Denk nach… 🤔"}),
        frame({"content": "Grüße "}).replace(b"\n", b"\r\n"),
        frame({"content": "世界"}).replace(b"\n", b"\r"),
        b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\n',
        b'data: {"choices":[{"delta":{"content":"\\ude00 [1]"}}]}\n\n',
        b"event: x\nid: 7\nretry: 1\ndata: nonsense\n\n",
        frame({"tool_calls": [TOOL]}),
        frame({"tool_calls": [{"index": 0, "function": {"arguments": 'ber"}'}}]}),
        frame({}, finish_reason="tool_calls"),
        b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}\n\n',
        b"data: [DONE]\n\n",
    ]
)

OLLAMA = b"".join(
    [
        line({"thinking": "Denk nach… 🤔"}),
        line({"content": "Grüße "}).replace(b"\n", b"\r\n"),
        b"\n",
        b'{"message":{"content":"\\ud83d"},"done":false}\n{"message":{"content":"\\ude00 [1]"}}\n',
        b"nonsense\n",
        line({"tool_calls": [{"function": {"name": "find", "arguments": {"q": "über"}}}]}),
        b'{"done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":4}',
    ]
)

WHOLE = json.dumps(
    {"choices": [{"message": {"content": "Grüße 世界"}, "finish_reason": "length"}]}, ensure_ascii=False
).encode()

STREAMS: list[tuple[Callable[[], Incoming], bytes]] = [
    (Completion, OPENAI),
    (Chatter, OLLAMA),
    (WholeCompletion, WHOLE),
]


def joined(pieces: list[Piece]) -> list[Piece]:
    """Neighbouring pieces of one kind as one: how many there are is the network's affair."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if isinstance(piece, (Text, Thought)) and type(piece) is type(last):
            found[-1] = type(piece)(last.text + piece.text)
        elif isinstance(piece, ToolCallDelta) and isinstance(last, ToolCallDelta) and last.id == piece.id:
            found[-1] = ToolCallDelta(piece.id, last.delta + piece.delta)
        else:
            found.append(piece)
    return found


def heard(make: Callable[[], Incoming], reads: list[bytes]) -> tuple[list[Piece], str]:
    incoming = make()
    pieces: list[Piece] = []
    for read in reads:
        if incoming.has_ended:
            break
        pieces += incoming.feed(read)
    try:
        return joined([*pieces, *incoming.end()]), "ended"
    except ProviderError as problem:
        return joined(pieces), problem.code


@pytest.mark.parametrize(("make", "stream"), STREAMS)
def test_byte_by_byte_is_the_same_as_at_once(make: Callable[[], Incoming], stream: bytes) -> None:
    """One byte per read gives what one read of everything gives, and that is the whole answer."""
    pieces, end = heard(make, [stream])
    assert (pieces, end) == heard(make, [stream[i : i + 1] for i in range(len(stream))])
    assert "".join(piece.text for piece in pieces if isinstance(piece, Text)).startswith("Grüße")
    assert end == "ended"


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(STREAMS), st.lists(st.integers(0, 900), max_size=12))
def test_any_cut_gives_the_same_pieces(case: tuple[Callable[[], Incoming], bytes], cuts: list[int]) -> None:
    """Cut anywhere, any number of times: the same pieces."""
    make, stream = case
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    assert heard(make, [stream]) == heard(make, [stream[a:b] for a, b in pairwise(edges)])


@pytest.mark.parametrize(("make", "stream"), STREAMS)
def test_an_end_at_any_byte_is_never_taken_for_the_whole(make: Callable[[], Incoming], stream: bytes) -> None:
    """What was cut off before its end has a beginning of the same pieces, and is an error."""
    whole = "".join(piece.text for piece in heard(make, [stream])[0] if isinstance(piece, Text))
    ends = stream.find(b'"finish_reason"') if make is Completion else len(stream) - 1
    for size in range(ends):
        pieces, end = heard(make, [stream[:size]])
        text = "".join(piece.text for piece in pieces if isinstance(piece, Text))
        assert end in ("upstream_truncated", "upstream_protocol"), size
        assert whole.startswith(text)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.binary(max_size=40), max_size=20), st.sampled_from([Completion, Chatter, WholeCompletion]))
def test_no_bytes_crash_the_reader(reads: list[bytes], make: Callable[[], Incoming]) -> None:
    """Any bytes at all end in an answer or in an error of ours."""
    assert heard(make, reads)[1]


NAMES = [
    "choices",
    "delta",
    "content",
    "index",
    "usage",
    "error",
    "message",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "finish_reason",
    "reasoning",
    "prompt_tokens",
    "done",
    "id",
    "code",
    "thinking",
]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=60)
@given(st.lists(JUNK, max_size=6))
def test_no_json_crashes_the_reader(frames: list[object]) -> None:
    """Any JSON in any place ends in an answer or in an error of ours, and nothing else."""
    texts = [json.dumps(junk).encode() for junk in frames]
    heard(Completion, [b"data: %s\n\n" % text for text in texts])
    heard(Chatter, [text + b"\n" for text in texts])
    for text in texts:
        heard(WholeCompletion, [text])
