"""Publishable keys: what a page of a listed origin may do, and nobody else (PROTOCOL.md §10.2)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers

from rivulet.config import BadSettings, PublishableKey, load
from rivulet.domain.errors import RateLimited
from rivulet.http.visitors import KEPT, Visitors
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import Site, parsed, serving

pytestmark = pytest.mark.anyio

SHOP, OTHER, EVIL = "https://shop.example", "http://localhost:3000", "https://evil.example"
KEY, OTHERS_KEY = "pk_live_abcdefghijklmnop", "pk_live_ponmlkjihgfedcba"
KEYS = (
    PublishableKey(key=KEY, origins=(SHOP, OTHER), visitor_per_minute=30),
    PublishableKey(key=OTHERS_KEY, origins=("https://elsewhere.example",)),
)
ANNA, BERT = "vis_" + "a" * 26, "vis_" + "b" * 26


@pytest.fixture(params=[None, "the-servers-own-key"], ids=["loopback", "with a key"])
async def shop(request: pytest.FixtureRequest, tmp_path: Path, model: ScriptedModel) -> AsyncIterator[Site]:
    """A server with publishable keys whose visitors are answered by the scripted model."""
    settings = {"model": "openai:scripted", "publishable_keys": KEYS}
    async with serving(tmp_path / "data", model, key=request.param, **settings) as site:
        yield site


def visitor(who: str | None = ANNA, key: str = KEY, origin: str | None = SHOP) -> dict[str, str]:
    """The headers of a request from a page."""
    headers = {"authorization": f"Bearer {key}", "rivulet-visitor": who, "origin": origin}
    return {name: value for name, value in headers.items() if value is not None}


async def ask(site: Site, headers: dict[str, str], **fields: Any) -> tuple[int, Any]:
    return await site.json("POST", "/v1/turns", json={"input": "Do you deliver?", **fields}, headers=headers)


async def test_a_visitor_asks_follows_stops_retries_and_reads_back(shop: Site) -> None:
    """From a listed origin the whole way works, and every answer is readable for that page."""
    status, started = await ask(shop, visitor())
    assert status == 202
    turn = f"/v1/turns/{started['turn_id']}"
    async with shop.http.get(f"{turn}/events", headers=visitor()) as response:
        assert parsed(await response.read())[-1]["status"] == "completed"
        assert response.headers["access-control-allow-origin"] == SHOP
        assert response.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in response.headers
    for method, path in (
        ("GET", turn),
        ("POST", f"{turn}/stop"),
        ("GET", f"/v1/chats/{started['chat_id']}/messages"),
        ("GET", f"/v1/events?turn={started['turn_id']}"),
        ("POST", f"{turn}/retry"),
    ):
        async with shop.http.request(method, path, headers=visitor()) as response:
            assert response.status in (200, 202), path
            await response.read()


@pytest.mark.parametrize(
    "origin", [None, EVIL, "null", "https://shop.example.evil.example", "http://shop.example", ""]
)
async def test_from_elsewhere_the_key_opens_nothing(shop: Site, origin: str | None) -> None:
    """Another origin, none at all, or one that only looks alike: 403, no turn, not readable."""
    _, started = await ask(shop, visitor())
    for method, path in (
        ("POST", "/v1/turns"),
        ("GET", f"/v1/turns/{started['turn_id']}/events"),
        ("GET", f"/v1/events?turn={started['turn_id']}"),
    ):
        body = {"json": {"input": "Hi"}} if method == "POST" else {}
        async with shop.http.request(method, path, headers=visitor(origin=origin), **body) as response:
            assert response.status == 403
            assert "access-control-allow-origin" not in response.headers
            assert (await response.json())["error"]["code"] == "forbidden"
    assert len(shop.model.calls) <= 1


async def test_a_key_is_good_for_its_own_origins_only(shop: Site) -> None:
    """A page of one customer cannot use another one's key, and an unknown key is no key."""
    assert (await ask(shop, visitor(key=OTHERS_KEY)))[0] == 403
    assert (await ask(shop, visitor(key=KEY + "x")))[0] == 401
    assert (await ask(shop, visitor(origin=OTHER)))[0] == 202


@pytest.mark.parametrize("who", [None, "", "vis_short", "anna", "vis_" + "a" * 65, "vis_" + "ä" * 26])
async def test_a_visitor_has_an_unguessable_id(shop: Site, who: str | None) -> None:
    """Without one that nobody can guess nothing is answered, because nothing could be kept apart."""
    assert (await ask(shop, visitor(who)))[0] in (400, 403)


