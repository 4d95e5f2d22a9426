"""Publishable keys: what a page of a listed origin may do, and nobody else (PROTOCOL.md §10.2)."""

import time
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.datastructures import Headers

from rivulet.config import BadSettings, PublishableKey, load
from rivulet.domain.errors import RateLimited, Unauthorised
from rivulet.http import app
from rivulet.http.sessions import Sessions, secret_in
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
ANNA, BERT = "anna", "bert"
SECRET = b"s" * 32


@cache
def session(who: str, key: str = KEY) -> str:
    """The one that this person has all the time, also when the tests take longer than a session."""
    return Sessions(SECRET, lambda: time.time() + 7200).begin(key, "").visitor


def knowing(data: Path) -> Path:
    """A data directory whose server signs as `session` does."""
    data.mkdir()
    (data / "visitors.secret").write_bytes(SECRET)
    return data


@pytest.fixture(params=[None, "the-servers-own-key"], ids=["loopback", "with a key"])
async def shop(request: pytest.FixtureRequest, tmp_path: Path, model: ScriptedModel) -> AsyncIterator[Site]:
    """A server with publishable keys whose visitors are answered by the scripted model."""
    settings = {"model": "openai:scripted", "publishable_keys": KEYS}
    async with serving(knowing(tmp_path / "data"), model, key=request.param, **settings) as site:
        yield site


def visitor(who: str | None = ANNA, key: str = KEY, origin: str | None = SHOP) -> dict[str, str]:
    """The headers of a request from a page."""
    headers = {
        "authorization": f"Bearer {key}",
        "rivulet-visitor": who and session(who, key),
        "origin": origin,
    }
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


@pytest.mark.parametrize(
    "token",
    [
        None,
        "",
        "vis_" + "a" * 32,
        session(ANNA)[:-1],
        session(ANNA).replace("vis.", "ren."),
        session(ANNA, OTHERS_KEY),
        Sessions(b"t" * 32, time.time).begin(KEY, "").visitor,
        Sessions(SECRET, time.time).begin(KEY, "").renewal,
        Sessions(SECRET, lambda: time.time() - 901).begin(KEY, "").visitor,
    ],
    ids=[
        "none",
        "empty",
        "made up",
        "cut",
        "another kind",
        "another key",
        "another server",
        "a renewal",
        "over",
    ],
)
async def test_a_visitor_has_a_session_of_this_server(shop: Site, token: str | None) -> None:
    """One that is made up, changed, for another key, of another server, over, or only good for renewing is
    none: the page is told to begin another, and may read that."""
    headers = visitor(None) | ({"rivulet-visitor": token} if token is not None else {})
    async with shop.http.post("/v1/turns", json={"input": "Hi"}, headers=headers) as response:
        assert (response.status, response.headers["access-control-allow-origin"]) == (401, SHOP)


async def test_a_page_gets_a_session_for_its_visitor(shop: Site) -> None:
    """A new visitor's without a token, the same visitor's with one, and never for pages of elsewhere."""
    path = "/v1/widget/session"
    status, first = await shop.json("POST", path, headers=visitor(None))
    assert (status, first["expires_in"]) == (200, 900)
    hers = visitor(None) | {"rivulet-visitor": first["visitor"]}
    _, started = await ask(shop, hers)
    for token in (first["visitor"], first["renewal"]):
        _, again = await shop.json("POST", path, headers=hers | {"rivulet-visitor": token})
        headers = hers | {"rivulet-visitor": again["visitor"]}
        assert (await shop.json("GET", f"/v1/turns/{started['turn_id']}", headers=headers))[0] == 200
    _, other = await shop.json("POST", path, headers=hers | {"rivulet-visitor": first["visitor"] + "x"})
    headers = hers | {"rivulet-visitor": other["visitor"]}
    assert (await shop.json("GET", f"/v1/turns/{started['turn_id']}", headers=headers))[0] == 404
    for wrong in (visitor(None, origin=EVIL), visitor(None, origin=None), {"origin": shop.url}):
        assert (await shop.json("POST", path, headers=wrong))[0] in (401, 403)


