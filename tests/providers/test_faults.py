"""Every way a model's service can fail, and what a reader gets."""

import socket
from typing import NamedTuple

import pytest

from rivulet.domain.events import Usage
from rivulet.ports.answering import Provider
from rivulet.providers.openai import OpenAI
from rivulet.providers.patience import Patience
from rivulet.providers.upstream import Upstream
from rivulet.testing.model_scripts import refusing
from rivulet.testing.scripted_model import FAULTS, ScriptedModel
from rivulet.testing.server_process import held_port, port_of
from tests.providers.hearing import Heard, Make, hear

pytestmark = pytest.mark.anyio

HALF = "Half a tho"
ALL = "All said."
ODD = "Grüße, 世界 😀 [1]."
BOTH = ("openai", "ollama")


class Row(NamedTuple):
    """`outcome` is the finish reason or the error's code, `calls` how often the service was asked."""

    fault: str
    outcome: str
    text: str = ""
    calls: int = 1
    wires: tuple[str, ...] = BOTH


ROWS = [
    # broken connections: tried again only before the first word
    Row("reset-on-request", "upstream_unreachable", calls=3),
    Row("close-on-request", "upstream_unreachable", calls=3),
    Row("reset-after-headers", "upstream_truncated", calls=3),
    Row("end-without-anything", "upstream_truncated", calls=3),
    Row("reset-mid-stream", "upstream_truncated", HALF),
    Row("cut-mid-frame", "upstream_truncated", HALF),
    Row("length-too-long", "upstream_truncated", HALF),
    Row("end-without-finish", "upstream_truncated", HALF),
    Row("fin-without-finish", "upstream_truncated", HALF),
    Row("end-without-done", "stop", ALL),
    Row("done-without-finish", "stop", ALL),
    Row("deltas-after-finish", "stop", "All said and more.", wires=("openai",)),
    Row("hang-after-finish", "stop", ALL),
    Row("hang-after-done", "stop", ALL),
    Row("not-http", "upstream_protocol"),
    Row("length-too-short", "stop", ALL, wires=("openai",)),
    Row("length-too-short", "upstream_truncated", ALL, wires=("ollama",)),
    # unusual, but valid
    Row("plain", "stop", ODD),
    Row("one-byte-writes", "stop", ODD),
    Row("crlf", "stop", ODD),
    Row("cr-only", "stop", ODD, wires=("openai",)),
    Row("mixed-line-ends", "stop", ODD),
    Row("byte-order-mark", "stop", ODD),
    Row("no-space", "stop", ODD),
    Row("multi-line-data", "stop", ODD, wires=("openai",)),
    Row("foreign-fields", "stop", ODD, wires=("openai",)),
    Row("empty-lines", "stop", ALL),
    # without end
    Row("endless-line", "upstream_protocol"),
    Row("endless-comments", "upstream_protocol"),
    Row("gzip-bomb", "upstream_protocol"),
    # bodies of another kind
    Row("html", "upstream_protocol"),
    Row("whole-answer-instead", "stop", "All said at once."),
    Row("whole-error-instead", "upstream_failed", calls=3),
    Row("gzipped", "stop", ALL),
    Row("false-gzip", "upstream_protocol"),
    Row("unknown-encoding", "upstream_protocol"),
    Row("redirect", "upstream_protocol"),
    # frames that make no sense
    Row("malformed-json", "stop", "On and on."),
    Row("malformed-for-ever", "upstream_protocol", "On"),
    Row("not-a-number", "stop", "On and on."),
    Row("huge-integer", "stop", "On and on."),
    Row("deep-nesting", "stop", "On and on."),
    Row("deep-choices", "stop", "On and on."),
    Row("choices-null", "stop", "On and on."),
    Row("choices-empty", "stop", "On and on."),
    Row("choices-number", "stop", "On and on."),
    Row("delta-string", "stop", "On and on."),
    Row("delta-missing", "stop", "On and on."),
    Row("content-list", "stop", "On (in parts) and on.", wires=("openai",)),
    Row("several-choices", "stop", "On (first) and on.", wires=("openai",)),
    Row("message-string", "stop", "On and on."),
    Row("top-level-list", "stop", "On and on."),
    # text that breaks storage
    Row("lone-surrogate", "stop", "a�z"),
    Row("split-surrogate", "stop", "a😀z"),
    Row("nul", "stop", "az"),
    Row("line-separators", "stop", "a\u2028b\u2029c\u0085d\u000be\u000cf"),
    Row("invalid-utf8", "stop", "a��z"),
    # the service's own errors
    Row("error-at-start", "upstream_failed", calls=3),
    Row("error-mid-stream", "upstream_failed", HALF),
    Row("error-with-key", "upstream_failed", calls=3),
    Row("usage-option-refused", "stop", ALL, calls=2, wires=("openai",)),
    # endings
    Row("finish-length", "length", "Half a thou"),
    Row("filter-at-start", "content_filter", wires=("openai",)),
    Row("filter-mid-stream", "content_filter", HALF, wires=("openai",)),
    Row("refusal", "content_filter", "I would rather not.", wires=("openai",)),
    Row("reasoning-only", "stop"),
    Row("empty", "stop"),
    Row("whitespace", "stop", " \n "),
    # usage
    Row("usage-missing", "stop", ALL),
    Row("usage-twice", "stop", ALL),
    Row("usage-first", "stop", ALL),
    Row("usage-negative", "stop", ALL),
    Row("usage-wrong", "stop", ALL),
    # tool calls
    Row("tool-split-mid-escape", "tool_calls", wires=("openai",)),
    Row("tool-invalid-json", "tool_calls", wires=("openai",)),
    Row("tool-duplicate-ids", "tool_calls"),
    Row("tool-without-index", "tool_calls"),
    Row("tool-empty", "stop"),
    Row("tool-huge-arguments", "upstream_protocol"),
    Row("tool-many-calls", "upstream_protocol"),
]

