"""The one client for models' services: every request to a model leaves through here.

Its law: a key goes to the host it was configured for and to no other. So redirects are never followed, no
proxy or netrc is taken from the environment, no cookie is kept. The addresses come from the operator, so
private and loopback hosts are allowed; an address that a stranger may choose must not come here.

A connection is used again only after its answer was read to the end. Whatever is left early, by an error, a
cancellation or a consumer that went away, is torn down before the call returns.

aiohttp finds, opens, keeps and closes the connections; request and response go over them without it.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from yarl import URL

from rivulet.domain.errors import UpstreamUnreachable
from rivulet.providers.reply import Reply

log = logging.getLogger("rivulet.providers")

CONNECT_S = 10.0
"""For name, connection and TLS together: far above any healthy one, and three tries fit a minute."""

KEEP_ALIVE_S = 30.0
"""An idle connection saves the next answer two or three round trips; services drop theirs after 5 to 60 s."""

MOST_BYTES = 256 << 20
"""Of one answer, unpacked. A mebibyte of text costs about 75 MB of frames on the usual wire."""


class Upstream:
    """Connections to all models of this process; opened when first used, in the loop that uses them.

    `tls` is for services with certificates the system does not trust; there is no way to trust just any.
    """

    def __init__(
        self,
        *,
        connect_s: float = CONNECT_S,
        most_bytes: int = MOST_BYTES,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._timeout = aiohttp.ClientTimeout(total=None, connect=connect_s)
        self._most_bytes = most_bytes
        self._tls: ssl.SSLContext | bool = tls or True
        self._connector: aiohttp.TCPConnector | None = None
        self._doors: dict[URL, aiohttp.ClientRequest] = {}

    async def request(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        """Returns with the head of the reply. Raises `UpstreamUnreachable`, `UpstreamTruncated` or
        `UpstreamProtocol`."""
        connection, handler, transport = await self._connected(url)

        def done(can_serve_again: bool) -> None:
            if can_serve_again:
                transport.set_protocol(handler)
                connection.release()
            else:
                connection.close()

        reply = Reply(transport, self._most_bytes, done, handler.connection_lost)
        transport.set_protocol(reply)
        try:
            transport.write(_head(method, url, headers, body) + (body or b""))
            await reply.head()
        except BaseException:
            await reply.close()
            raise
        return reply

    async def close(self) -> None:
        """Ends every connection."""
        if self._connector is not None:
            connector, self._connector = self._connector, None
            await connector.close()

    async def _connected(self, url: URL) -> tuple[Connection, ResponseHandler, asyncio.Transport]:
        """A fresh connection, or an idle one on which nothing has arrived that nobody asked for."""
        if self._connector is None:
            # No limit: a thousand answers at once are a thousand connections.
            self._connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_S, ttl_dns_cache=60)
        try:
            while True:
                connection = await self._connector.connect(self._door(url), [], self._timeout)
                handler, transport = connection.protocol, connection.transport
                if handler is not None and transport is not None and not handler.should_close:
                    return connection, handler, transport
                connection.close()
        except (aiohttp.ClientError, OSError) as problem:
            log.debug("a model's service was not reached: %s", type(problem).__name__)
        raise UpstreamUnreachable

    def _door(self, url: URL) -> aiohttp.ClientRequest:
        """Where a URL's connections lead, as the connector wants to be told; one per host and port."""
        origin = url.origin()
        if origin not in self._doors:
            self._doors[origin] = aiohttp.ClientRequest(
                "GET", origin, loop=asyncio.get_running_loop(), ssl=self._tls
            )
        return self._doors[origin]


def _head(method: str, url: URL, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """Everything in it was checked before: the URL by its parser, the headers by `Address`."""
    lines = [
        f"{method} {url.raw_path_qs} HTTP/1.1",
        f"Host: {url.host_port_subcomponent}",
        "User-Agent: rivulet",
        "Accept: */*",
        "Accept-Encoding: identity",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")