def test_a_session_ends_and_its_visitor_does() -> None:
    """A quarter of an hour for what a browser keeps, a day for all that can be made of it: a stolen token
    cannot be renewed for ever."""
    now = 1_000_000.0
    sessions = Sessions(SECRET, lambda: now)
    first = sessions.begin(KEY, "")
    name = sessions.visitor(KEY, first.visitor)
    now += 899
    kept = sessions.begin(KEY, first.visitor)
    assert sessions.visitor(KEY, kept.visitor) == name
    now += 899
    with pytest.raises(Unauthorised):
        sessions.visitor(KEY, first.visitor)
    assert sessions.visitor(KEY, kept.visitor) == name
    assert sessions.visitor(KEY, sessions.begin(KEY, first.visitor).visitor) != name
    now = 1_000_000.0 + 86_400 - 60
    last = sessions.begin(KEY, kept.renewal)
    assert (sessions.visitor(KEY, last.visitor), last.expires_in) == (name, 60)
    now += 60
    for token in (last.visitor, last.renewal, first.renewal):
        assert sessions.visitor(KEY, sessions.begin(KEY, token).visitor) != name


def test_the_secret_outlives_a_restart(tmp_path: Path) -> None:
    """Made once, readable by its owner only; where nothing can be written there is one all the same."""
    secret = secret_in(tmp_path)
    assert (len(secret), secret_in(tmp_path)) == (32, secret)
    assert (tmp_path / "visitors.secret").stat().st_mode & 0o777 == 0o600
    (tmp_path / "visitors.secret").write_bytes(b"half")
    assert len(secret_in(tmp_path)) == 32
    assert len(secret_in(tmp_path / "missing")) == 32


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
    async with serving(
        knowing(tmp_path / "d"), model, model="openai:scripted", publishable_keys=keys
    ) as site:
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


async def test_questions_are_counted(
    tmp_path: Path, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A visitor who asks too often is told when to come back; others and following are not touched."""
    monkeypatch.setattr(app, "time", SimpleNamespace(time=time.time, monotonic=lambda: 0.0))
    keys = (PublishableKey(key=KEY, origins=(SHOP,), visitor_per_minute=2, address_per_minute=3),)
    async with serving(
        knowing(tmp_path / "d"), model, model="openai:scripted", publishable_keys=keys
    ) as site:
        started = [(await ask(site, visitor(ANNA)))[0] for _ in range(2)]
        async with site.http.post("/v1/turns", json={"input": "More"}, headers=visitor(ANNA)) as response:
            assert (response.status, response.headers["retry-after"]) == (429, "30")
            assert response.headers["access-control-allow-origin"] == SHOP
        _, his = await ask(site, visitor(BERT))
        assert started == [202, 202]
        status, _ = await site.json("GET", f"/v1/turns/{his['turn_id']}", headers=visitor(BERT))
        assert status == 200
        assert (await ask(site, visitor("carla")))[0] == 429


def test_questions_grow_back() -> None:
    """After half a minute half of them are there again, and forgetting visitors costs no memory."""
    now = 0.0
    keys = (PublishableKey(key=KEY, origins=(SHOP,), visitor_per_minute=2, address_per_minute=10**6),)
    sessions = Sessions(SECRET, time.time)
    visitors = Visitors(keys, sessions, lambda: now)

    def asks(who: str) -> bool:
        scope = {"type": "http", "method": "POST", "path": "/v1/turns", "client": ("127.0.0.1", 1)}
        try:
            visitors.admit(KEY, scope, Headers({"origin": SHOP, "rivulet-visitor": session(who)}))
        except RateLimited:
            return False
        return True

    assert [asks(ANNA) for _ in range(3)] == [True, True, False]
    now = 30.0
    assert [asks(ANNA) for _ in range(2)] == [True, False]
    for number in range(KEPT + 10):
        asks(f"visitor {number}")
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
