"""Bad input at the front door: an error with a code and a request id, nothing lost, the server unmoved."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rivulet.testing.scripted_model import ScriptedModel

from .conftest import Site, closed, serving

pytestmark = pytest.mark.anyio
JSON = {"content-type": "application/json"}


def body(**fields: Any) -> bytes:
    return json.dumps({"input": "Hi", "model": "openai:scripted", "search_mode": "none", **fields}).encode()


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "invalid_request"),
        (b"{", 400, "invalid_request"),
        (b"null", 400, "invalid_request"),
        (b"[]", 400, "invalid_request"),
        (b'"text"', 400, "invalid_request"),
        (b"{}", 400, "invalid_request"),
        (b"\xff\xfe{", 400, "invalid_request"),
        (b"[" * 100_000, 400, "invalid_request"),
        (b'{"input": NaN}', 400, "invalid_request"),
        (b'{"input": ' + b"1" * 5000 + b"}", 400, "invalid_request"),
        (body(input=""), 400, "invalid_request"),
        (body(input="   \n "), 400, "invalid_request"),
        (body(input=None), 400, "invalid_request"),
        (body(input=7), 400, "invalid_request"),
        (body(input=["a"]), 400, "invalid_request"),
        (body(input="x" * 33_000), 400, "invalid_request"),
        (body(input="\x00"), 400, "invalid_request"),
        (b'{"input": "\\ud800"}', 400, "invalid_request"),
        (body(stream="yes"), 400, "invalid_request"),
        (body(on_busy="panic"), 400, "invalid_request"),
        (body(source_ids="all"), 400, "invalid_request"),
        (body(tenant_id="other"), 400, "invalid_request"),
        (body(model="gpt"), 400, "invalid_request"),
        (body(model="callable:os:system"), 400, "invalid_request"),
        (body(model="openai:"), 400, "invalid_request"),
        (body(bot_id="nobody"), 404, "not_found"),
        (body(chat_id="cht_unknown"), 404, "not_found"),
        (body(chat_id="'; DROP TABLE turns; --"), 404, "not_found"),
        (b'{"input": "' + b"x" * (2 << 20) + b'"}', 413, "too_large"),
    ],
)
async def test_a_bad_body_is_refused(site: Site, data: bytes, status: int, code: str) -> None:
    """Each has its code and status, and nothing was written."""
    answered, found = await site.json("POST", "/v1/turns", data=io.BytesIO(data), headers=JSON)
    assert (answered, found["error"]["code"]) == (status, code)
    assert found["error"]["request_id"]
    assert (await site.json("GET", "/v1/chats"))[1]["chats"] == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The request has no body."),
        (body(input=""), "input: It is empty."),
        (body(input="x" * 33_000), "input: It has 33000 characters; at most 32000 are taken."),
        (body(source_ids=["s"] * 1001), "source_ids: List should have at most 1000 items"),
    ],
)
async def test_a_length_is_told_in_words(site: Site, data: bytes, said: str) -> None:
    """What is too long, too short or not there at all is said so that a person understands it."""
    _, found = await site.json("POST", "/v1/turns", data=io.BytesIO(data), headers=JSON)
    assert found["error"]["message"].startswith(said)


async def test_a_body_without_a_length_is_counted(site: Site) -> None:
    """A chunked body is refused as soon as it is too large, whatever it did not announce."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b" " * 65536

    status, found = await site.json("POST", "/v1/turns", data=endless(), headers=JSON)
    assert (status, found["error"]["code"]) == (413, "too_large")


async def test_what_cannot_be_stored_is_removed_from_a_question(site: Site) -> None:
    """NUL and half characters go, the question stays."""
    started = await site.ask("Tea\x00 at\ud83d four?")
    await site.stream(started["turn_id"])
    _, found = await site.json("GET", f"/v1/chats/{started['chat_id']}/messages")
    assert found["messages"][0]["text"] == "Tea at four?"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"]
)
async def test_only_json_is_taken(site: Site, kind: str) -> None:
    """A form of another site cannot ask: its content types are refused."""
    status, found = await site.json("POST", "/v1/turns", data=body(), headers={"content-type": kind})
    assert (status, found["error"]["code"]) == (415, "wrong_content_type")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/v1/nothing",
        "/v1/turns/trn_unknown",
        "/v1/turns/..%2f..%2fetc%2fpasswd",
        "/v1/chats/%00",
        "/v1/chats/cht_aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "/v1/turns/trn_aaaaaaaaaaaaaaaaaaaaaaaaaa/events",
    ],
)
async def test_unknown_addresses_are_not_found(site: Site, method: str, path: str) -> None:
    """404 or 405 in our own shape, whatever the address looks like."""
    status, found = await site.json(method, path)
    assert status in (404, 405)
    assert found["error"]["code"] in ("not_found", "method_not_allowed")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/turns", "GET, POST"),
        ("PATCH", "/v1/turns/trn_unknown", "GET"),
        ("DELETE", "/v1/chats", "GET"),
        ("POST", "/health", "GET"),
        ("DELETE", "/v1/responses", "POST"),
    ],
)
async def test_a_wrong_method_is_told_from_a_wrong_address(
    site: Site, method: str, path: str, allowed: str
) -> None:
    """405 with all that the address does take, in every protocol."""
    async with site.http.request(method, path) as answer:
        assert (answer.status, answer.headers["allow"]) == (405, allowed)
        assert (await answer.json())["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a b"])
