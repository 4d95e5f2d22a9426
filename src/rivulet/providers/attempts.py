"""Drives one answer: asks, yields what comes, and asks again while that cannot double anything."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Protocol

from rivulet.domain.errors import ProviderError, UpstreamProtocol
from rivulet.ports.answering import Piece, Waiting
from rivulet.providers.patience import Patience
from rivulet.providers.upstream import Reply


class Incoming(Protocol):
    """An answer in some wire format: bytes in, pieces out, no I/O.

    `has_ended`: nothing that comes now counts. `may_have_ended`: only usage can still come.
    """

    has_ended: bool

    @property
    def may_have_ended(self) -> bool: ...

    def feed(self, read: bytes) -> list[Piece]:
        """What one read brought. What goes wrong here is raised by `end`, after the pieces before it."""
        ...

    def end(self) -> list[Piece]:
        """The last pieces. Raises a `ProviderError` when what came is no whole answer."""
        ...


async def attempts(
    ask: Callable[[], Awaitable[tuple[Reply, Incoming]]], patience: Patience
) -> AsyncGenerator[Piece, None]:
    """The pieces of the first attempt that gets one out, with a `Waiting` before each new try.

    One generator and one coroutine per read: this is what a token costs.
    """
    failures, spent_s = 0, 0.0
    now = asyncio.get_running_loop().time
    while True:
        has_begun = False
        began_at = now()
        try:
            reply, incoming = await ask()
            async with reply:
                left = reply.most_bytes
                while not incoming.has_ended:
                    read = await (
                        reply.next_within(patience.after_finish_s)
                        if incoming.may_have_ended
                        else reply.next()
                    )
                    if not read:
                        break
                    left -= len(read)
                    if left < 0:
                        raise UpstreamProtocol("The model's service sent more than an answer can be.")
                    for piece in incoming.feed(read):
                        has_begun = True
                        yield piece
                for piece in incoming.end():
                    has_begun = True
                    yield piece
                await reply.finish()
            return
        except ProviderError as problem:
            failures, spent_s = failures + 1, spent_s + now() - began_at
            seconds = None if has_begun else patience.pause(failures, problem, spent_s)
            if seconds is None:
                raise
            reason = problem.code
        yield Waiting(reason=reason, seconds=seconds)
        await patience.sleep(seconds)
