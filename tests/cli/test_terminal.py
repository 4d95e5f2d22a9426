"""`ask` and `chat` in a real terminal: what a person sees, types, and is left with."""

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator, Iterator

import pytest

from rivulet.cli import remote
from rivulet.testing.fault_proxy import HEALTHY, Fault, FaultProxy
from rivulet.testing.model_call import Call
from rivulet.testing.model_scripts import FAULTS, saying
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import COMMAND, Shell, serving
from .terminal import Terminal
from .test_paper import SET
from .texts import ANSWER, TEXTS

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

QUESTION = ("ask", "When is tea served?", "--model", "openai:any")


class Desk:
    """A shell whose commands have a terminal each."""

    def __init__(self, shell: Shell, url: str) -> None:
        self.shell = shell
        self.port = int(url.strip("/").rpartition(":")[2])
        self.terminals: list[Terminal] = []

    async def open(
        self, *arguments: str, columns: int = 80, term: str = "xterm-256color", **streams: int
    ) -> Terminal:
        terminal = Terminal(columns)
        self.terminals.append(terminal)
        environment = self.shell.environment | {"TERM": term}
        environment.pop("COLUMNS")
        await terminal.start([COMMAND, *arguments], environment, self.shell.folder, **streams)
        return terminal


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def model(anyio_backend: str) -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel() as model:
        yield model


@pytest.fixture(autouse=True)
def told_anew(model: ScriptedModel) -> Iterator[None]:
    yield
    model.forget()


@pytest.fixture(scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory, model: ScriptedModel) -> AsyncIterator[Desk]:
    """One server for all of them."""
    shell = Shell(tmp_path_factory.mktemp("desk"), model)
    async with serving(shell) as url:
        desk = Desk(shell, url)
        yield desk
        for each in desk.terminals:
            each.close()


def words(text: str) -> list[str]:
    return re.findall(r"\S*\s+|\S+$", text)


class Held:
    """A script that says its beginning, and its rest when it is let."""

    def __init__(self, begin: str, rest: str = "") -> None:
        self._begin, self._rest = begin, rest
        self.go_on = asyncio.Event()

    async def __call__(self, call: Call) -> None:
        await call.head()
        if self._begin:
            await call.say(self._begin)
        await self.go_on.wait()
        await call.say(self._rest)
        await call.finish("stop", 1, 1)


async def test_an_answer_is_set_as_it_is_written(desk: Desk, model: ScriptedModel) -> None:
    """Its settled form, the sources below, nothing of what was shown meanwhile, the terminal as before."""
    held = Held("", ANSWER)
    model.then(held)
    terminal = await desk.open(*QUESTION, "--sources")
    await terminal.shows(lambda: terminal.emulator.text.endswith("…"))
    held.go_on.set()
    assert await terminal.ends() == 0
    answer, _, sources = terminal.emulator.text.rpartition("\n\n")
    assert answer == SET.strip("\n").replace(" [2]", "")  # there is no second source
    assert sources.startswith("[1] House rules — /v1/documents/")
    assert terminal.is_as_it_was


async def test_what_is_still_written_is_seen(desk: Desk, model: ScriptedModel) -> None:
    """Line and word, in a window that is made narrower meanwhile; then once, and in its form."""
    held = Held("Tea is **served", "** at four, and coffee is not served at all.\n\nNever")
    model.then(held)
    terminal = await desk.open(*QUESTION)
    await terminal.shows("Tea is served")
    terminal.resize(20, 10)
    held.go_on.set()
    assert await terminal.ends() == 0
    assert terminal.emulator.rows == [
        "Tea is served at",
        "four, and coffee is",
        "not served at all.",
        "",
        "Never",
    ]


async def test_a_pipe_gets_the_stored_text(desk: Desk, model: ScriptedModel) -> None:
    """Byte for byte, whatever is in it, while stderr is a terminal: there the stage comes and goes."""
    for text in (ANSWER.replace(" [2]", ""), "a \x1b[2Jb\r\nc"):
        model.then(saying(*words(text)))
        terminal = await desk.open(*QUESTION, stdout=asyncio.subprocess.PIPE)
        assert terminal.process.stdout is not None
        out = await terminal.process.stdout.read()
        assert await terminal.ends() == 0
        assert out.decode() == text + "\n"
        assert "…".encode() in terminal.seen
        assert terminal.emulator.rows == []


