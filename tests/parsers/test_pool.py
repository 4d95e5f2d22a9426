"""Files are read in child processes: what happens to those leaves the server and other files unaffected."""

import asyncio
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from rivulet.domain.errors import Draining, Internal, Unreadable
from rivulet.parsers import Limits, ParserPool
from rivulet.parsers import worker as worker_module
from rivulet.ports.knowledge import Parsed
from tests.parsers.made import pdf, row, xlsx

ROGUES = "tests.parsers.rogue:parsers"


@pytest.fixture
async def pool() -> AsyncIterator[ParserPool]:
    made = ParserPool()
    yield made
    await made.aclose()


@pytest.fixture
async def rogues() -> AsyncIterator[ParserPool]:
    """A pool of badly behaved parsers, with 64 MiB for each file, already started."""
    made = ParserPool(Limits(memory_mib=64), parsers=ROGUES)
    await made.parse_bytes(b"warm", "a.ok")
    yield made
    await made.aclose()


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pid")
    return tmp_path / "pid"


def _gone(pid: int) -> bool:
    """Waits until the process has ended, a minute at most."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 60)[0])
    finally:
        os.close(handle)


async def _heard(pipe: Path) -> int:
    """The process id a hanging parser tells through a named pipe, which also says that it now hangs."""
    return int(await asyncio.to_thread(pipe.read_text))


@pytest.mark.anyio
async def test_same_as_in_process(
    pool: ParserPool, read: Callable[[bytes, str], Parsed], real_data: Path
) -> None:
    """Every real file gives in a child, by its path or its bytes, what its parser gives."""
    for path in sorted((real_data / "files").iterdir()):
        data = path.read_bytes()
        try:
            expected: object = read(data, path.name)
        except Unreadable as refusal:
            expected = refusal.message
        source = path if len(data) % 2 else data
        try:
            got: object = await pool.parse(source, path.name)
        except Unreadable as refusal:
            got = refusal.message
        assert expected == got


@pytest.mark.anyio
async def test_starts_with_the_first_file() -> None:
    """A server that reads no file starts no child."""
    made = ParserPool(parsers="no.such:module")
    await made.aclose()


@pytest.mark.anyio
async def test_one_child_for_many_files(rogues: ParserPool) -> None:
    """Files are read by the same child, one after the other."""
    texts = [(await rogues.parse_bytes(b"%d" % at, "a.ok")).text for at in range(20)]
    assert len({text.split()[0] for text in texts}) == 1
    assert [str(at) for at in range(20)] == [text.split()[1] for text in texts]


@pytest.mark.anyio
async def test_several_children() -> None:
    """With two workers two files are read at once, and every answer belongs to its question."""
    made = ParserPool(workers=2, parsers=ROGUES)
    texts = await asyncio.gather(*(made.parse_bytes(b"%d" % at, "a.ok") for at in range(60)))
    assert [str(at) for at in range(60)] == [parsed.text.split()[1] for parsed in texts]
    assert len({parsed.text.split()[0] for parsed in texts}) == 2
    await made.aclose()


@pytest.mark.anyio
async def test_hanging(pipe: Path) -> None:
    """A parser that never comes back is ended at its deadline; the next file is read."""
    made = ParserPool(Limits(wall_s=2), parsers=ROGUES)
    task = asyncio.create_task(made.parse_bytes(str(pipe).encode(), "a.hang"))
    pid = await _heard(pipe)
    with pytest.raises(Unreadable, match=r"took longer than 2 s to read"):
        await task
    assert _gone(pid)
    assert (await made.parse_bytes(b"next", "a.ok")).text.endswith(" next")
    await made.aclose()


@pytest.mark.parametrize("name", ["a.crash", "a.abort"])
@pytest.mark.anyio
async def test_crashing(rogues: ParserPool, name: str) -> None:
    """A file that crashes its reader is told as damaged; the next file is read."""
    with pytest.raises(Unreadable, match="damaged"):
        await rogues.parse_bytes(b"x", name)
    assert (await rogues.parse_bytes(b"next", "a.ok")).text.endswith(" next")


@pytest.mark.anyio
async def test_hungry(rogues: ParserPool) -> None:
    """A file that needs more memory than allowed is told so; the next file is read."""
    with pytest.raises(Unreadable, match="needs more than 64 MiB to read"):
        await rogues.parse_bytes(b"x", "a.hungry")
    assert (await rogues.parse_bytes(b"next", "a.ok")).text.endswith(" next")


@pytest.mark.anyio
async def test_hungry_library() -> None:
    """Also when the memory is asked for by a library that cannot say so politely: a workbook of 17 thousand
    million cells, of which two have a value."""
    made = ParserPool(Limits(memory_mib=256))
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    with pytest.raises(Unreadable, match="needs more than 256 MiB to read"):
        await made.parse_bytes(xlsx({"S": row(1, "a") + far}), "a.xlsx")
    await made.aclose()


def test_hungry_without_a_word(tmp_path: Path) -> None:
    """Also when the library just crashes for want of memory: a PDF page that unpacks to 600 MB. The kernel
    counts a child's memory from its parent's on, so the parent is a small server of its own."""
    plain = pdf([[(50, 700, 10, "x")]])
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(600)) + packer.flush()
    start = plain.index(b"/Length", plain.index(b"6 0 obj"))
    stream = b"/Length %d/Filter/FlateDecode>>stream\n%s\n" % (len(packed), packed)
    (tmp_path / "a.pdf").write_bytes(plain[:start] + stream + plain[plain.index(b"endstream") :])
    script = (
        "import asyncio, pathlib, sys\n"
        "from rivulet.parsers import Limits, ParserPool\n"
        "asyncio.run(ParserPool(Limits(memory_mib=200)).parse_file(pathlib.Path(sys.argv[1])))\n"
    )
    server = subprocess.run([sys.executable, "-c", script, str(tmp_path / "a.pdf")], capture_output=True)
    assert b"Unreadable: This file needs more than 200 MiB to read." in server.stderr


@pytest.mark.anyio
async def test_ended_by_somebody_else(rogues: ParserPool, tmp_path: Path) -> None:
    """A child that the kernel or a person ends says nothing about the file: it is read again, once."""
    memory = str(tmp_path / "memory").encode()
    assert (await rogues.parse_bytes(memory, "a.killed")).text == "second time"
    with pytest.raises(Unreadable, match="ended twice"):
        await rogues.parse_bytes(b"never", "a.killed")
    with pytest.raises(Unreadable, match="ended twice"):
        await rogues.parse_bytes(b"x", "a.exits")


@pytest.mark.anyio
async def test_ended_between_files(rogues: ParserPool) -> None:
    """A child that was ended while it was idle is replaced without anyone noticing."""
    pid = int((await rogues.parse_bytes(b"x", "a.ok")).text.split()[0])
    os.kill(pid, signal.SIGKILL)
    assert (await rogues.parse_bytes(b"next", "a.ok")).text.endswith(" next")


@pytest.mark.parametrize("name", ["a.buggy", "a.deep"])
@pytest.mark.anyio
async def test_buggy(rogues: ParserPool, name: str) -> None:
    """A parser's own mistake ends with this file; the child goes on."""
    before = (await rogues.parse_bytes(b"x", "a.ok")).text
    with pytest.raises(Unreadable, match="damaged"):
        await rogues.parse_bytes(b"x", name)
    assert before == (await rogues.parse_bytes(b"x", "a.ok")).text