SILENT = ("hang-before-headers", "hang-after-headers", "hang-mid-stream", "trickle", "heartbeats-only")
"""Ended by a time limit of the turn, not by the provider; see test_leaving.py."""

ENDLESS = ("endless-repetition",)
"""Ended by the turn's limit of bytes; here only its reader's leaving ends it."""


@pytest.fixture
def speaking(request: pytest.FixtureRequest, wire: str) -> Provider:
    """The provider for one wire."""
    return request.getfixturevalue(wire)


@pytest.mark.parametrize(
    ("wire", "row"),
    [pytest.param(wire, row, id=f"{wire}-{row.fault}") for row in ROWS for wire in row.wires],
)
async def test_each_fault_ends_as_the_table_says(row: Row, speaking: Provider, model: ScriptedModel) -> None:
    """Each fault ends with its finish reason or its code, keeps the text before it, is asked so often."""
    heard = await hear(speaking, f"fault:{row.fault}")
    assert (row.outcome, row.text, row.calls) == (heard.outcome, heard.text, len(model.calls))


def test_the_table_has_every_fault_of_the_scripted_model() -> None:
    """A fault that is added to the scripted model needs a row here."""
    assert set(FAULTS) == {row.fault for row in ROWS} | {*SILENT, *ENDLESS}


REFUSALS = [
    (401, "bad key", None, "upstream_auth", 1),
    (403, "not yours", None, "upstream_auth", 1),
    (400, "Incorrect API key provided", "invalid_api_key", "upstream_auth", 1),
    (404, "The model `x` does not exist", "model_not_found", "model_not_found", 1),
    (404, "model 'x' not found", None, "model_not_found", 1),
    (400, "the model x does not exist", None, "model_not_found", 1),
    (400, "This model's maximum context length is 8192 tokens", None, "context_length", 1),
    (400, "too long", "context_length_exceeded", "context_length", 1),
    (413, "Request too large", None, "context_length", 1),
    (500, "the request exceeds the available context size", None, "context_length", 1),
    (400, "flagged", "content_filter", "content_filter", 1),
    (400, "temperature must be below 2", None, "upstream_refused", 1),
    (400, "max_tokens is too large: 5000", "invalid_value", "upstream_refused", 1),
    (422, "what?", None, "upstream_refused", 1),
    (402, "pay first", None, "upstream_refused", 1),
    (429, "no credit", "insufficient_quota", "upstream_refused", 1),
    (302, "elsewhere", None, "upstream_protocol", 1),
    (204, "", None, "upstream_protocol", 1),
    (429, "slow down", "rate_limit_exceeded", "rate_limited", 3),
    (408, "too slow", None, "upstream_failed", 3),
    (500, "oops", None, "upstream_failed", 3),
    (502, "<html>", None, "upstream_failed", 3),
    (503, "busy", None, "upstream_failed", 3),
    (529, "overloaded", None, "upstream_failed", 3),
]


@pytest.mark.parametrize(
    ("wire", "status", "message", "code", "expected", "calls"),
    [(wire, *row) for row in REFUSALS for wire in BOTH if wire == "openai" or row[2] is None],
)
async def test_each_refusal_has_its_code(
    speaking: Provider,
    model: ScriptedModel,
    status: int,
    message: str,
    code: str | None,
    expected: str,
    calls: int,
) -> None:
    """Each HTTP error becomes its own code, if its wire has codes; only what may pass is tried again."""
    model.then(*[refusing(status, message, code)] * 3)
    heard = await hear(speaking)
    assert (expected, calls) == (heard.outcome, len(model.calls))


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7.0), ("864000", 864_000.0), ("-3", None), ("soon", None), (None, None)]
)
async def test_a_limit_says_how_long_it_lasts(
    provider: Provider, model: ScriptedModel, said: str | None, seconds: float | None
) -> None:
    """The seconds of `Retry-After` come with the error, also those nobody waits for; nonsense does not."""
    headers = {} if said is None else {"retry_after": said}
    model.then(*[refusing(429, "slow down", **headers)] * 3)
    heard = await hear(provider)
    assert heard.error is not None
    assert (heard.outcome, heard.error.retry_after) == ("rate_limited", seconds)