async def test_no_control_character_comes_through(desk: Desk, model: ScriptedModel) -> None:
    """Not from an answer, not from a name, neither set nor plain."""
    name = "b\x1b]0;owned\x07\nad.md"
    (desk.shell.folder / name).write_text("# Bad \x1b]0;owned\x07\n\nNothing is served at five.\n")
    for term in ("xterm", "dumb"):
        model.then(saying(TEXTS["controls"]))
        terminal = await desk.open(*QUESTION, term=term)
        assert await terminal.ends() == 0
        assert "␛]0;owned␇" in terminal.emulator.text
        assert set(re.findall(rb"\x1b[^A-Za-z]*[A-Za-z]", terminal.seen)) <= ALLOWED[term]
    for arguments in (("docs", "add", name), ("docs", "ls")):
        terminal = await desk.open(*arguments, columns=200)
        assert await terminal.ends() == 0
        assert b"owned" in terminal.seen
        assert b"\x1b]" not in terminal.seen
    piped = await desk.shell.run("docs", "ls")
    assert "b␛]0;owned␇␊ad" in piped.out


ALLOWED = {
    "xterm": {
        b"\x1b[36m",
        b"\x1b[?7l",
        b"\x1b[?7h",
        b"\x1b[K",
        b"\x1b[J",
        b"\x1b[2m",
        b"\x1b[0m",
        b"\x1b[1A",
    },
    "dumb": set[bytes](),
}


async def test_ctrl_c_keeps_what_was_shown(desk: Desk, model: ScriptedModel) -> None:
    """The turn is stopped, its text stays on the screen, and the terminal is as it was."""
    model.then(Held("# Tea\n\nIt is **served"))
    terminal = await desk.open(*QUESTION)
    await terminal.shows("It is served")
    terminal.type("keys\x03")
    assert await terminal.ends() == 130
    assert terminal.emulator.rows == ["Tea", "", "It is **served", "cancelled (cancelled)"]
    assert terminal.is_as_it_was


async def test_the_end_comes_in_order(desk: Desk, model: ScriptedModel) -> None:
    """SIGTERM, an answer that fails in the middle, one that is empty: no trace of Python, nothing lost."""
    held = Held("It is served")
    model.then(held)
    terminal = await desk.open(*QUESTION)
    await terminal.shows("It is served")
    terminal.process.send_signal(signal.SIGTERM)
    assert await terminal.ends() == 143
    assert terminal.emulator.rows == ["It is served"]
    assert terminal.is_as_it_was
    held.go_on.set()

    failed = await desk.open("ask", "Hm?", "--model", "openai:fault:reset-mid-stream")
    assert await failed.ends() == 1
    rows = failed.emulator.rows
    assert "(upstream_" in "".join(rows)
    assert rows[0] == "Half a tho"

    model.then(saying(""))
    empty = await desk.open(*QUESTION)
    await empty.ends()
    assert "Traceback" not in empty.emulator.text


async def test_a_lost_connection_is_made_again(desk: Desk, model: ScriptedModel) -> None:
    """In the middle of a word; the answer is seen once."""
    model.then(saying(*words("Tea is **served at four** and never at five. " * 60), pace=600))
    # Less than the text and its frame alone, however few deltas it is.
    cut = Fault(end="rst", after_bytes=4_000)
    async with FaultProxy(desk.port, lambda n: cut if n == 0 else HEALTHY) as proxy:
        terminal = await desk.open(*QUESTION, "--server", proxy.url)
        assert await terminal.ends() == 0
    assert proxy.connections == 2
    assert " ".join(terminal.emulator.rows) == " ".join(["Tea is served at four and never at five."] * 60)