@pytest.mark.anyio
async def test_noisy(rogues: ParserPool) -> None:
    """Whatever a library prints, and it may try to read too, no answer is disturbed."""
    assert (await rogues.parse_bytes(b"text", "a.noisy")).text == "text "


@pytest.mark.anyio
async def test_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child has no keys, none of the server's files and sockets, and may write next to nothing."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("HTTP_PROXY", "http://user:pass@proxy")
    made = ParserPool(parsers=ROGUES)
    with socket.socket() as held:
        held.set_inheritable(True)
        told = (await made.parse_bytes(b"x", "a.surroundings")).text
    await made.aclose()
    assert "sk-secret" not in told
    assert "HTTP_PROXY" not in told
    assert "socket:" not in told
    assert "'limits': [0, 4194304, 64]" in told
    assert "'numpy'" not in told


@pytest.mark.anyio
async def test_cancelled(rogues: ParserPool, pipe: Path) -> None:
    """Giving up on a file ends its child at once and leaves the pool usable."""
    task = asyncio.create_task(rogues.parse_bytes(str(pipe).encode(), "a.hang"))
    pid = await _heard(pipe)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(_gone, pid)
    assert (await rogues.parse_bytes(b"next", "a.ok")).text.endswith(" next")


@pytest.mark.anyio
async def test_closed_while_reading(pipe: Path) -> None:
    """Shutting down does not wait for a file, and nothing is read afterwards."""
    made = ParserPool(parsers=ROGUES)
    task = asyncio.create_task(made.parse_bytes(str(pipe).encode(), "a.hang"))
    pid = await _heard(pipe)
    await made.aclose()
    with pytest.raises(Draining):
        await task
    assert _gone(pid)
    with pytest.raises(Draining):
        await made.parse_bytes(b"x", "a.ok")