async def test_one_visitor_finds_nothing_of_another(shop: Site) -> None:
    """Turns and chats of somebody else do not exist for him; the server's own key sees all."""
    _, hers = await ask(shop, visitor(ANNA))
    _, unknown = await shop.json("GET", f"/v1/turns/trn_{'a' * 26}", headers=visitor(BERT))
    turn, chat = f"/v1/turns/{hers['turn_id']}", f"/v1/chats/{hers['chat_id']}"
    for method, path in (
        ("GET", turn),
        ("GET", f"{turn}/events"),
        ("POST", f"{turn}/stop"),
        ("POST", f"{turn}/retry"),
        ("GET", f"{chat}/messages"),
    ):
        status, found = await shop.json(method, path, headers=visitor(BERT))
        assert (status, found["error"]["message"]) == (404, unknown["error"]["message"]), path
    assert (await ask(shop, visitor(BERT), chat_id=hers["chat_id"]))[0] == 404
    async with shop.http.get(f"/v1/events?turn={hers['turn_id']}", headers=visitor(BERT)) as response:
        assert [each["error"]["code"] for each in parsed(await response.read())] == ["not_found"]
    assert (await shop.json("GET", f"{chat}/messages", headers=visitor(ANNA)))[0] == 200
    own = {"authorization": "Bearer the-servers-own-key"}
    assert (await shop.json("GET", f"{chat}/messages", headers=own))[0] == 200


async def test_the_same_visitor_on_another_customers_page_is_another_one(
    tmp_path: Path, model: ScriptedModel
) -> None:
    """A visitor's id counts together with the key: what was asked on one site is not found on another."""
    keys = (PublishableKey(key=KEY, origins=(SHOP,)), PublishableKey(key=OTHERS_KEY, origins=(SHOP,)))
    async with serving(tmp_path / "d", model, model="openai:scripted", publishable_keys=keys) as site:
        _, started = await ask(site, visitor(ANNA))
        path = f"/v1/turns/{started['turn_id']}"
        assert (await site.json("GET", path, headers=visitor(ANNA, OTHERS_KEY)))[0] == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/chats"),
        ("GET", "/v1/turns"),
        ("GET", "/v1/sources"),
        ("POST", "/v1/sources"),
        ("GET", "/v1/models"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("DELETE", "/v1/chats/cht_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("GET", "/v1/documents/doc_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("POST", "/v1/chat/completions"),
        ("POST", "/v1/chat"),
        ("GET", "/v1/turns/../chats"),
    ],
)
async def test_everything_else_is_closed(shop: Site, method: str, path: str) -> None:
    """No list, no source, no other protocol: what is not named is refused."""
    status, found = await shop.json(method, path, headers=visitor())
    assert (status, "forbidden" in str(found)) == (403, True)


@pytest.mark.parametrize(
    "fields",
    [{"model": "openai:gpt-5"}, {"search_mode": "none"}, {"source_ids": ["src_a"]}, {"bot_id": "other"}],
)
async def test_a_visitor_cannot_choose_what_the_operator_pays_for(shop: Site, fields: dict[str, Any]) -> None:
    """The model, the knowledge and the bot are the operator's choice."""
    status, found = await ask(shop, visitor(), **fields)
    assert (status, found["error"]["code"]) == (403, "forbidden")


async def test_a_browser_is_told_precisely_what_a_page_may_do(shop: Site) -> None:
    """The question before the request: 204 with exactly this origin, or a refusal without any permission."""
    wish = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    async with shop.http.options("/v1/turns", headers={"origin": SHOP, **wish}) as response:
        assert (response.status, response.headers["access-control-allow-origin"]) == (204, SHOP)
        assert response.headers["access-control-allow-methods"] == "GET, POST"
        assert "rivulet-visitor" in response.headers["access-control-allow-headers"]
    for origin, path, method in (
        (EVIL, "/v1/turns", "POST"),
        (SHOP, "/v1/chats", "GET"),
        (SHOP, "/v1/turns", "DELETE"),
        (SHOP, "/v1/chat/completions", "POST"),
    ):
        asked = {"origin": origin, "access-control-request-method": method}
        async with shop.http.options(path, headers=asked) as response:
            assert response.status == 403
            assert not [name for name in response.headers if name.lower().startswith("access-control")]


