"""`rivulet ask`: a question in a terminal or a script, the answer as it is written."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rivulet.cli.following import Following
from rivulet.cli.reach import reach
from rivulet.cli.remote import Remote
from rivulet.cli.shown import Shown

_SERVER_HELP = (
    "A running server's address. Without it the server at work on --data answers, or this process itself."
)
Server = Annotated[str | None, Parameter(env_var="RIVULET_SERVER", help=_SERVER_HELP)]
Data = Annotated[Path, Parameter(env_var="RIVULET_DATA", help="The data directory.")]
Model = Annotated[str | None, Parameter(help="What answers, as in `rivulet serve --model`.")]
TERMINATED = 128 + signal.SIGTERM


def ask(
    question: str,
    *,
    server: Server = None,
    data: Data = Path(".rivulet"),
    model: Model = None,
    json: bool = False,
    sources: bool = False,
    stream: bool = True,
) -> None:
    """Ask one question. Ctrl-C stops the answer and keeps what is there.

    In a terminal the answer is set as it is written; into a pipe or a file goes its Markdown, byte for byte.

    Parameters
    ----------
    question
        What to ask; `-` reads it from standard input.
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
            return await to_its_end(following(remote, turn_id, shown))

    sys.exit(asyncio.run(run()))


def following(remote: Remote, turn_id: str, shown: Shown, after: int = 0) -> Following:
    """The turn, which an interrupt stops."""
    events = remote.follow(turn_id, after, shown.lost)
    return Following(events, shown, lambda: remote.post(f"/v1/turns/{turn_id}/stop"))


async def to_its_end(following: Following) -> int:
    """Runs it with Ctrl-C as its interrupt; its exit status."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, following.interrupt)
    # As an exception, so that the terminal is left as it was found.
    loop.add_signal_handler(signal.SIGTERM, sys.exit, TERMINATED)
    try:
        return await following.run()
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        loop.remove_signal_handler(signal.SIGTERM)
