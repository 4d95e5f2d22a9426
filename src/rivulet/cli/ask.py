"""`rivulet ask` and `rivulet chat`: a question in a terminal, the answer as it is written."""

import asyncio
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console

from rivulet.cli.reach import reach
from rivulet.cli.remote import Remote
from rivulet.domain import events as e

notes = Console(stderr=True, highlight=False)

Data = Annotated[Path, Parameter(env_var="RIVULET_DATA")]
Server = Annotated[str | None, Parameter(env_var="RIVULET_SERVER")]

FAILED = 1
INTERRUPTED = 130


def ask(
    question: str,
    *,
    server: Server = None,
    data: Data = Path(".rivulet"),
    model: str | None = None,
    json: bool = False,
    sources: bool = False,
    stream: bool = True,
) -> None:
    """Ask one question. Ctrl-C stops the answer and keeps what is there.

    Parameters
    ----------
    question
        What to ask; `-` reads it from standard input.
    server
        A running server's address. Without it the server at work on --data answers, or this process itself.
    data
        The data directory.
    model
        What answers, as in `rivulet serve --model`.
    json
        Print every event as a line of JSON.
    sources
        List the sources under the answer.
    stream
        Print the answer while it is written; --no-stream waits for the whole.
    """
    text = sys.stdin.read() if question == "-" else question

    async def run() -> int:
        async with reach(server, data, model) as remote:
            turn_id = await remote.ask({"input": text} | ({"model": model} if model else {}))
            shown = Shown(as_json=json, at_once=stream, with_sources=sources)
            return await follow(remote, turn_id, shown)

    sys.exit(asyncio.run(run()))


def chat(
    *, server: Server = None, data: Data = Path(".rivulet"), model: str | None = None, sources: bool = True
) -> None:
    """Talk until an empty line or Ctrl-D. Ctrl-C stops the answer that is being written."""

    async def run() -> None:
        async with reach(server, data, model) as remote:
            chat_id: str | None = None
            while (question := await asyncio.to_thread(_question)) is not None:
                body: dict[str, Any] = {"input": question}
                body |= {"chat_id": chat_id} if chat_id else {}
                body |= {"model": model} if model else {}
                started = await remote.post("/v1/turns", body)
                chat_id = started["chat_id"]
                shown = Shown(as_json=False, at_once=True, with_sources=sources)
                await follow(remote, started["turn_id"], shown)

    asyncio.run(run())


class Shown:
    """An answer on its way to the terminal: text to stdout, everything about it to stderr."""

    def __init__(self, *, as_json: bool, at_once: bool, with_sources: bool) -> None:
        self._as_json = as_json
        self._at_once = at_once
        self._with_sources = with_sources
        self._text: list[str] = []
        self._sources: list[e.Passage] = []
        self._cited: set[int] = set()

    def show(self, event: e.AnyEvent) -> None:
        if self._as_json:
            _print(e.encode(event).decode())
            return
        match event:
            case e.TextDelta():
                if self._at_once:
                    _print(event.delta, end="")
                else:
                    self._text.append(event.delta)
            case e.TextFinished() if self._at_once:
                _print("")
            case e.StageStarted() if sys.stderr.isatty():
                notes.print(f"[dim]{event.label or event.stage}…[/dim]")
            case e.SourcesAdded():
                self._sources.extend(event.sources)
            case e.CitationAdded():
                self._cited.add(event.n)
            case e.TurnFinished():
                self._end(event)
            case _:
                pass

    def _end(self, event: e.TurnFinished) -> None:
        if self._text:
            _print("".join(self._text))
        if self._with_sources:
            for passage in self._sources:
                if passage.n in self._cited or not self._cited:
                    _print(f"[{passage.n}] {passage.title} — {passage.url}")
        if event.error is not None:
            notes.print(f"[red]{event.error.message}[/red] ({event.error.code})", markup=True)
        elif event.status != "completed":
            notes.print(f"[yellow]{event.status}[/yellow] ({event.finish_reason})")


async def follow(remote: Remote, turn_id: str, shown: Shown, after: int = 0) -> int:
    """Shows the turn to its end; the exit status that its end deserves."""
    loop = asyncio.get_running_loop()
    stopping: list[asyncio.Task[Any]] = []

    def interrupted() -> None:
        if stopping:
            sys.exit(INTERRUPTED)
        stopping.append(loop.create_task(remote.post(f"/v1/turns/{turn_id}/stop")))

    status = FAILED
    with _on_interrupt(interrupted):
        async for event in remote.follow(turn_id, after):
            shown.show(event)
            if isinstance(event, e.TurnFinished):
                status = {"completed": 0, "incomplete": 0, "cancelled": INTERRUPTED}.get(event.status, FAILED)
    await asyncio.gather(*stopping)
    return status


@contextmanager
def _on_interrupt(act: Callable[[], None]) -> Generator[None]:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, act)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def _question() -> str | None:
    try:
        return input("> ").strip() or None
    except EOFError:
        return None


def _print(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)  # noqa: T201
