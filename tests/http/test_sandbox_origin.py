"""A host of its own for the sandbox (PROTOCOL.md §12.3)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rivulet.config import BadSettings, load
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import Site, serving

pytestmark = pytest.mark.anyio

ORIGIN = "https://sandbox.example"
SANDBOX = {"host": "sandbox.example", "authorization": "Bearer secret", "accept": "text/html"}
PAGE = {"host": "chat.example"}


@pytest.fixture(params=[None, "secret"], ids=["loopback", "with a key"])
async def apart(request: pytest.FixtureRequest, tmp_path: Path, model: ScriptedModel) -> AsyncIterator[Site]:
    settings = {"sandbox_origin": ORIGIN, "allowed_hosts": ("chat.example",)}
    async with serving(tmp_path / "data", model, key=request.param, **settings) as site:
        yield site


async def test_its_host_serves_nothing_else(apart: Site) -> None:
    """No API, no page, no health, for nobody and by no spelling of the host."""
    nothing = ["/", "/index.html", "/v1/chats", "/livez", "/openapi.json", "/w.js", "/sandbox/", "/sandbox/x"]
    asked = [("GET", path) for path in nothing] + [(method, "/sandbox") for method in ("POST", "OPTIONS")]
    for host in ("sandbox.example", "SANDBOX.example:8321", "sandbox.example."):
        headers = {**SANDBOX, "host": host}
        for method, path in asked:
            async with apart.http.request(method, path, headers=headers) as response:
                assert (method, path, response.status) == (method, path, 404)
        async with apart.http.get("/sandbox", headers=headers) as response:
            assert response.status == 200


async def test_the_page_holds_it_and_only_the_page(apart: Site) -> None:
    """The page's frames go there and nowhere else; the sandbox is held by the hosts of the page."""
    async with apart.http.get("/", headers=PAGE) as response:
        assert f"; frame-src {ORIGIN}; " in response.headers["content-security-policy"]
        assert f'<meta name="rivulet-sandbox" content="{ORIGIN}/sandbox">' in await response.text()
    async with apart.http.get("/sandbox", headers=SANDBOX) as response:
        policy = response.headers["content-security-policy"]
        assert policy.startswith("sandbox allow-scripts; default-src 'none';")
        assert policy.endswith("; frame-ancestors 'self' 127.0.0.1:* chat.example:* localhost:*")


@pytest.mark.parametrize(
    "wrong",
    [
        "sandbox_origin = 'sandbox.example'",
        "sandbox_origin = 'https://sandbox.example/'",
        'sandbox_origin = "https://a.example; script-src *"',
        "sandbox_origin = 'http://127.0.0.1:9000'",
        "sandbox_origin = 'https://chat.example:9000'\nallowed_hosts = ['chat.example']",
        "sandbox_origin = 'https://chat.example'\nallowed_hosts = ['Chat.Example.']",
        "sandbox_origin = 'https://sandbox.example.'",
        "sandbox_origin = 'https://sandbox.example\\n'".replace("'", '"'),
        "host = '0.0.0.0'\nsandbox_origin = 'https://sandbox.example'",
    ],
)
async def test_an_origin_that_isolates_nothing_is_refused(wrong: str, tmp_path: Path) -> None:
    """What is no origin, the page's own host at another port, and a page whose host nobody has named."""
    (tmp_path / "rivulet.toml").write_text(wrong, encoding="utf-8")
    with pytest.raises(BadSettings, match=r"sandbox_origin|sandbox\.example"):
        load(tmp_path, {})
