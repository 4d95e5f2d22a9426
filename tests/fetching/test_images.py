"""Images from addresses that a model wrote: what comes, what is refused, what is never told."""

import pytest

from rivulet.domain.errors import (
    ImageError,
    ImageRefused,
    ImageTimeout,
    ImageTooLarge,
    NotAnImage,
)
from rivulet.fetching.images import ImageFetcher
from tests.image_host import ImageHost, png

pytestmark = pytest.mark.anyio


@pytest.fixture
def fetcher(image_host: ImageHost) -> ImageFetcher:
    """May go to that host, by this name of it and no other."""
    return ImageFetcher([image_host.name])


@pytest.mark.parametrize("path", ["cat.png", "named-jpeg.png", "moved.png", "cat.png?size=2#part"])
async def test_an_image_comes_as_what_it_is(fetcher: ImageFetcher, image_host: ImageHost, path: str) -> None:
    """Its bytes decide its kind; a redirect on the way is followed."""
    image = await fetcher.fetch(image_host.at(path))
    assert (image.media_type, image.content) == ("image/png", png())


async def test_the_host_hears_nothing_of_the_reader(fetcher: ImageFetcher, image_host: ImageHost) -> None:
    """No cookie, also not the one it sets, no referrer, no language, no key."""
    for _ in range(2):
        await fetcher.fetch(image_host.at("cat.png"))
    _, headers = image_host.asked[-1]
    named = {"host", "user-agent", "accept", "accept-encoding", "connection"}
    assert {name.lower() for name in headers} == named
    assert headers["User-Agent"] == "rivulet"


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("page.png", NotAnImage),
        ("drawing.svg", NotAnImage),
        ("lying.png", NotAnImage),
        ("empty.png", NotAnImage),
        ("packed.png", NotAnImage),
        ("large.png", ImageTooLarge),
        ("endless.png", ImageTooLarge),
        ("gone.png", ImageError),
        ("round.png", ImageError),
        ("to-a-file.png", ImageRefused),
        ("inward.png", ImageRefused),
    ],
)
async def test_what_is_no_image_of_a_bearable_size_does_not_come(
    fetcher: ImageFetcher, image_host: ImageHost, path: str, problem: type[ImageError]
) -> None:
    """By header and by bytes, by what it says and by what comes, and wherever a redirect leads."""
    with pytest.raises(problem) as found:
        await fetcher.fetch(image_host.at(path))
    assert type(found.value) is problem


async def test_a_redirect_that_never_ends_is_left(fetcher: ImageFetcher, image_host: ImageHost) -> None:
    """After the third."""
    before = len(image_host.asked)
    with pytest.raises(ImageError):
        await fetcher.fetch(image_host.at("round.png"))
    assert len(image_host.asked) - before == 4


@pytest.mark.parametrize(
    "address",
    [
        "localhost",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
    ],
)
async def test_a_private_address_is_refused_however_it_is_written(
    image_host: ImageHost, address: str
) -> None:
    """And nobody there hears of it."""
    before = len(image_host.asked)
    with pytest.raises(ImageRefused):
        await ImageFetcher().fetch(f"http://{address}:{image_host.port}/cat.png")
    assert len(image_host.asked) == before


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/cat.png",
        "//h/cat.png",
        "file:///etc/passwd",
        "ftp://h/cat.png",
        "data:image/png;base64,AAAA",
        "http://",
        "http:///cat.png",
        "http://h:65536/cat.png",
        "http://who@h/cat.png",
        "http://who:word@h/cat.png",
        "http://a@b#@c/",
        "http:\\\\h\\cat.png",
        "http://h/a b.png",
        "http://h/\n.png",
        "http://h/\u202egnp.png",
    ],
)
async def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    """Nothing that two readers could read differently, no password, no other scheme."""
    with pytest.raises(ImageRefused):
        await ImageFetcher().fetch(url)


async def test_a_host_that_does_not_answer_is_left(image_host: ImageHost) -> None:
    """So is one that is not there."""
    with pytest.raises(ImageTimeout):
        await ImageFetcher([image_host.name], seconds=0.2).fetch(image_host.at("hanging.png"))
    with pytest.raises(ImageError):
        await ImageFetcher(["127.0.0.1:1"]).fetch("http://127.0.0.1:1/cat.png")