@pytest.mark.anyio
async def test_idle_children_end() -> None:
    """When nothing has been read for a while, no child is left; the next file starts one again."""
    made = ParserPool(Limits(idle_s=0.01), parsers=ROGUES)
    pid = int((await made.parse_bytes(b"x", "a.ok")).text.split()[0])
    assert await asyncio.to_thread(_gone, pid)
    assert (await made.parse_bytes(b"again", "a.ok")).text.endswith(" again")
    await made.aclose()


def test_dies_with_its_parent(pipe: Path) -> None:
    """When the server is killed without warning, its children end too, even a hanging one."""
    script = (
        "import asyncio, sys\n"
        "from rivulet.parsers import ParserPool\n"
        f"asyncio.run(ParserPool(parsers={ROGUES!r}).parse_bytes(sys.argv[1].encode(), 'a.hang'))\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    server = subprocess.Popen([sys.executable, "-c", script, str(pipe)], env=environment)
    pid = int(pipe.read_text())
    server.kill()
    server.wait()
    assert _gone(pid)


@pytest.mark.anyio
async def test_cannot_start() -> None:
    """When the reading process itself cannot be started, that is ours, not the file's fault."""
    made = ParserPool(parsers="tests.parsers.rogue:broken")
    with pytest.raises(Internal, match="this plug-in is broken"):
        await made.parse_bytes(b"x", "a.ok")
    await made.aclose()


@pytest.mark.anyio
async def test_larger_than_allowed(pool: ParserPool, tmp_path: Path) -> None:
    """A file of 2 GB is refused by its size, before a byte of it is read."""
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(2 << 30)
    with pytest.raises(Unreadable, match="larger than 256 MiB"):
        await pool.parse_file(path)
    small = ParserPool(Limits(file_bytes=1 << 20))
    with pytest.raises(Unreadable, match="larger than 1 MiB"):
        await small.parse_bytes(b"x" * ((1 << 20) + 1), "a.txt")
    await small.aclose()


@pytest.mark.anyio
async def test_not_a_file(pool: ParserPool, tmp_path: Path) -> None:
    """Folders, pipes, devices and files that are gone are refused at once."""
    os.mkfifo(tmp_path / "pipe.txt")
    for path, reason in (
        (tmp_path, "not a file|cannot be opened"),
        (tmp_path / "pipe.txt", "not a file"),
        (Path("/dev/zero"), "not a file"),
        (tmp_path / "gone.txt", "no longer there"),
        (tmp_path / "gone.txt" / "inside.txt", "cannot be opened|no longer there"),
        (tmp_path / ("x" * 5000), "cannot be opened"),
    ):
        with pytest.raises(Unreadable, match=reason):
            await pool.parse_file(path, "a.txt")


def test_no_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be read is refused with that reason."""

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(worker_module.os, "open", refuse)
    with pytest.raises(Unreadable, match="permission denied"):
        worker_module._contents(b"/x", Limits())


@pytest.mark.parametrize(
    "name",
    [
        b"caf\xe9.txt",
        b"-rf.txt",
        b"two\nlines.txt",
        "\u202etxt.exe.txt".encode(),
        b"x" * 200 + b".txt",
        b"CON.txt",
    ],
)
@pytest.mark.anyio
async def test_strange_names(pool: ParserPool, tmp_path: Path, name: bytes) -> None:
    """A file may be called whatever the disk allows."""
    path = tmp_path / os.fsdecode(name)
    with open(path, "w") as file:  # noqa: ASYNC230
        file.write("words")
    parsed = await pool.parse_file(path)
    assert parsed.text == "words"
    assert parsed.title is not None
    parsed.title.encode()


@pytest.mark.alone
@pytest.mark.anyio
async def test_fast_enough(pool: ParserPool, real_data: Path, tmp_path: Path) -> None:
    """490 real articles are read at more than 80 a second of CPU in all (measured: 350 a second of time)."""
    with (real_data / "squad" / "articles.jsonl").open(encoding="utf-8") as lines:
        articles = [json.loads(line) for line in lines]
    for at, article in enumerate(articles):
        (tmp_path / f"{at}.txt").write_text(article["title"] + "\n\n" + article["text"], encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = time.process_time()
    parsed = await asyncio.gather(*(pool.parse_file(tmp_path / f"{at}.txt") for at in range(len(articles))))
    own = time.process_time() - own
    await pool.aclose()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = own + after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert [len(each.text) for each in parsed] == [len(each["title"] + each["text"]) + 2 for each in articles]
    assert len(articles) / spent > 80