async def test_a_listed_page_without_the_key_reads_nothing(shop: Site) -> None:
    """A server on this machine answers this machine; a page that is listed for a key gets no more."""
    async with shop.http.get("/v1/chats", headers={"origin": SHOP}) as response:
        assert "access-control-allow-origin" not in response.headers
    assert (await ask(shop, {"origin": SHOP}))[0] in (401, 403)


async def test_a_refused_page_is_told_why(shop: Site) -> None:
    """Any page may read whether it is welcome; nothing else is in the answer."""
    for origin, is_welcome in ((SHOP, True), (EVIL, False)):
        async with shop.http.get(f"/v1/widget?key={KEY}", headers={"origin": origin}) as response:
            assert response.headers["access-control-allow-origin"] == "*"
            found = await response.json()
            assert found["is_welcome"] is is_welcome
    assert found["message"] == f"This key is not for pages of {EVIL}."


async def test_questions_are_counted(tmp_path: Path, model: ScriptedModel) -> None:
    """A visitor who asks too often is told when to come back; others and following are not touched."""
    keys = (PublishableKey(key=KEY, origins=(SHOP,), visitor_per_minute=2, address_per_minute=3),)
    async with serving(tmp_path / "d", model, model="openai:scripted", publishable_keys=keys) as site:
        started = [(await ask(site, visitor(ANNA)))[0] for _ in range(2)]
        async with site.http.post("/v1/turns", json={"input": "More"}, headers=visitor(ANNA)) as response:
            assert (response.status, response.headers["retry-after"]) == (429, "30")
            assert response.headers["access-control-allow-origin"] == SHOP
        _, his = await ask(site, visitor(BERT))
        assert started == [202, 202]
        status, _ = await site.json("GET", f"/v1/turns/{his['turn_id']}", headers=visitor(BERT))
        assert status == 200
        assert (await ask(site, visitor("vis_" + "c" * 26)))[0] == 429


def test_questions_grow_back() -> None:
    """After half a minute half of them are there again, and forgetting visitors costs no memory."""
    now = 0.0
    keys = (PublishableKey(key=KEY, origins=(SHOP,), visitor_per_minute=2, address_per_minute=10**6),)
    visitors = Visitors(keys, lambda: now)

    def asks(who: str) -> bool:
        scope = {"type": "http", "method": "POST", "path": "/v1/turns", "client": ("127.0.0.1", 1)}
        try:
            visitors.admit(KEY, scope, Headers({"origin": SHOP, "rivulet-visitor": who}))
        except RateLimited:
            return False
        return True

    assert [asks(ANNA) for _ in range(3)] == [True, True, False]
    now = 30.0
    assert [asks(ANNA) for _ in range(2)] == [True, False]
    for number in range(KEPT + 10):
        asks(f"vis_{number:026d}")
    assert len(visitors._asked._left) <= KEPT  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    "text",
    [
        'key = "sk_abcdefghijklmnopqrst"\norigins = ["https://a.example"]',
        'key = "pk_short"\norigins = ["https://a.example"]',
        f'key = "{KEY}"\norigins = ["*"]',
        f'key = "{KEY}"\norigins = ["https://a.example/path"]',
        f'key = "{KEY}"\norigins = ["https://*.example"]',
        f'key = "{KEY}"\norigins = "https://a.example"',
        f'key = "{KEY}"',
        f'key = "{KEY}"\norigins = []\n[[publishable_keys]]\nkey = "{KEY}"\norigins = []',
    ],
)
def test_a_key_that_would_not_hold_is_refused_at_the_start(tmp_path: Path, text: str) -> None:
    """Origins are written as browsers send them, without patterns; a key is long enough and there once."""
    (tmp_path / "rivulet.toml").write_text(f"[[publishable_keys]]\n{text}\n")
    with pytest.raises(BadSettings):
        load(tmp_path, {})


def test_a_key_in_the_settings_is_read(tmp_path: Path) -> None:
    """Without origins a key is good for nothing, and that is allowed."""
    origins = ["https://a.example", "http://localhost:3000", "http://[::1]:80"]
    (tmp_path / "rivulet.toml").write_text(f'[[publishable_keys]]\nkey = "{KEY}"\norigins = {origins}\n')
    assert load(tmp_path, {}).publishable_keys[0].origins == tuple(origins)
