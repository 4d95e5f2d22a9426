"""What a person types at `rivulet chat`, with the editing and the history that their shell has."""

import importlib.util
import os
import select
import sys

PROMPT = "> "
PASTE_S = 0.02
"""Within this many seconds the next line of a paste is there, and nobody's next typed one."""


class Prompt:
    """`question` until it is None: the input has ended, or the person has left."""

    def __init__(self) -> None:
        self.is_person = sys.stdin.isatty() and sys.stdout.isatty()
        self._keeps_pastes = False
        self._was_interrupted = False
        if self.is_person and importlib.util.find_spec("readline"):  # a Python may be built without it
            import readline  # from here on `input` uses it

            # A paste of several lines is then one question, to be looked at before it is sent.
            readline.parse_and_bind("set enable-bracketed-paste on")
            is_gnu = "libedit" not in (readline.__doc__ or "")
            self._keeps_pastes = is_gnu and os.environ.get("TERM", "dumb") != "dumb"

    def question(self) -> str | None:
        """Empty when nothing was typed."""
        if not self.is_person:
            return self._line()
        try:
            typed = self._typed()
            self._was_interrupted = False
            return typed.strip()
        except EOFError:
            print()  # noqa: T201
            return None
        except KeyboardInterrupt:
            print()  # noqa: T201
            if self._was_interrupted:
                return None
            self._was_interrupted = True
            print("Ctrl-D leaves, and so does another Ctrl-C.", file=sys.stderr)  # noqa: T201
            return ""

    def space(self) -> None:
        """An empty line between what was asked and what is answered."""
        if self.is_person:
            print(flush=True)  # noqa: T201

    def _typed(self) -> str:
        lines = [input(PROMPT)]
        while not self._keeps_pastes and select.select([0], [], [], PASTE_S)[0]:
            lines.append(input())
        return "\n".join(lines)

    def _line(self) -> str | None:
        """A line of a pipe; of a terminal, when the answers go elsewhere."""
        if sys.stdin.isatty():
            print(PROMPT, end="", file=sys.stderr, flush=True)  # noqa: T201
        text = sys.stdin.readline()
        return text.strip() if text else None
