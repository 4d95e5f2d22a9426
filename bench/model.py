"""The model every server asks: the C program, at the pace a measurement wants."""

import json
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager

from bench import machine, tools


class Model:
    """A running model. Its tokens carry the moment they were sent, so that the load can tell their age."""

    def __init__(self, child: machine.Child, port: int) -> None:
        self.pid = child.pid
        self.port = port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def pace(self, tokens: int, every_us: int, first_us: int = 0) -> None:
        """For the answers that start from now on; every_us 0 is as fast as the socket takes it."""
        self._get(f"/control?n={tokens}&itl={every_us}&ttft={first_us}&burst=1")

    def closes(self) -> dict[int, int]:
        """Tag → the microsecond (CLOCK_MONOTONIC) its stream was closed from the other side; told once."""
        return {int(tag): int(us) for tag, us in self._get("/closes")}

    def lag_us(self) -> int:
        """How late the latest token was since the last call: the model's own trouble, not the server's."""
        return self._get("/stats")["max_lag_us"]

    def open_streams(self) -> int:
        return self._get("/stats")["open"]

    def _get(self, path: str):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return json.load(answer)


@contextmanager
def running() -> Generator[Model]:
    with machine.Child([str(tools.built("mockllm")), "-p", "0"], machine.load_core()) as child:
        assert child.popen.stdout
        line = child.popen.stdout.readline()
        if not line:
            raise machine.NotStarted("the model did not start")
        yield Model(child, int(line))