async def test_a_connection_that_brings_nothing_is_left(
    desk: Desk, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No end, no error, only silence: every event comes once over another one."""
    monkeypatch.setattr(remote, "SILENCE_S", 0.5)
    model.then(saying(*words(ANSWER)))
    stall = Fault(end="stall", after_bytes=3_000)
    async with (
        FaultProxy(desk.port, lambda n: stall if n == 0 else HEALTHY) as proxy,
        remote.Remote(proxy.url, None) as there,
    ):
        turn_id = await there.ask({"input": "When is tea served?", "model": "openai:any"})
        # Only once: a server that is slow to answer is not left a second time.
        events = [event async for event in there.follow(turn_id, lost=monkeypatch.undo)]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert proxy.connections == 2


async def test_a_chat_is_talked(desk: Desk, model: ScriptedModel) -> None:
    """Edited lines, an empty one, a paste of two; Ctrl-C for an answer and for a line; Ctrl-D."""
    model.then(saying("First."), saying("Second."), Held("Third **is"), saying("Fourth."))
    chat = await desk.open("chat", "--no-sources", "--model", "openai:any")
    await chat.shows(">")
    chat.type("\nOmee\x7f?\x1b[D\x1b[D\x1b[D\x1b[DH\n")
    await chat.shows("First.\n\n>")
    assert json.loads(model.calls[-1].body)["messages"][-1]["content"].endswith("HOme?")
    chat.type("\x1b[200~One\nTwo\x1b[201~\n")
    await chat.shows("Second.\n\n>")
    assert json.loads(model.calls[-1].body)["messages"][-1]["content"].endswith("One\nTwo")
    chat.type("Again\n")
    await chat.shows("Third is")
    chat.type("\x03")
    await chat.shows("cancelled")
    await chat.shows(lambda: chat.emulator.text.rstrip().endswith("\n>"))
    await chat.rests()
    chat.type("dropped\x03")
    await chat.shows("Ctrl-D leaves")
    chat.type("More\n")
    await chat.shows("Fourth.\n\n>")
    assert b"dropped" not in model.calls[-1].body
    chat.type("\x04")
    assert await chat.ends() == 0
    assert chat.is_as_it_was


async def test_a_question_is_taken_back_before_there_is_an_answer(desk: Desk, model: ScriptedModel) -> None:
    """Ctrl-C while the server has not yet said which turn it is: it is stopped, and the chat goes on."""
    model.then(Held(""))
    async with FaultProxy(desk.port, lambda _: Fault(delay_s=1.0)) as proxy:
        chat = await desk.open("chat", "--model", "openai:any", "--server", proxy.url)
        await chat.shows(">")
        count = len(model.calls)
        chat.type("Why?\n")
        call = await model.called(count + 1)
        chat.type("\x03")
        await chat.shows("cancelled")
        await call.left()
        await chat.shows(lambda: chat.emulator.text.rstrip().endswith("\n>"))
        chat.type("\x04")
        assert await chat.ends() == 0


async def test_a_plain_terminal_can_chat_too(desk: Desk, model: ScriptedModel) -> None:
    """A paste is one question where nothing marks it as one; a second Ctrl-C leaves."""
    model.then(saying("Both."))
    chat = await desk.open("chat", "--no-sources", "--model", "openai:any", term="dumb")
    await chat.shows(">")
    chat.type("One\nTwo\n")
    await chat.shows("Both.\n\n>")
    assert json.loads(model.calls[-1].body)["messages"][-1]["content"].endswith("One\nTwo")
    await chat.rests()
    chat.type("\x03")
    await chat.shows("another Ctrl-C.\n>")
    await chat.rests()
    chat.type("\x03")
    assert await chat.ends() == 0


async def test_a_script_can_chat(desk: Desk, model: ScriptedModel) -> None:
    """A question a line, and an exit status when one was not answered."""
    model.then(saying("First."), FAULTS["reset-mid-stream"])
    chat = await desk.open("chat", "--model", "openai:any", stdin=asyncio.subprocess.PIPE)
    assert chat.process.stdin is not None
    chat.process.stdin.write(b"One\n\nTwo\n")
    chat.process.stdin.close()
    assert await chat.ends() == 1
    assert chat.emulator.rows[0] == "First."
    assert "Half a tho" in chat.emulator.rows