async def test_a_bad_idempotency_key_is_refused(site: Site, key: str) -> None:
    """It would go into the store and the log: printable ASCII, at most 255."""
    headers = {**JSON, "idempotency-key": key}
    status, found = await site.json("POST", "/v1/turns", data=body(), headers=headers)
    assert (status, found["error"]["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80"])
async def test_another_name_is_refused_on_a_keyless_server(site: Site, host: str) -> None:
    """DNS rebinding: a page elsewhere cannot reach us under its own name."""
    status, found = await site.json("GET", "/v1/chats", headers={"host": host})
    assert (status, found["error"]["code"]) == (403, "forbidden")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_another_site_cannot_write(site: Site, origin: str) -> None:
    """A foreign Origin is refused for everything that changes something."""
    status, found = await site.json("POST", "/v1/turns", data=body(), headers={**JSON, "origin": origin})
    assert (status, found["error"]["code"]) == (403, "forbidden")


async def test_our_own_page_can_write(site: Site) -> None:
    """The same request with our own origin is taken."""
    status, _ = await site.json("POST", "/v1/turns", data=body(), headers={**JSON, "origin": site.url})
    assert status == 202


async def raw(site: Site, request: bytes) -> bytes:
    """What comes back over a bare connection, until it is closed."""
    host, port = site.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    try:
        async with asyncio.timeout(60):
            return await reader.read(65536)
    finally:
        await closed(writer)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /v1/chats HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"400"),
        (b"GET /v1/chats HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /v1/chats HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", b"431"),
        (b"NONSENSE\r\n\r\n", b"400"),
        (
            b"POST /v1/turns HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 99999999999\r\n\r\n",
            b"413",
        ),
    ],
)
async def test_broken_http_is_answered(site: Site, request_bytes: bytes, status: bytes) -> None:
    """With the status that says what is wrong, and the server goes on."""
    answer = await raw(site, request_bytes)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert (await site.json("GET", "/livez"))[0] == 200


async def test_a_client_of_http_1_0_reads_a_stream(site: Site) -> None:
    """It knows no chunks: the events come bare, and the end of the connection ends them."""
    started = await site.ask("Tea at four?")
    events = await site.stream(started["turn_id"])
    host, port = site.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {started['events_url']} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    async with asyncio.timeout(60):
        head, _, sent = (await reader.read()).partition(b"\r\n\r\n")
    await closed(writer)
    assert b"transfer-encoding" not in head.lower()
    assert sent == events


async def test_a_request_id_of_the_caller_is_used_when_harmless(site: Site) -> None:
    """Ours otherwise: what stands in the log is never a stranger's line end."""
    for given, expected in (("abc-1", "abc-1"), ("a b", "req-"), ("x" * 65, "req-")):
        async with site.http.get("/v1/chats", headers={"x-request-id": given}) as response:
            assert response.headers["x-request-id"].startswith(expected)


async def test_the_openapi_document_is_there_and_names_every_route(site: Site) -> None:
    """Each path of the protocol, with the shape of its answer."""
    _, document = await site.json("GET", "/openapi.json")
    assert {"/v1/turns", "/v1/turns/{turn_id}/events", "/v1/chats/{chat_id}/messages"} <= set(
        document["paths"]
    )
    accepted = document["paths"]["/v1/turns"]["post"]["responses"]["202"]
    assert accepted["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/TurnAccepted"}
    assert "events_url" in document["components"]["schemas"]["TurnAccepted"]["properties"]


async def test_metrics_count_what_happened(site: Site) -> None:
    """Turns by their end; no label has a word of anybody's."""
    await site.stream((await site.ask("secret question"))["turn_id"])
    async with site.http.get("/metrics") as response:
        text = await response.text()
    assert 'rivulet_turns_finished_total{code="",status="completed"} 1.0' in text
    assert "secret" not in text


async def test_an_answer_without_a_model_counts_no_tokens(site: Site) -> None:
    """`extractive` quotes: its turn has no usage, not an estimated one, and the totals stay as they are."""
    ended = (await site.events((await site.ask("When is tea served?", model="extractive"))["turn_id"]))[-1]
    assert (ended["status"], ended["usage"]) == ("completed", {})
    async with site.http.get("/metrics") as response:
        tokens = [
            line for line in (await response.text()).splitlines() if line.startswith("rivulet_tokens_t")
        ]
    assert sorted(tokens) == [
        'rivulet_tokens_total{direction="input"} 0.0',
        'rivulet_tokens_total{direction="output"} 0.0',
    ]


async def test_the_metrics_need_the_key(tmp_path: Path, model: ScriptedModel) -> None:
    """Figures are not for strangers."""
    async with serving(tmp_path / "d", model, key="k") as site:
        assert (await site.json("GET", "/metrics"))[0] == 401
