"""The command as its users run it: a process, its output, its exit status."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from rivulet.testing.nursery import die_with_parent
from rivulet.testing.scripted_model import ScriptedModel

COMMAND = str(Path(sys.executable).parent / "rivulet")


@dataclass
class Ran:
    """What a command did."""

    status: int
    out: str
    words: str


class Shell:
    """Runs `rivulet …` with a data directory of its own and a scripted model."""

    def __init__(self, folder: Path, model: ScriptedModel) -> None:
        self.folder = folder
        self.data = folder / "data"
        (folder / "docs").mkdir()
        (folder / "docs/rules.md").write_text("# House rules\n\nTea is served at four o'clock.\n")
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("RIVULET", "OPENAI"))
            },
            "RIVULET_DATA": str(self.data),
            "OPENAI_BASE_URL": f"{model.url}/v1",
            "OPENAI_API_KEY": "none",
            "COLUMNS": "200",
        }

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            COMMAND,
            *arguments,
            env=self.environment,
            cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=die_with_parent,
        )

    async def run(self, *arguments: str) -> Ran:
        process = await self.start(*arguments)
        out, words = await asyncio.wait_for(process.communicate(), 60)
        return Ran(process.returncode or 0, out.decode(), words.decode())


async def line_with(stream: asyncio.StreamReader | None, words: str) -> str:
    """The first line that has the words; fails when the output ends without one."""
    assert stream is not None
    seen: list[str] = []
    while line := (await asyncio.wait_for(stream.readline(), 60)).decode():
        if words in line:
            return line
        seen.append(line)
    pytest.fail(f"no line with {words!r} in: {''.join(seen)}")


@pytest.fixture
async def model(anyio_backend: str) -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel() as model:
        yield model


@pytest.fixture
def shell(tmp_path: Path, model: ScriptedModel) -> Shell:
    return Shell(tmp_path, model)


@pytest.fixture
async def server(shell: Shell) -> AsyncIterator[str]:
    """A server at work on the shell's data directory, its documents indexed; its address."""
    async with serving(shell) as url:
        yield url


@asynccontextmanager
async def serving(shell: Shell) -> AsyncIterator[str]:
    process = await shell.start("serve", "docs", "--port", "0")
    assert process.stdout is not None
    assert process.stderr is not None
    url = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()
    await line_with(process.stderr, "documents,")
    yield url
    process.terminate()
    await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