async def test_a_page_as_an_error_body_is_no_trouble(provider: Provider, model: ScriptedModel) -> None:
    """An error whose body is HTML, empty or broken JSON is known by its status."""
    for body in (
        b"<html>busy</html>",
        b"",
        b'{"error":',
        b"[" * 60_000,
        b'{"error":{"error":{"error":1}}}',
        b"[]",
        b"3",
    ):
        model.then(*[lambda call, body=body: call.reply(401, body)])
        assert (await hear(provider)).outcome == "upstream_auth"


async def test_a_service_that_recovers_is_heard(
    provider: Provider, model: ScriptedModel, naps: list[float]
) -> None:
    """Two failures before the first word cost two pauses, each announced; then the answer comes."""
    model.then(refusing(503), FAULTS["reset-on-request"])
    heard = await hear(provider, "fault:plain")
    assert heard.text == ODD
    assert naps == heard.waits == [0.5, 1.0]


@pytest.mark.parametrize("fault", ["reset-mid-stream", "error-mid-stream", "end-without-finish"])
async def test_nothing_is_tried_again_after_the_first_word(
    provider: Provider, model: ScriptedModel, fault: str
) -> None:
    """Once a word came out, a failure is final: its reader would get the beginning twice."""
    heard = await hear(provider, f"fault:{fault}")
    assert (len(model.calls), heard.waits) == (1, [])


async def test_thinking_counts_as_the_first_word(provider: Provider, model: ScriptedModel) -> None:
    """A failure after some reasoning is not tried again either."""

    async def thinks_and_dies(call) -> None:
        await call.head()
        await call.think("Hm.")
        await call.pause(0.02)
        call.reset()

    model.then(thinks_and_dies)
    heard = await hear(provider)
    assert (heard.thoughts, heard.outcome, len(model.calls)) == ("Hm.", "upstream_truncated", 1)


async def test_nobody_listening(provider_at: Make, naps: list[float]) -> None:
    """A refused connection is tried three times, then it is `upstream_unreachable`."""
    with held_port() as held:
        heard = await hear(provider_at(f"http://127.0.0.1:{port_of(held)}"))
    assert (heard.outcome, len(naps)) == ("upstream_unreachable", 2)


async def test_a_name_nobody_has(provider_at: Make) -> None:
    """A host name that does not resolve is `upstream_unreachable`."""
    heard = await hear(provider_at("http://nobody.invalid"))
    assert heard.outcome == "upstream_unreachable"


async def test_tls_to_a_server_without(provider_at: Make, model: ScriptedModel) -> None:
    """A failed TLS handshake is `upstream_unreachable`."""
    heard = await hear(provider_at(model.url.replace("http:", "https:")))
    assert heard.outcome == "upstream_unreachable"


async def test_a_connection_that_never_opens(patience: Patience) -> None:
    """A server that does not accept is given up after the connect limit."""
    upstream = Upstream(connect_s=0.05)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        heard = await hear(OpenAI(upstream, base_url=url, patience=patience))
        for one in waiting:
            one.close()
    await upstream.close()
    assert heard.outcome == "upstream_unreachable"


USAGE = [
    ("usage-missing", None),
    ("usage-twice", Usage(input_tokens=10, output_tokens=20, total_tokens=30)),
    ("usage-first", Usage(input_tokens=10, output_tokens=20, total_tokens=30)),
    ("usage-negative", Usage(input_tokens=0, output_tokens=20, total_tokens=20)),
    ("usage-wrong", None),
    ("plain", Usage(input_tokens=9, output_tokens=7, total_tokens=16)),
]


@pytest.mark.parametrize(("fault", "usage"), USAGE)
async def test_usage_is_what_the_service_said_last(
    provider: Provider, fault: str, usage: Usage | None
) -> None:
    """The last usage counts, wherever it came; never below zero, and none when there was none."""
    heard = await hear(provider, f"fault:{fault}")
    assert heard.ended is not None
    assert usage == heard.ended.usage


def only_arguments(heard: Heard) -> list[str]:
    return list(heard.arguments.values())


async def test_tool_calls_keep_their_arguments_as_they_came(openai: Provider) -> None:
    """Arguments cut inside an escape are whole when joined; broken ones are the tool runner's to refuse."""
    assert only_arguments(await hear(openai, "fault:tool-split-mid-escape")) == ['{"q":"a\\u00e9\\n"}']
    assert only_arguments(await hear(openai, "fault:tool-invalid-json")) == ['{"q":']


@pytest.mark.parametrize("fault", ["tool-duplicate-ids", "tool-without-index"])
async def test_two_calls_are_two_calls(openai: Provider, fault: str) -> None:
    """Two calls under one id, or at one index, come out as two, each with an id of its own."""
    heard = await hear(openai, f"fault:{fault}")
    assert len(heard.arguments) == 2
    assert only_arguments(heard) == ['{"q":1}', '{"q":2}']
