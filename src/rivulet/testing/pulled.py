"""What is pushed, piece by piece, for tests that would rather pull."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

T = TypeVar("T")


@asynccontextmanager
async def pulled(
    push: Callable[[Callable[[T], None]], Coroutine[Any, Any, Any]],
) -> AsyncGenerator[AsyncIterator[T]]:
    """Everything `push` gives to its argument, and then what it raises. Leaving cancels it, and waits until
    it has let go."""
    queue: asyncio.Queue[T | None] = asyncio.Queue()
    pushing = asyncio.create_task(push(queue.put_nowait))
    pushing.add_done_callback(lambda _: queue.put_nowait(None))

    async def pull() -> AsyncGenerator[T, None]:
        while (piece := await queue.get()) is not None:
            yield piece
        await pushing

    try:
        yield pull()
    finally:
        pushing.cancel()
        await asyncio.wait([pushing])
