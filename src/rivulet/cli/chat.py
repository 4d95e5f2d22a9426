"""`rivulet chat`: one question after the other in a terminal.

The event loop has a thread of its own, and with it the server that may be borrowed: the main thread waits for
a person, and only there does Python hear Ctrl-C.
"""

import asyncio
import signal
import sys
from collections.abc import Generator
from concurrent.futures import CancelledError, Future
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from rivulet.cli.ask import TERMINATED, Data, Model, Server, following
from rivulet.cli.following import FAILED, INTERRUPTED, Following
from rivulet.cli.prompt import Prompt
from rivulet.cli.reach import reach
from rivulet.cli.remote import Remote
from rivulet.cli.screen import Screen
from rivulet.cli.shown import Shown
from rivulet.domain.errors import RivuletError

T = TypeVar("T")


def chat(
    *, server: Server = None, data: Data = Path(".rivulet"), model: Model = None, sources: bool = True
) -> None:
    """Talk until Ctrl-D. Ctrl-C stops the answer that is being written, or drops the line you are at.

    Parameters
    ----------
    sources
        List the sources under each answer.
    """
    signal.signal(signal.SIGTERM, _terminated)
    prompt = Prompt()
    failed = False
    with _beside(reach(server, data, model)) as (loop, remote):
        talk = Talk(loop, remote, model, sources)
        while (question := prompt.question()) is not None:
            if question:
                # What would stop an answer that has just ended is no wish to leave.
                with suppress(KeyboardInterrupt):
                    prompt.space()
                    failed |= talk.ask(question) == FAILED
                    prompt.space()
    # A person has seen it; a script that sends its questions down a pipe asks for the exit status.
    sys.exit(FAILED if failed and not prompt.is_person else 0)


class Talk:
    """One chat: each question goes on from the answer before."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, remote: Remote, model: str | None, sources: bool
    ) -> None:
        self._loop = loop
        self._remote = remote
        self._model = model
        self._sources = sources
        self._chat_id: str | None = None
        self._turn: Following | None = None
        self._is_stopped = False
        self._asking: asyncio.Task[int] | None = None

    def ask(self, question: str) -> int:
        """Shows the answer to its end; the status it would have as an exit status."""
        body: dict[str, Any] = {"input": question}
        body |= {"chat_id": self._chat_id} if self._chat_id else {}
        body |= {"model": self._model} if self._model else {}
        future = asyncio.run_coroutine_threadsafe(self._answered(body), self._loop)
        while True:
            try:
                return future.result()
            except KeyboardInterrupt:
                self._loop.call_soon_threadsafe(self._interrupt)
            except CancelledError:
                sys.exit(INTERRUPTED)
            except RivuletError as problem:
                Screen().say(problem.message, f" ({problem.code})", "red")
                return FAILED

    async def _answered(self, body: dict[str, Any]) -> int:
        self._turn, self._is_stopped, self._asking = None, False, asyncio.current_task()
        started = await self._remote.post("/v1/turns", body)
        self._chat_id = started["chat_id"]
        shown = Shown(as_json=False, at_once=True, with_sources=self._sources)
        self._turn = following(self._remote, started["turn_id"], shown)
        if self._is_stopped:
            self._turn.interrupt()
        return await self._turn.run()

    def _interrupt(self) -> None:
        """A turn that is not there yet is stopped when it is; who cannot wait for that leaves by a second."""
        if self._turn is not None:
            self._turn.interrupt()
        elif self._is_stopped and self._asking is not None:
            self._asking.cancel()
        else:
            self._is_stopped = True


def _terminated(*_: object) -> None:
    sys.exit(TERMINATED)


@contextmanager
def _beside(opening: AbstractAsyncContextManager[T]) -> Generator[tuple[asyncio.AbstractEventLoop, T]]:
    """What is opened lives on a loop in another thread for as long as the block."""
    opened: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, T]] = Future()

    async def live() -> None:
        over = asyncio.Event()
        async with opening as it:
            opened.set_result((asyncio.get_running_loop(), over, it))
            await over.wait()

    def work() -> None:
        try:
            asyncio.run(live())
        except BaseException as problem:
            if opened.done():
                raise
            opened.set_exception(problem)

    thread = Thread(target=work, name="chat")
    thread.start()
    loop, over, it = opened.result()
    try:
        yield loop, it
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
