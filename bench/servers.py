"""The servers that are measured: Rivulet as its users start it, and the peers beside it."""

import json
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import machine
from bench.model import Model
from rivulet.testing.server_process import held_port, port_of

PEERS = Path(__file__).parent / "peers"
QUESTION = "Which of the two rivers is longer, and by how much?"


@dataclass(frozen=True)
class Server:
    """`body` is the request for one streamed answer, `end_mark` what the end of a whole answer contains."""

    name: str
    title: str
    path: str
    body: Mapping[str, object]
    end_mark: str
    script: str | None = None


_OPENAI_BODY = {"model": "mock", "stream": True, "messages": [{"role": "user", "content": QUESTION}]}
_COMPLETIONS = "/v1/chat/completions"

RIVULET = Server(
    "rivulet",
    "Rivulet",
    "/v1/turns",
    # Retrieval has its own row. A load client that hangs up shall not leave a thousand turns running.
    {"input": QUESTION, "search_mode": "none", "on_disconnect": "cancel"},
    "event: turn.finished",
)
FLOOR = Server("floor", "pass-through", _COMPLETIONS, _OPENAI_BODY, "[DONE]", "floor.py")
PASSING = Server("passing", "Starlette bytes", _COMPLETIONS, _OPENAI_BODY, "[DONE]", "passing.py")
RELAY = Server("relay", "Starlette+aiohttp", _COMPLETIONS, _OPENAI_BODY, "[DONE]", "relay.py")
SDK = Server("sdk", "FastAPI+openai", _COMPLETIONS, _OPENAI_BODY, "[DONE]", "sdk.py")
ALL = (RIVULET, FLOOR, PASSING, RELAY, SDK)


@dataclass
class Running:
    """A server that answers, on a core of its own."""

    server: Server
    child: machine.Child
    port: int
    started_s: float
    path: str
    body: Mapping[str, object] = field(repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pids(self) -> list[int]:
        return machine.tree(self.child.pid)

    def rss_kb(self) -> int:
        return machine.rss_kb(self.pids)


@contextmanager
def running(server: Server, model: Model, documents: Path | None = None) -> Generator[Running]:
    """The server under test with an empty data directory of its own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="rivulet-bench-"))
    held = held_port()
    port = port_of(held)
    try:
        (folder / "data").mkdir()
        argv, env = _command(server, port, model, folder / "data", documents)
        start = time.monotonic()
        with machine.Child(argv, machine.server_core(), env, folder / "log") as child:
            machine.wait_until(lambda: _is_healthy(server, port), child, limit_s=60, every_s=0.005)
            held.close()
            yield Running(server, child, port, time.monotonic() - start, server.path, server.body)
    finally:
        held.close()
        shutil.rmtree(folder, ignore_errors=True)


def _command(
    server: Server, port: int, model: Model, data: Path, documents: Path | None
) -> tuple[list[str], dict[str, str]]:
    if server.script:
        return [sys.executable, str(PEERS / server.script), str(port), str(model.port)], {}
    argv = [str(Path(sys.executable).parent / "rivulet"), "serve", *([str(documents)] if documents else [])]
    argv += ["--port", str(port), "--data", str(data), "--model", "openai:mock"]
    return argv, {"OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "none"}


def _is_healthy(server: Server, port: int) -> bool:
    if server.script:
        return machine.listens(port)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def as_json(body: Mapping[str, object]) -> str:
    return json.dumps(body, separators=(",", ":"))
