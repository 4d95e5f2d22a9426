"""Several followers as one reader: a browser has one connection for all its tabs (PROTOCOL.md §4.5)."""

import asyncio
from collections.abc import Callable, Sequence

from rivulet.domain.errors import RivuletError
from rivulet.engine.hub import Follower, Sink

Farewell = Callable[[str, RivuletError], bytes]
"""The frame that says why a turn of the bundle is not followed any longer."""


class Bundle:
    """Read like a `Follower`: `await next()` until it gives None, then `close()`.

    Every follower has a task of its own, which hands over one piece at a time and waits until the connection
    has taken it: nothing may overtake that piece. What is committed while the follower then waits goes
    straight into the sink, as with a single one.
    `notices` come first. `is_complete` when every turn has ended.
    """

    def __init__(self, followers: Sequence[Follower], notices: bytes, farewell: Farewell) -> None:
        self._followers = tuple(followers)
        self._notices = notices
        self._farewell = farewell
        self._open = len(self._followers)
        self._tasks: list[asyncio.Task[None]] = []
        self._pieces: asyncio.Queue[_Piece | None] = asyncio.Queue(1)
        self._handed: _Piece | None = None
        self._problem: Exception | None = None
        self._is_ending = False
        self.sink: Sink | None = None
        self.is_complete = False

    async def next(self) -> bytes | None:
        """More bytes, b"" when woken without any, or None at the end."""
        if self._handed is not None:
            self._handed.is_taken.set()
            self._handed = None
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._read(each)) for each in self._followers]
        if self._notices:
            notices, self._notices = self._notices, b""
            return notices
        while not self._is_ending:
            if self._open == 0 and self._pieces.empty():
                self.is_complete = True
                break
            piece = await self._pieces.get()
            if piece is not None:
                self._handed = piece
                return piece.data
        if self._problem is not None:
            raise self._problem
        return None

    def wake(self, has_more: bool = True) -> None:
        """Makes a waiting `next` give b"", for a heartbeat."""
        if self._pieces.empty():
            self._pieces.put_nowait(None if has_more else _Piece(b""))

    def end(self) -> None:
        """The stream is to end without its turns' ends."""
        self._is_ending = True
        self.wake()

    def close(self) -> None:
        self._is_ending = True
        for task in self._tasks:
            task.cancel()
        for follower in self._followers:
            follower.close()

    async def _read(self, follower: Follower) -> None:
        follower.sink = self.sink
        try:
            while (data := await follower.next()) is not None:
                await self._hand_over(data)
            if not follower.is_complete:
                self.end()
        except RivuletError as problem:
            await self._hand_over(self._farewell(follower.turn_id, problem))
        except Exception as problem:
            self._problem = problem
            self.end()
        finally:
            follower.close()
            self._open -= 1
            self.wake()

    async def _hand_over(self, data: bytes) -> None:
        """Returns when the connection, which then asks for more, has it."""
        piece = _Piece(data)
        await self._pieces.put(piece)
        await piece.is_taken.wait()


class _Piece:
    """Bytes on their way to the connection."""

    __slots__ = ("data", "is_taken")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.is_taken = asyncio.Event()
