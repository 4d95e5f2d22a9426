"""Images that an answer names, over HTTP (PROTOCOL.md §7.6)."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from rivulet.domain.errors import NotFound
from rivulet.domain.tenant import Principal
from rivulet.engine.images import stands_in
from rivulet.testing.model_call import Call
from rivulet.testing.scripted_model import ScriptedModel
from tests.image_host import ImageHost, png

from .conftest import Site, serving

pytestmark = pytest.mark.anyio


@pytest.fixture
async def gallery(tmp_path: Path, model: ScriptedModel, image_host: ImageHost) -> AsyncIterator[Site]:
    """A server that may go to the image host, by this name of it."""
    async with serving(tmp_path / "data", model, private_hosts=(image_host.name,)) as site:
        yield site


async def answered(site: Site, text: str) -> str:
    """The turn of a question that was answered with this text."""

    async def told(call: Call) -> None:
        await call.head()
        await call.say(text)
        await call.finish("stop", 1, 1)

    site.model.then(told)
    turn_id = (await site.ask())["turn_id"]
    await site.stream(turn_id)
    return turn_id


def path_of(turn_id: str, url: str) -> str:
    return f"/v1/turns/{turn_id}/image?url={quote(url, safe='')}"


async def test_an_image_comes_under_a_policy_in_which_nothing_runs(
    gallery: Site, image_host: ImageHost
) -> None:
    """§7.6: its bytes as they are, sniffed by nobody, kept by the reader's browser alone."""
    url = image_host.at("cat.png?a=1&b=(2)")
    turn_id = await answered(gallery, f"Look: ![a cat]({url})")
    async with gallery.http.get(path_of(turn_id, url)) as response:
        assert (response.status, await response.read()) == (200, png())
        assert response.headers["content-type"] == "image/png"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert response.headers["cross-origin-resource-policy"] == "same-origin"
        assert response.headers["cache-control"].startswith("private")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("gone.png", 502, "image_unreachable"),
        ("drawing.svg", 422, "not_an_image"),
        ("large.png", 422, "image_too_large"),
        ("inward.png", 403, "image_refused"),
    ],
)
async def test_what_does_not_come_says_why(
    gallery: Site, image_host: ImageHost, path: str, status: int, code: str
) -> None:
    """§7.6: each by a code of its own."""
    turn_id = await answered(gallery, f"![]({image_host.at(path)})")
    found, problem = await gallery.json("GET", path_of(turn_id, image_host.at(path)))
    assert (found, problem["error"]["code"]) == (status, code)


async def test_a_private_address_is_refused_unless_it_was_allowed(site: Site, image_host: ImageHost) -> None:
    """§7.6: whoever wrote it into the answer."""
    before = len(image_host.asked)
    turn_id = await answered(site, f"![]({image_host.at('cat.png')})")
    status, problem = await site.json("GET", path_of(turn_id, image_host.at("cat.png")))
    assert (status, problem["error"]["code"], len(image_host.asked)) == (403, "image_refused", before)


async def test_only_what_the_answer_names_is_fetched(gallery: Site, image_host: ImageHost) -> None:
    """§7.6: no other address, no part of one, nothing for another tenant, nothing without a turn."""
    before = len(image_host.asked)
    turn_id = await answered(gallery, f"![a cat]({image_host.at('cat.png?size=2')})")
    for url in (image_host.at("moved.png"), image_host.at("cat.png"), image_host.at("cat.png?size="), "cat"):
        assert (await gallery.json("GET", path_of(turn_id, url)))[0] == 404
    named = image_host.at("cat.png?size=2")
    assert (await gallery.json("GET", path_of("trn_" + "a" * 26, named)))[0] == 404
    for wrong in ("", "?url=", "?url=" + "x" * 4001):
        assert (await gallery.json("GET", f"/v1/turns/{turn_id}/image{wrong}"))[0] in (400, 404)
    with pytest.raises(NotFound):
        await gallery.house.picturing.image(Principal(tenant_id="ten_other"), turn_id, named)
    assert len(image_host.asked) == before


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("![x](http://h/a.png)", True),
        ("![x](<http://h/a.png> 'A title')", True),
        ("![x][i]\n\n[i]: http://h/a.png\n", True),
        ("[![x](http://h/a.png)](http://h)", True),
        ("http://h/a.png", True),
        ("![x](http://h/a\\.png)", True),
        ("![x](http://h/a.png?secret=1)", False),
        ("![x](http://h/a.pngs)", False),
        ("![x](https://x/http://h/a.png)", False),
        ("", False),
    ],
)
def test_an_address_stands_in_a_text_as_a_whole(text: str, is_named: bool) -> None:
    """As Markdown writes it: in brackets, in angle brackets, before a title, as a reference."""
    assert stands_in("http://h/a.png", text) is is_named
