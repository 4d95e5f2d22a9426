"""Drives one answer: asks, hands on what comes, and asks again while that cannot double anything."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from rivulet.domain.errors import ProviderError, UpstreamProtocol
from rivulet.ports.answering import Piece, Take, Waiting
from rivulet.providers.patience import Patience
from rivulet.providers.upstream import Reply


class Incoming(Protocol):
    """An answer in some wire format: bytes in, pieces out, no I/O.

    `has_ended`: nothing that comes now counts. `may_have_ended`: only usage can still come.
    """

    has_ended: bool
    may_have_ended: bool

    def feed(self, read: bytes) -> list[Piece]:
        """What one read brought. What goes wrong here is raised by `end`, after the pieces before it."""
        ...

    def end(self) -> list[Piece]:
        """The last pieces. Raises a `ProviderError` when what came is no whole answer."""
        ...


async def attempts(
    ask: Callable[[], Awaitable[tuple[Reply, Incoming]]], patience: Patience, take: Take
) -> None:
    """Gives the pieces of the first attempt that gets one out, with a `Waiting` before each new try."""
    failures, spent_s = 0, 0.0
    now = asyncio.get_running_loop().time
    while True:
        hearing: _Hearing | None = None
        began_at = now()
        try:
            reply, incoming = await ask()
            async with reply:
                hearing = _Hearing(incoming, take, reply.most_bytes)
                await _hear(reply, incoming, hearing, patience.after_finish_s)
                await reply.finish()
            return
        except ProviderError as problem:
            failures, spent_s = failures + 1, spent_s + now() - began_at
            has_begun = hearing is not None and hearing.has_begun
            seconds = None if has_begun else patience.pause(failures, problem, spent_s)
            if seconds is None:
                raise
            reason = problem.code
        take(Waiting(reason=reason, seconds=seconds))
        await patience.sleep(seconds)


class _Hearing:
    """Called with each read; says whether that may have been all."""

    __slots__ = ("_feed", "_incoming", "_left", "_take", "has_begun")

    def __init__(self, incoming: Incoming, take: Take, most_bytes: int) -> None:
        self._incoming = incoming
        self._feed = incoming.feed
        self._take = take
        self._left = most_bytes
        self.has_begun = False

    def __call__(self, read: bytes) -> bool:
        self._left -= len(read)
        if self._left < 0:
            raise UpstreamProtocol("The model's service sent more than an answer can be.")
        self.give(self._feed(read))
        return self._incoming.has_ended or self._incoming.may_have_ended

    def give(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            self.has_begun = True
            self._take(piece)


async def _hear(reply: Reply, incoming: Incoming, hearing: _Hearing, after_finish_s: float) -> None:
    """The whole answer. Once it may have ended nobody waits long for the rest."""
    while not incoming.has_ended:
        if incoming.may_have_ended:
            if not (read := await reply.next_within(after_finish_s)):
                break
            hearing(read)
        elif not await reply.pour(hearing):
            break
    hearing.give(incoming.end())
