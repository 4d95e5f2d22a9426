"""A terminal with a command in it: a real pseudo-terminal, and an emulator that shows what a person sees."""

import asyncio
import fcntl
import os
import struct
import termios
from collections.abc import Callable
from pathlib import Path

import pyte

from rivulet.testing.nursery import die_with_parent

PATIENCE_S = 60

LAST = b"\0"
"""Written behind a command's own last byte, which may still be on its way when the command has ended."""


class Emulator:
    """The rows of a terminal, with those that have gone up and out of sight."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.screen = pyte.HistoryScreen(columns, rows, history=20_000, ratio=0.5)
        self._stream = pyte.ByteStream(self.screen)

    def feed(self, data: bytes) -> None:
        self._stream.feed(data)

    @property
    def rows(self) -> list[str]:
        """From the first that was ever written to the last that is not empty."""
        above = ["".join(row[x].data for x in range(self.screen.columns)) for row in self.screen.history.top]
        rows = [row.rstrip() for row in (*above, *self.screen.display)]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def text(self) -> str:
        return "\n".join(self.rows)


class Terminal:
    """A command at work in it; `seen` is every byte it wrote."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.emulator = Emulator(columns, rows)
        self.seen = b""
        self._is_over = False
        self._main, self._child = os.openpty()
        self._changed = asyncio.Event()
        self.resize(columns, rows)
        self.settings = termios.tcgetattr(self._child)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._main, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.emulator.screen.resize(rows, columns)

    async def start(
        self, command: list[str], environment: dict[str, str], folder: Path, **streams: int | None
    ) -> None:
        """`streams` that are named are not the terminal."""

        def take_terminal() -> None:
            die_with_parent()
            os.setsid()
            fcntl.ioctl(self._child, termios.TIOCSCTTY, 0)

        ends = {"stdin": self._child, "stdout": self._child, "stderr": self._child} | streams
        self.process = await asyncio.create_subprocess_exec(
            *command, env=environment, cwd=folder, preexec_fn=take_terminal, **ends
        )
        asyncio.get_running_loop().add_reader(self._main, self._read)

    def type(self, keys: str) -> None:
        os.write(self._main, keys.encode())

    async def shows(self, what: str | Callable[[], bool]) -> None:
        """Waits until it is on the screen, or was."""
        is_there = (lambda: what in self.emulator.text) if isinstance(what, str) else what
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not is_there():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"never shown: {what!r} in\n{self.emulator.text}") from None

    async def ends(self) -> int:
        """The exit status, once everything that was written has been read."""
        status = await asyncio.wait_for(self.process.wait(), PATIENCE_S)
        os.write(self._child, LAST)
        await self.shows(lambda: self._is_over)
        return status

    async def rests(self) -> None:
        """Waits until the command waits, at the prompt that it has shown. A Ctrl-C of a moment before would
        be heard by Python with the next key only."""
        async with asyncio.timeout(PATIENCE_S):
            while not self._sleeps():  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    def _sleeps(self) -> bool:
        said = Path(f"/proc/{self.process.pid}/stat").read_text()
        return said.rpartition(")")[2].split()[0] == "S"

    @property
    def is_as_it_was(self) -> bool:
        """Keys are echoed, the cursor is seen, rows wrap, and nothing was left switched on."""
        modes = {pyte.modes.DECTCEM, pyte.modes.DECAWM}
        return termios.tcgetattr(self._child) == self.settings and self.emulator.screen.mode == modes

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._main)
        os.close(self._main)
        os.close(self._child)

    def _read(self) -> None:
        os.set_blocking(self._main, False)
        while True:
            try:
                data = os.read(self._main, 65_536)
            except BlockingIOError:
                break
            data, last, _ = data.partition(LAST)
            self._is_over = self._is_over or bool(last)
            self.seen += data
            self.emulator.feed(data)
        self._changed.set()
