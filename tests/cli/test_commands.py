"""serve · ask · docs · turns · doctor, from a terminal's point of view."""

import asyncio
import contextlib
import json
import re
import signal
import sqlite3
from pathlib import Path

import aiohttp
import pytest

from rivulet.testing.scripted_model import ScriptedModel

from .conftest import Shell, line_with

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]


async def test_the_help_says_what_serve_takes(shell: Shell) -> None:
    """The options of the README are there."""
    ran = await shell.run("serve", "--help")
    assert ran.status == 0
    for word in ("PATHS", "--host", "--port", "--data", "--model"):
        assert word in ran.out


async def test_a_question_is_answered_by_the_running_server(shell: Shell, server: str) -> None:
    """The text on stdout, cited, with its sources on request; exit status 0."""
    ran = await shell.run("ask", "When is tea served?", "--sources")
    assert ran.status == 0
    assert ran.out.startswith("Tea is served at four o'clock. [1]\n")
    assert "[1] House rules — /v1/documents/" in ran.out


async def test_without_a_server_the_command_answers_by_itself(shell: Shell) -> None:
    """Straight on a data directory: documents added, asked about, removed."""
    added = await shell.run("docs", "add", "docs")
    assert (added.status, added.out) == (0, "rules.md ready, 1 chunks\n")
    assert (await shell.run("ask", "When is tea served?")).out == "Tea is served at four o'clock. [1]\n"
    listed = await shell.run("docs", "ls")
    source_id = next(word for word in listed.out.split() if word.startswith("src_"))
    assert (await shell.run("docs", "rm", source_id)).status == 0
    assert "no answer" in (await shell.run("ask", "When is tea served?")).out


async def test_a_file_that_cannot_be_read_is_told(shell: Shell) -> None:
    """`docs add` says why and exits with 1; `docs status` still knows it later."""
    (shell.folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing more")
    added = await shell.run("docs", "add", "broken.pdf", "docs/rules.md")
    assert added.status == 1
    assert "broken.pdf failed: " in added.out
    assert "rules.md ready" in added.out
    assert "damaged" in (await shell.run("docs", "status")).out


async def test_a_source_that_never_came_to_its_documents_is_told(shell: Shell) -> None:
    """A folder that may not be opened, as the server has noted it, has its reason among the others."""
    assert (await shell.run("docs", "add", "docs/rules.md")).status == 0
    with contextlib.closing(sqlite3.connect(shell.data / "rivulet.db")) as database, database:
        database.execute("UPDATE sources SET status = 'error', error_message = 'The folder cannot be read.'")
    assert "The folder cannot be read." in (await shell.run("docs", "status")).out


async def test_every_event_can_be_printed(shell: Shell, server: str) -> None:
    """--json is the log, a line an event; --no-stream waits and gives the same text."""
    ran = await shell.run("ask", "When is tea served?", "--json")
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert (events[0]["type"], events[-1]["type"]) == ("turn.started", "turn.finished")
    whole = await shell.run("ask", "When is tea served?", "--no-stream")
    assert whole.out == "".join(e["delta"] for e in events if e["type"] == "text.delta") + "\n"


async def test_a_reader_of_the_output_may_leave(shell: Shell, server: str) -> None:
    """`rivulet ask … | head -1` ends quietly."""
    process = await shell.start("ask", "When is tea served?", "--json")
    assert process.stdout is not None
    await asyncio.wait_for(process.stdout.readline(), 60)
    process.stdout._transport.close()  # type: ignore[attr-defined]  # the only way to hang up a pipe here
    assert process.stderr is not None
    assert b"Traceback" not in await asyncio.wait_for(process.stderr.read(), 60)
    await process.wait()


async def test_ctrl_c_stops_the_answer_and_keeps_it(shell: Shell, server: str, model: ScriptedModel) -> None:
    """Exit status 130; the turn is cancelled on the server, with the text that was shown."""
    process = await shell.start("ask", "Tell me all.", "--model", "openai:pace:20:1000", "--json")
    assert process.stdout is not None
    shown: list[bytes] = []
    while sum(b"text.delta" in line for line in shown) < 5:
        shown.append(await asyncio.wait_for(process.stdout.readline(), 60))
    process.send_signal(signal.SIGINT)
    rest, _ = await asyncio.wait_for(process.communicate(), 60)
    events = [json.loads(line) for line in [*shown, *rest.splitlines()] if line.strip()]
    assert process.returncode == 130
    assert (events[-1]["type"], events[-1]["status"]) == ("turn.finished", "cancelled")
    turn_id = events[0]["turn_id"]
    stored = json.loads((await shell.run("turns", "show", turn_id)).out)
    assert stored["text"] == "".join(e["delta"] for e in events if e["type"] == "text.delta")


async def test_a_failed_answer_has_a_failed_status(shell: Shell, server: str) -> None:
    """The reason on stderr with its code, and exit status 1."""
    ran = await shell.run("ask", "Hm?", "--model", "openai:fault:error-at-start")
    assert ran.status == 1
    assert "(upstream_failed)" in ran.words


async def test_turns_can_be_followed_stopped_and_replayed(shell: Shell, server: str) -> None:
    """From another terminal: list, stop with a receipt, read again at once."""
    body = {"input": "Tell me all.", "model": "openai:pace:20:1000", "search_mode": "none"}
    async with aiohttp.ClientSession() as http, http.post(f"{server}v1/turns", json=body) as response:
        turn_id = (await response.json())["turn_id"]
    assert [row.split()[0] for row in (await shell.run("turns", "ls")).out.splitlines()] == ["turn", turn_id]
    receipt = json.loads((await shell.run("turns", "stop", turn_id)).out)
    assert receipt["status"] == "cancelled"
    followed = await shell.run("turns", "follow", turn_id)
    replayed = await shell.run("turns", "replay", turn_id, "--speed", "0")
    assert followed.status == 130
    assert replayed.out == followed.out


async def test_what_was_asked_can_be_found_again(shell: Shell, server: str) -> None:
    """`turns ls` lists finished turns too, newest first: id, time, status, the question's beginning."""
    for question in ("When is tea served?", "And " * 30 + "then?"):
        await shell.run("ask", question)
    head, newest, oldest = [row.strip() for row in (await shell.run("turns", "ls")).out.splitlines()]
    assert head.split() == ["turn", "when", "status", "question"]
    assert re.fullmatch(r"trn_\w+ +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +completed +When is tea served\?", oldest)
    assert newest.endswith("And And…")
    turn = json.loads((await shell.run("turns", "show", oldest.split()[0])).out)
    assert turn["text"] == "Tea is served at four o'clock. [1]"
    assert (await shell.run("turns", "ls", "--limit", "1")).out.split()[4:] == newest.split()
    assert (await shell.run("turns", "ls", "--chat", turn["chat_id"])).out.split()[4:] == oldest.split()


async def test_the_doctor_looks_at_everything(shell: Shell, server: str) -> None:
    """A healthy house: nothing bad, exit status 0; an unreachable model is found."""
    well = await shell.run("doctor")
    assert well.status == 0, well.out
    assert "is ready" in well.out
    shell.environment["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1"
    ill = await shell.run("doctor")
    assert ill.status == 1
    assert "upstream_unreachable" in ill.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("serve", "nowhere"), "There is no nowhere"),
        (("serve", "--host", "0.0.0.0", "--port", "0"), "set RIVULET_API_KEY"),
        (("serve", "--model", "gpt", "--port", "0"), "There is no answerer 'gpt'"),
        (("serve", "--model", "callable:no_such_module:f", "--port", "0"), "no_such_module"),
        (("turns", "show", "trn_unknown"), "There is nothing here under that id"),
        (("ask", "   "), "The question is empty"),
        (("ask", "Hi", "--server", "http://127.0.0.1:9"), "cannot be reached"),
        (("docs", "add", "nowhere"), "There is no nowhere"),
    ],
)
async def test_what_cannot_work_is_said_in_a_sentence(
    shell: Shell, arguments: tuple[str, ...], words: str
) -> None:
    """No trace of Python, a status that is not 0."""
    ran = await shell.run(*arguments)
    assert ran.status in (1, 2)
    assert words in ran.words
    assert "Traceback" not in ran.words


