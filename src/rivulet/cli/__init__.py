"""The command `rivulet`: serve · ask · chat · docs · turns · doctor · eval."""

import os
import sys
from io import TextIOWrapper

from cyclopts import App

from rivulet import __version__
from rivulet.cli.visible import visible
from rivulet.domain.errors import RivuletError

app = App(
    name="rivulet",
    help="A chat server that answers from your documents and never loses an answer.",
    version=__version__,
)
# By name, so that `rivulet serve` does not import what only `rivulet eval` needs.
app.command(
    "rivulet.cli.serve:serve",
    help="Index folders and answer questions about them, on a page and over the API.",
)
app.command("rivulet.cli.ask:ask", help="Ask one question.")
app.command("rivulet.cli.chat:chat", help="Talk in the terminal.")
app.command("rivulet.cli.docs:docs", name="docs", help="Add, list, remove and look at documents.")
app.command("rivulet.cli.turns:turns", name="turns", help="List, look at, follow, stop and replay turns.")
app.command("rivulet.cli.doctor:doctor", help="Look at everything an answer needs.")
app.command(
    "rivulet.cli.eval:evaluation", name="eval", help="Measure search and quotation on public questions."
)


def main() -> None:
    """Runs the command line. Exit status 2 means the command was wrong, 1 that it failed."""
    _set_up_streams()
    try:
        app()
    except RivuletError as problem:
        print(f"rivulet: {visible(problem.message)}", file=sys.stderr)  # noqa: T201
        sys.exit(2 if 400 <= problem.status < 500 else 1)
    except BrokenPipeError:
        # Whoever read our output has had enough, as in `rivulet ask … | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except KeyboardInterrupt:
        sys.exit(130)


def _set_up_streams() -> None:
    """A terminal of another alphabet gets `?` for what it lacks; a file gets UTF-8 in every locale."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            is_terminal = stream.isatty()
            stream.reconfigure(encoding=None if is_terminal else "utf-8", errors="replace")
