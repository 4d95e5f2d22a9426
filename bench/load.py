"""One run of the load client against one server, and what it counted."""

import subprocess
from collections.abc import Mapping, Sequence

import msgspec

from bench import machine, tools
from bench.servers import as_json


class Spread(msgspec.Struct):
    """Microseconds; -1 where nothing was counted."""

    p50: float
    p90: float
    p95: float
    p99: float
    p999: float
    max: float


class Load(msgspec.Struct):
    """`transit_us` is the age of a token when the client reads it, `gap_us` the time between two of one
    answer; `ended` are the answers that ended with their server's end mark."""

    streams: int
    live: int
    wall_s: float
    tokens: int
    all_tokens: int
    extra_tokens: int
    ended: int
    short: int
    http_errors: int
    conn_errors: int
    server_cpu_s: float
    server_cpu_frac: float
    cpu_us_per_token: float
    rss_kb: int
    reads_per_token: float
    frames_per_token: float
    bytes_per_token: float
    client_cpu_frac: float
    mock_cpu_frac: float
    ttft_us: Spread
    gap_us: Spread
    transit_us: Spread
    first_error: str = ""
    lost_tokens: int = 0


def run(
    port: int,
    path: str,
    body: Mapping[str, object],
    streams: int,
    *,
    window_ms: int,
    ramp_ms: int = 0,
    warm_ms: int = 0,
    drain_ms: int = 0,
    tokens: int = 0,
    once: bool = False,
    end_mark: str = "",
    pids: Sequence[int] = (),
    model_pid: int | None = None,
) -> Load:
    """Bounded in time: opens `streams` answers over the ramp, lets them warm up, measures the window.

    With `once`, an answer that ended is not asked again, and after the window the client reads on (at most
    the drain) until all have ended, so that every token can be counted.
    """
    argv = [str(tools.built("loadsse")), "-u", f"127.0.0.1:{port}{path}", "-b", as_json(body)]
    argv += ["-n", str(streams), "-r", str(ramp_ms), "-w", str(warm_ms), "-t", str(window_ms)]
    argv += ["-d", str(drain_ms), "-k", str(tokens)]
    argv += ["-e", end_mark] if end_mark else []
    argv += ["-1"] if once else []
    argv += ["-p", ",".join(map(str, pids))] if pids else []
    argv += ["-q", str(model_pid)] if model_pid else []
    with machine.Child(argv, machine.load_core()) as child:
        limit_s = (ramp_ms + warm_ms + window_ms + drain_ms) / 1000 + 30
        try:
            out, _ = child.popen.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            raise machine.NotStarted(f"the load client did not end within {limit_s:g} s") from None
    return msgspec.json.decode(out, type=Load)
