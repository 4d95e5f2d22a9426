"""Images from addresses that a model wrote: the one client for URLs that the operator did not choose.

Its law: it goes to public addresses and to hosts the operator named, at every hop; it says nothing about who
asks, so there is no cookie, no referrer, no proxy and no password; and what comes is an image of bounded size
within a bounded time, or an error.
"""

import asyncio
import logging
from collections.abc import Collection

import aiohttp
from yarl import URL

from rivulet.domain.errors import ImageError, ImageRefused, ImageTimeout, ImageTooLarge, NotAnImage
from rivulet.fetching.guard import Guard
from rivulet.fetching.kinds import KINDS, kind_of
from rivulet.ports.images import Image

log = logging.getLogger(__name__)

MOST_BYTES = 5 << 20
"""A photograph of a telephone at full size has 3 to 5 MB; no answer needs a larger one."""

SECONDS = 10.0
"""For all of it, every hop and the waiting for a place; somebody is looking at a button meanwhile."""

HOPS = 4
"""The address and three redirects: http to https, to www, to where the images are."""

AT_ONCE = 8
"""Of this process, 40 MB at the most; whoever presses a ninth waits a moment."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {"User-Agent": "rivulet", "Accept": ", ".join(sorted(KINDS)), "Accept-Encoding": "identity"}


class ImageFetcher:
    """`private_hosts` may have addresses that are not public: hosts as they stand in a URL, `wiki.lan` or
    `wiki.lan:8080`."""

    def __init__(self, private_hosts: Collection[str] = (), seconds: float = SECONDS) -> None:
        self._private_hosts = frozenset(host.lower() for host in private_hosts)
        self._seconds = seconds
        self._places = asyncio.Semaphore(AT_ONCE)

    async def fetch(self, url: str) -> Image:
        """Raises `ImageError`."""
        guard = Guard()
        try:
            async with asyncio.timeout(self._seconds), self._places:
                return await self._fetched(_checked(url), guard)
        except TimeoutError:
            raise ImageTimeout from None
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            log.debug("an image was not fetched: %s", type(problem).__name__)
            # `127.1` and other spellings of addresses do not come as far as the guard.
            is_refused = guard.has_refused or isinstance(problem, aiohttp.InvalidURL)
            raise (ImageRefused if is_refused else ImageError) from None

    async def _fetched(self, url: URL, guard: Guard) -> Image:
        # A connector of its own: no connection, name or cookie of one image serves another.
        connector = aiohttp.TCPConnector(socket_factory=guard.socket, force_close=True, use_dns_cache=False)
        jar = aiohttp.DummyCookieJar()
        session = aiohttp.ClientSession(
            connector=connector, cookie_jar=jar, trust_env=False, auto_decompress=False, headers=_HEADERS
        )
        async with session:
            for _ in range(HOPS):
                guard.is_open = self._is_allowed(url)
                async with session.get(url, allow_redirects=False) as answer:
                    if answer.status not in _REDIRECTS:
                        return await _image(answer)
                    url = _checked(str(url.join(URL(answer.headers.get("Location", "")))))
        raise ImageError("The image's server sends us from one address to the next.")

    def _is_allowed(self, url: URL) -> bool:
        return not self._private_hosts.isdisjoint({url.host or "", url.host_port_subcomponent or ""})


def _checked(text: str) -> URL:
    """Written in no way that two readers could read differently. Raises `ImageRefused`."""
    if not text.isprintable() or any(character in text for character in " \\"):
        raise ImageRefused
    try:
        url = URL(text).with_fragment(None)
        has_password = url.user is not None or url.password is not None
        if url.scheme in ("http", "https") and url.host and not has_password:
            return url
    except ValueError:
        pass  # a port beyond all ports, a name that is no name
    raise ImageRefused


async def _image(answer: aiohttp.ClientResponse) -> Image:
    if answer.status != 200:
        raise ImageError(f"The image's server answers {answer.status}.")
    if answer.content_type not in KINDS or answer.headers.get("Content-Encoding", "identity") != "identity":
        raise NotAnImage
    if (answer.content_length or 0) > MOST_BYTES:
        raise ImageTooLarge
    received = bytearray()
    async for piece in answer.content.iter_any():
        received += piece
        if len(received) > MOST_BYTES:
            raise ImageTooLarge
    content = bytes(received)
    if (kind := kind_of(content)) is None:
        raise NotAnImage
    return Image(media_type=kind, content=content)
