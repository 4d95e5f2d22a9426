"""The machine under the measurements: its two cores, processes that end with us, time and memory."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path

from rivulet.testing.nursery import die_with_parent

_TICK = os.sysconf("SC_CLK_TCK")
_NICE = int(os.environ.get("RIVULET_BENCH_NICE", "0"))
"""A negative one (as root) helps on a machine that others use meanwhile."""

_CORES = sorted(os.sched_getaffinity(0))


class NotStarted(Exception):
    """A process did not come up; the message says what it wrote last."""


def server_core() -> int:
    """The core of the server under test."""
    return _CORES[0]


def load_core() -> int:
    """The core of the model and the load; the server's own on a machine that has only one."""
    return _CORES[-1]


def use_load_core() -> None:
    """Moves this process off the server's core."""
    os.sched_setaffinity(0, {load_core()})


def use_all_cores() -> None:
    """For what does not measure time."""
    os.sched_setaffinity(0, _CORES)


class Child:
    """A process of its own group on one core. It is killed when this block ends, or when we die."""

    def __init__(self, argv: Sequence[str], core: int, env: Mapping[str, str] = {}, log: Path | None = None):
        self.argv = argv
        self.log = log
        with contextlib.ExitStack() as stack:
            out = stack.enter_context(log.open("ab")) if log else subprocess.DEVNULL
            self.popen = subprocess.Popen(
                argv,
                # Whoever installs has compiled modules: pip and the first start write them.
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **env},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if log is None else out,
                stderr=out,
                start_new_session=True,
                preexec_fn=lambda: _prepare(core),
            )
        self.pid = self.popen.pid

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self, patience_s: float = 3.0) -> None:
        """TERM for the group, KILL for whatever is left of it."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(patience_s)
        self.kill()

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self.popen.wait()
        if self.popen.stdout:
            self.popen.stdout.close()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def last_words(self) -> str:
        """The end of what it wrote, for an error message."""
        text = self.log.read_text(errors="replace") if self.log and self.log.exists() else ""
        return text[-600:].strip() or "it wrote nothing"


def _prepare(core: int) -> None:
    """In the child, before exec: its core, room for a thousand sockets, and no life without its parent."""
    os.sched_setaffinity(0, {core})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if _NICE:
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
        # A session of its own is scheduled as a group, whose weight is set apart from its members'.
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(_NICE))
    die_with_parent()


def wait_until(is_true: Callable[[], bool], child: Child, limit_s: float, every_s: float = 0.01) -> None:
    """Raises `NotStarted` when the child dies or the time is over."""
    end = time.monotonic() + limit_s
    while not is_true():
        if child.popen.poll() is not None:
            raise NotStarted(
                f"{child.argv[0]} ended with status {child.popen.returncode}: {child.last_words()}"
            )
        if time.monotonic() > end:
            raise NotStarted(f"{child.argv[0]} was not ready within {limit_s:g} s: {child.last_words()}")
        time.sleep(every_s)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def tree(pid: int) -> list[int]:
    """The process and its descendants."""
    found: list[int] = []
    todo = [pid]
    while todo:
        found.append(todo.pop())
        for children in Path(f"/proc/{found[-1]}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                todo += [int(child) for child in children.read_text().split()]
    return found


def rss_kb(pids: Sequence[int]) -> int:
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Rss:"):
                    total += int(line.split()[1])
    return total


def cpu_s(pids: Sequence[int]) -> float:
    """User and system time of all their threads, in steps of a clock tick (10 ms)."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / _TICK


def busy_s() -> float:
    """Seconds all cores together have worked since boot."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / _TICK


def wait_for_quiet(limit: float = 0.35, patience_s: float = 20.0) -> float:
    """Waits until others use less than `limit` cores; returns how much they used when it went on."""
    end = time.monotonic() + patience_s
    while True:
        before, start = busy_s(), time.monotonic()
        time.sleep(0.5)
        foreign = (busy_s() - before) / (time.monotonic() - start)
        if foreign < limit or time.monotonic() > end:
            return foreign


@contextlib.contextmanager
def ends_on_term() -> Generator[None]:
    """A TERM ends the measurements like Ctrl-C, so that every `with` gets to close its processes."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
