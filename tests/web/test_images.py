"""Images from elsewhere: a button until somebody presses it, then the image, by way of our own server."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.image_host import ImageHost, png
from tests.web.conftest import HOLD, Server, ToldModel, Visitor

REVOKED = """() => {
  window.revoked = []
  const revoke = URL.revokeObjectURL
  URL.revokeObjectURL = (address) => (revoked.push(address), revoke(address))
}"""

LINE = 27
"""Pixels from one line of an answer to the next."""


@pytest.fixture(scope="module")
def gallery(
    built_page: None,
    documents: object,
    upstream: ToldModel,
    image_host: ImageHost,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """A server that may go to the image host."""
    data = tmp_path_factory.mktemp("gallery") / "data"
    data.mkdir()
    (data / "rivulet.toml").write_text(f'private_hosts = ["{image_host.name}"]\n')
    server = Server(documents, data, upstream.url)  # type: ignore[arg-type]
    server.start()
    yield server
    server.stop()


@pytest.fixture
def looker(new_visitor: Callable[..., Visitor], gallery: Server) -> Visitor:
    one = new_visitor()
    one.open(gallery.url)
    return one


def offered(visitor: Visitor) -> Locator:
    return visitor.text.get_by_role("button", name="Show image from 127.0.0.1")


def height(found: Locator) -> float:
    box = found.bounding_box()
    assert box
    return box["height"]


def test_16_an_image_is_shown_in_place_when_it_is_asked_for(
    looker: Visitor, model: ToldModel, image_host: ImageHost
) -> None:
    """Nobody hears of it before; pressed in mid-answer it comes from our own server, stays while the answer
    grows, leaves the way to the original open, and is let go with the chat. In a sentence its button is no
    higher than a line."""
    before = len(image_host.asked)
    model.tell(f"Look: ![a cat]({image_host.at('cat.png?who=me')}) here", HOLD, " and **more**.\n\nThe end.")
    looker.ask()
    expect(offered(looker)).to_contain_text("a cat")
    assert len(image_host.asked) == before
    assert height(offered(looker)) < LINE
    expect(looker.text.get_by_role("link")).to_have_count(0)
    looker.page.evaluate(REVOKED)
    offered(looker).focus()
    looker.page.keyboard.press("Enter")
    image = looker.text.get_by_role("img", name="a cat")
    expect(image).to_be_visible()
    assert image.evaluate("(image) => image.naturalWidth") == 96
    expect(looker.text.get_by_role("link", name="Open in a new tab")).to_be_focused()
    model.release()
    looker.finished()
    expect(looker.text).to_contain_text("and more.")
    address = image.get_attribute("src")
    assert [path for path, _ in image_host.asked[before:]] == ["/cat.png?who=me"]
    assert not [url for url in looker.requests if url.startswith(image_host.at(""))]
    link = looker.text.get_by_role("link")
    expect(link).to_have_attribute("href", image_host.at("cat.png?who=me"))
    looker.press("New chat")
    looker.page.wait_for_function("(address) => revoked.includes(address)", arg=address)


def test_16_an_image_that_does_not_come_says_why(
    looker: Visitor,
    new_visitor: Callable[..., Visitor],
    model: ToldModel,
    image_host: ImageHost,
    gallery: Server,
) -> None:
    """In words, below a button that can be pressed again; who reads under a share link has only the link."""
    image_host.things["/late.png"] = image_host.things["/gone.png"]
    model.tell(f"[![late]({image_host.at('late.png')})](https://images.example/page)")
    looker.ask()
    looker.finished()
    assert height(offered(looker)) > LINE
    offered(looker).click()
    expect(looker.text).to_contain_text("The image's server answers 404.")
    image_host.things["/late.png"] = image_host.things["/cat.png"]
    offered(looker).click()
    expect(looker.text.get_by_role("img", name="late")).to_be_visible()
    expect(looker.text).not_to_contain_text("404")
    # A link around an image stays a link of its own: no press may do both.
    expect(looker.text.get_by_role("link", name="images.example")).to_be_visible()
    assert looker.text.locator("a button, a img").count() == 0
    chat = looker.page.url.rsplit("/", 1)[1]
    made = looker.page.request.post(f"{gallery.url}/v1/chats/{chat}/shares")
    guest = new_visitor()
    guest.page.goto(gallery.url + made.json()["url"])
    expect(guest.page.locator(".image-link")).to_contain_text("Image at 127.0.0.1")
    assert guest.page.locator(".markdown button, .markdown img").count() == 0


def test_16_what_is_no_image_is_not_shown(looker: Visitor, model: ToldModel, image_host: ImageHost) -> None:
    """A drawing with a script in it, bytes that begin like an image and are none, a place that is not ours
    to ask: each with its reason, and nothing runs."""
    image_host.things["/cut.png"] = (200, {"Content-Type": "image/png"}, png()[:8] + b"and no more")
    inward = image_host.at("cat.png").replace("127.0.0.1", "localhost")
    model.tell(f"![]({image_host.at('lying.png')}) ![]({image_host.at('cut.png')}) ![]({inward})")
    looker.ask()
    looker.finished()
    reasons = ("no PNG, JPEG", "no image that can be shown", "in a private network")
    for n, reason in enumerate(reasons):
        place = looker.text.locator(".image").nth(n)
        place.get_by_role("button").click()
        expect(place).to_contain_text(reason)
        expect(place.get_by_role("button")).to_be_enabled()
    assert looker.text.locator("img").count() == 0
