"""The measurements run, with tiny sizes: every answer is counted whole and nothing is left behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest

from bench import load, machine, model, servers, tools
from bench.plan import Plan
from bench.tokens import Shape, one


class Tiny(Shape):
    """Its window is over when all answers are, whenever they begin."""

    def tokens(self) -> int:
        return 25


TINY = Tiny("a test", 8, 200, 200, 30_000)


@pytest.mark.usefixtures("load_tools")
@pytest.mark.parametrize("server", servers.ALL, ids=lambda server: server.name)
def test_every_token(server: servers.Server) -> None:
    """Through each of the servers every token of every answer arrives, and every answer's end."""
    with model.running() as upstream, servers.running(server, upstream) as running:
        found, before = one(Plan(quiet_s=0), TINY, running, upstream)
        assert (found.http_errors, found.conn_errors, found.first_error) == (0, 0, "")
        assert (found.lost_tokens, found.extra_tokens, found.short) == (0, 0, 0)
        assert found.ended == TINY.streams
        assert found.cpu_us_per_token > 0
        assert before > 5_000
        child = running.child
    assert child.popen.returncode is not None


@pytest.mark.usefixtures("load_tools")
def test_load_sees_lost_tokens() -> None:
    """An answer that is too short, and one without the end that was expected, do not pass for whole."""
    with model.running() as upstream:
        upstream.pace(tokens=10, every_us=1000)
        path, body = servers.FLOOR.path, servers.FLOOR.body
        found = load.run(
            *(upstream.port, path, body, 2),
            window_ms=500,
            drain_ms=30_000,
            tokens=12,
            once=True,
            end_mark="never said",
        )
    assert found.short == 2
    assert found.ended == 0
    assert found.all_tokens == 20


@pytest.mark.usefixtures("load_tools")
def test_model_sees_who_leaves() -> None:
    """The model tells when the reader of a tagged answer hung up, once."""
    with model.running() as upstream:
        upstream.pace(tokens=1000, every_us=10_000)
        body = {"stream": True, "messages": [{"role": "user", "content": "#tag-7."}]}
        with contextlib.closing(HTTPConnection("127.0.0.1", upstream.port)) as reader:
            reader.request("POST", servers.FLOOR.path, json.dumps(body))
            with reader.getresponse() as answer:
                assert answer.read(10)
        deadline = time.monotonic() + 60
        while not (closes := upstream.closes()) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert list(closes) == [7]
        assert abs(time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000 - closes[7]) < 60_000_000
        assert upstream.closes() == {}


@pytest.mark.usefixtures("load_tools")
def test_command(tmp_path: Path) -> None:
    """`./dev bench NAME --json FILE` prints one table and writes the same figures."""
    file = tmp_path / "figures.json"
    command = [sys.executable, "-m", "bench", "footprint", "--quick", "--json", str(file)]
    done = subprocess.run(
        [*command, "--servers", "floor", "relay"], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("measurement")
    labels = [row["label"] for row in json.loads(file.read_text())["rows"]]
    assert labels == ["start until healthy", "start, CPU", "idle resident memory"]
    assert all(label in done.stdout for label in labels)


def test_no_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a C compiler the sentence says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools, "_HERE", tmp_path)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "loadsse.c").touch()
    with pytest.raises(tools.NoCompiler, match="apt-get install gcc"):
        tools.built("loadsse")


def test_dead_on_arrival(tmp_path: Path) -> None:
    """A server that cannot start is told with its own last words."""
    argv = [sys.executable, "-c", "import sys; sys.exit('the port is taken')"]
    with (
        machine.Child(argv, machine.server_core(), {}, tmp_path / "log") as child,
        pytest.raises(machine.NotStarted, match="the port is taken"),
    ):
        machine.wait_until(lambda: False, child, limit_s=60)


def test_killed_with_us() -> None:
    """When the measuring process is killed the kernel takes its children with it."""
    program = (
        "import sys; from bench import machine;"
        "child = machine.Child([sys.executable, '-c', 'import time; time.sleep(60)'], machine.load_core());"
        "print(child.pid, flush=True); import time; time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        grandchild = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 60
    while _is_alive(grandchild) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _is_alive(grandchild)


def _is_alive(pid: int) -> bool:
    """A zombie that nobody has collected yet is dead."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