async def test_settings_are_checked(shell: Shell) -> None:
    """An unknown or mistyped setting stops the start and is named."""
    shell.data.mkdir()
    for text, words in (("potr = 1", "potr"), ('port = "many"', "port"), ("port =", "rivulet.toml")):
        (shell.data / "rivulet.toml").write_text(text)
        ran = await shell.run("serve", "--port", "0") if "potr" in text else await shell.run("serve")
        assert ran.status == 2
        assert words in ran.words


async def test_a_folder_that_cannot_be_read_stops_nothing(shell: Shell) -> None:
    """The server starts, says which folder it was, and answers from the rest."""
    (shell.folder / "link").symlink_to(shell.folder / "link")
    process = await shell.start("serve", "docs", "--port", "0")
    assert process.stdout is not None
    url = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()
    async with aiohttp.ClientSession() as http, http.get(f"{url}readyz") as response:
        assert response.status == 200
    process.terminate()
    await asyncio.wait_for(process.communicate(), 60)


async def test_an_own_generator_answers(shell: Shell) -> None:
    """callable:MODULE:FUNCTION from the folder one stands in."""
    (shell.folder / "parrot.py").write_text(
        "async def answer(question, history):\n    yield f'You said: {question}'\n", encoding="utf-8"
    )
    ran = await shell.run("ask", "Hello", "--model", "callable:parrot:answer")
    assert (ran.status, ran.out) == (0, "You said: Hello\n")


async def test_the_same_documents_are_not_read_twice(shell: Shell) -> None:
    """A second start leaves what has not changed alone."""
    seen: list[str] = []
    for _ in range(2):
        process = await shell.start("serve", "docs", "--port", "0")
        seen.append(await line_with(process.stderr, "documents,"))
        process.terminate()
        await asyncio.wait_for(process.communicate(), 60)
    assert "(1 indexed now, 0 unchanged" in seen[0]
    assert "(0 indexed now, 1 unchanged" in seen[1]


async def test_the_server_forgets_its_address(shell: Shell, tmp_path: Path) -> None:
    """After it has stopped, a command no longer looks for it."""
    process = await shell.start("serve", "--port", "0")
    assert process.stdout is not None
    await asyncio.wait_for(process.stdout.readline(), 60)
    assert (shell.data / "address").exists()
    process.terminate()
    await asyncio.wait_for(process.communicate(), 60)
    assert not (shell.data / "address").exists()
