"""The page: served whole from the package, under a policy that lets nothing foreign in."""

import hashlib
import re
from base64 import b64encode
from pathlib import Path
from urllib.parse import urljoin

import pytest

from rivulet import __version__
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import Site, serving

pytestmark = pytest.mark.anyio


async def test_the_page_brings_everything_it_needs(site: Site) -> None:
    """Every script and style it names is there, and nothing names another host."""
    async with site.http.get("/") as response:
        text = await response.text()
        policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    named = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert named
    for each in named:
        address = urljoin(f"{site.url}/", each)
        assert address.startswith(site.url)
        async with site.http.get(address.removeprefix(site.url)) as response:
            assert response.status == 200
            assert response.headers["x-content-type-options"] == "nosniff"


async def test_its_own_addresses_are_the_page(site: Site) -> None:
    """A reload anywhere inside the page works; the API's addresses are never the page, and a program that
    lost its way is told so in JSON."""
    async with site.http.get("/somewhere/else", headers={"accept": "text/html,*/*;q=0.8"}) as response:
        assert response.headers["content-type"].startswith("text/html")
    for path in ("/v1/nothing", "/assets/nothing.js", "/somewhere/else"):
        assert (await site.json("GET", path))[0] == 404


async def test_assets_are_kept_and_the_page_is_not(site: Site) -> None:
    """After an upgrade the next visit gets the new page at once."""
    async with site.http.get("/") as response:
        assert response.headers["cache-control"] == "no-cache"
        asset = re.findall(r'(/assets/[^"]+)', await response.text())[0]
    async with site.http.get(asset) as response:
        assert "immutable" in response.headers["cache-control"]


@pytest.mark.parametrize("path", ["/..%2f..%2fetc/passwd", "/assets/..%2findex.html", "/%00"])
async def test_no_path_reaches_the_disk(site: Site, path: str) -> None:
    """Only files by their exact name."""
    async with site.http.get(path) as response:
        assert b"root:" not in await response.read()
        assert response.status in (200, 404)


async def test_the_sandbox_has_a_policy_of_its_own(tmp_path: Path, model: ScriptedModel) -> None:
    """Artifacts run where nothing is: also on a server with a key, which this document does not need; the
    page may hold frames of this server only, and no other site may hold either."""
    async with serving(tmp_path / "data", model, key="secret") as site:
        async with site.http.get("/sandbox") as response:
            assert (response.status, response.content_type) == (200, "text/html")
            assert response.headers["content-security-policy"] == (
                "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; "
                "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'; "
                "frame-ancestors 'self'"
            )
            assert response.headers["x-content-type-options"] == "nosniff"
            assert response.headers["referrer-policy"] == "no-referrer"
            assert "set-cookie" not in response.headers
        async with site.http.get("/") as response:
            policy = response.headers["content-security-policy"].split("; ")
            assert {"frame-src 'self'", "frame-ancestors 'none'"} <= set(policy)
        async with site.http.post("/sandbox", json={}) as response:
            assert response.status in (404, 405)


async def test_files_travel_packed_and_only_once(site: Site) -> None:
    """gzip for whoever takes it, the file itself for others, and nothing for whoever has it already."""
    async with site.http.get("/", headers={"accept-encoding": "identity"}) as response:
        assert "content-encoding" not in response.headers
        asset = re.findall(r'(/assets/[^"]+\.js)', await response.text())[0]
        etag = response.headers["etag"]
    async with site.http.get("/", headers={"if-none-match": etag}) as response:
        assert (response.status, await response.read()) == (304, b"")
    async with site.http.get(asset, headers={"accept-encoding": "identity"}) as response:
        plain = await response.read()
    async with site.http.get(asset, headers={"accept-encoding": "gzip"}) as response:
        assert response.headers["content-encoding"] == "gzip"
        assert response.headers["vary"] == "Accept-Encoding"
        assert int(response.headers["content-length"]) < len(plain) / 2
        assert await response.read() == plain


async def test_the_widget_is_for_other_pages_too(site: Site) -> None:
    """Its loader is new after every upgrade; what the loader fetches is named by its content and kept."""
    async with site.http.get("/w.js") as response:
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["cache-control"] == "public, max-age=600"
        panel = re.findall(r"widget/panel-[\w-]+\.js", await response.text())[0]
    async with site.http.get(f"/{panel}") as response:
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["content-type"].startswith("text/javascript")
        assert "immutable" in response.headers["cache-control"]
    async with site.http.get("/") as response:
        assert "access-control-allow-origin" not in response.headers
    assert (await site.json("GET", "/widget/panel-nothing.js"))[0] == 404


async def test_the_widget_can_be_had_in_one_version(site: Site) -> None:
    """The major version's is new after every upgrade, the exact one's never changes and may be kept for ever;
    another version is not there, for people neither; and the hash that is told is the script's."""
    seen: dict[str, bytes] = {}
    major = __version__.split(".")[0]
    for name, keeping in (
        ("w", "max-age=600"),
        (f"w@{major}", "max-age=600"),
        (f"w@{__version__}", "immutable"),
    ):
        async with site.http.get(f"/{name}.js") as response:
            assert response.headers["content-type"].startswith("text/javascript")
            assert response.headers["access-control-allow-origin"] == "*"
            assert keeping in response.headers["cache-control"]
            seen[name] = await response.read()
    assert len(set(seen.values())) == 1
    for name in ("w@9.9.9.js", f"w@{__version__}", "w@.js", f"w@{__version__}.js.map"):
        assert (await site.json("GET", f"/{name}", headers={"accept": "text/html"}))[0] == 404
    _, told = await site.json("GET", "/v1/widget?key=pk_any")
    assert told["script"] == f"/w@{__version__}.js"
    digest = b64encode(hashlib.sha384(seen["w"]).digest()).decode()
    assert told["integrity"] == f"sha384-{digest}"
