"""The manual as it is run: its code blocks, the shell they run in, what they print beside what they show.

A ```sh block runs, in the order of its page, in a folder that holds `docs/`, `examples/` and PROTOCOL.md. A
```text or ```json block right below it is what it prints; `…` stands for anything. A ```python block runs in
the same folder, a ```toml block is a settings file. `not-run` behind the language leaves it out, because
it needs what a test has not; `fails` says that it must fail.
`rivulet serve` goes on in the background once its folders are indexed; ports are other ones than shown.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rivulet.testing.nursery import die_with_parent
from rivulet.testing.server_process import held_port, port_of

ROOT = Path(__file__).parents[2]
RUN = [
    ROOT / "README.md",
    *sorted((ROOT / "docs" / "start").glob("*.md")),
    *sorted((ROOT / "docs" / "guides").glob("*.md")),
]
"""Pages whose blocks are run."""

EVERY = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]

SERVER_PORT = "8321"
PORTS = (SERVER_PORT, "8322", "8399")
"""As the manual shows them: the default one, a second server's, a pretended model's."""

LONGEST_S = 180
"""Far more than a page needs, because a busy machine is not the fault of a page."""

_FENCE = re.compile(r"^```(?P<language>\w+)(?P<how>[^\n]*)\n(?P<text>.*?)^```$", re.M | re.S)
_SHELL = Path(__file__).with_name("shell.sh")
_MARK = "\x1e"


@dataclass
class Block:
    """`shown` is the block below that says what this one prints."""

    language: str
    text: str
    line: int
    how: str
    shown: "Block | None" = None

    @property
    def is_run(self) -> bool:
        return self.language in ("sh", "python") and self.how != "not-run"


@dataclass
class Ran:
    """`status` is that of the first command that failed, else 0."""

    block: Block
    status: int
    out: str


class Terminal:
    """A page being run: one shell, a folder, and a port for each that the page shows."""

    def __init__(self, page: Path, folder: Path) -> None:
        self.steps = [each for each in blocks_of(page) if each.is_run]
        self._folder = folder / "folder"
        self._written = folder / "out"
        self._held = {port: held_port() for port in PORTS}
        self._ports = {port: str(port_of(held)) for port, held in self._held.items()}
        self._furnish()
        with self._written.open("wb") as out:
            self._shell = subprocess.Popen(
                ["bash", "-c", "\n".join((_SHELL.read_text(), *map(self._step, self.steps)))],
                cwd=self._folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def ran(self) -> list[Ran]:
        """What every step did, to the last that was reached."""
        try:
            self._shell.wait(LONGEST_S)
        finally:
            self.close()
        said = self._written.read_text(errors="replace")
        for shown, real in self._ports.items():
            said = said.replace(f":{real}", f":{shown}")
        return [
            Ran(step, int(status), out)
            for step, (out, status) in zip(self.steps, _pairs(said.split(_MARK)), strict=False)
        ]

    def close(self) -> None:
        """Ends everything that the shell started."""
        with suppress(ProcessLookupError):
            os.killpg(self._shell.pid, signal.SIGKILL)
        self._shell.wait()
        for held in self._held.values():
            held.close()

    def _furnish(self) -> None:
        self._folder.mkdir()
        shutil.copytree(ROOT / "examples", self._folder / "examples", ignore=shutil.ignore_patterns("__py*"))
        pages = shutil.ignore_patterns("images", "*.py", "__pycache__")
        shutil.copytree(ROOT / "docs", self._folder / "docs", ignore=pages)
        shutil.copy(ROOT / "PROTOCOL.md", self._folder)

    def _step(self, block: Block) -> str:
        text = block.text.replace("./dev ", "rivulet ")
        text = re.sub(rf"\b(?:{'|'.join(PORTS)})\b", lambda shown: self._ports[shown[0]], text)
        if block.language == "python":
            text = f"python - <<'PYTHON'\n{text}PYTHON\n"
        return f"failed=0\n{text}printf '{_MARK}%d{_MARK}' $failed\n"

    def _environment(self) -> dict[str, str]:
        ours = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("RIVULET", "OPENAI", "OLLAMA"))
        }
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return ours | {"PATH": path, "COLUMNS": "100", "SERVER_PORT": self._ports[SERVER_PORT]}


def blocks_of(page: Path) -> list[Block]:
    """In the order of the page; what a block shows is part of it."""
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    end = 0
    for fence in _FENCE.finditer(text):
        line = text.count("\n", 0, fence.start()) + 1
        block = Block(fence["language"], fence["text"], line, fence["how"].strip())
        is_below = bool(found) and found[-1].shown is None and not text[end : fence.start()].strip()
        if is_below and found[-1].language in ("sh", "python") and block.language in ("text", "json"):
            found[-1].shown = block
        else:
            found.append(block)
        end = fence.end()
    return found


def difference(shown: Block, out: str) -> str | None:
    """What is wrong with a block's output, or None."""
    if shown.language == "json":
        return _unlike(json.loads(shown.text), json.loads(out), "")
    expected = re.escape(" ".join(shown.text.split())).replace("…", ".*")
    real = " ".join(out.split())
    return None if re.fullmatch(expected, real, re.S) else f"shown:\n{shown.text}\nprinted:\n{out}"


def _unlike(shown: Any, real: Any, place: str) -> str | None:
    """Numbers may differ, further keys may be there."""
    if isinstance(shown, dict) and isinstance(real, dict):
        for key, value in shown.items():
            if key not in real:
                return f"{place}.{key} is not there"
            if wrong := _unlike(value, real[key], f"{place}.{key}"):
                return wrong
        return None
    if isinstance(shown, list) and isinstance(real, list):
        if len(shown) != len(real):
            return f"{place} has {len(real)} items, not {len(shown)}"
        pairs = enumerate(zip(shown, real, strict=True))
        return next((wrong for n, (a, b) in pairs if (wrong := _unlike(a, b, f"{place}[{n}]"))), None)
    if isinstance(shown, str) and isinstance(real, str):
        pattern = re.escape(shown).replace("…", ".*")
        return None if re.fullmatch(pattern, real, re.S) else f"{place} is {real!r}, not {shown!r}"
    is_number = isinstance(shown, (int, float)) and not isinstance(shown, bool)
    is_alike = type(shown) is type(real) if is_number else shown == real
    return None if is_alike else f"{place} is {real!r}, not {shown!r}"


def _pairs(parts: list[str]) -> Iterator[tuple[str, str]]:
    return zip(parts[0::2], parts[1::2], strict=False)
