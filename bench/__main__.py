"""`./dev bench [NAMES…] [--quick] [--json FILE]`: measures and prints one table."""

import argparse
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import (
    faults,
    first_token,
    followers,
    footprint,
    machine,
    micro,
    page,
    replay,
    stop,
    table,
    tokens,
    tools,
)
from bench.plan import Plan
from bench.servers import ALL
from bench.table import Row

MEASUREMENTS: dict[str, tuple[Callable[[Plan], list[Row]], str]] = {
    "footprint": (footprint.measure, "start, idle memory, size of the installation"),
    "tokens": (tokens.measure, "CPU per token at three loads; a thousand turns at once"),
    "first-token": (first_token.measure, "time added to the first token"),
    "retrieval": (first_token.measure_retrieval, "the same with documents"),
    "stop": (stop.measure, "stop acknowledged, upstream closed"),
    "replay": (replay.measure, "10,000 events read again"),
    "followers": (followers.measure, "memory of idle and of stalled followers"),
    "micro": (micro.measure, "single steps of a token's way"),
    "page": (page.measure, "a token in the browser, beside other renderers; installs them"),
    "faults": (faults.measure, "kill -9 and reconnects; 1,000 and 10,000 when named alone"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when everything could be measured, whatever the figures are."""
    options = _parse(arguments)
    if sys.platform != "linux":
        print("The measurements read /proc and pin processes to cores: they need Linux.", file=sys.stderr)
        return 1
    try:
        for name in ("mockllm", "loadsse"):
            tools.built(name)
    except tools.NoCompiler as problem:
        print(problem, file=sys.stderr)
        return 1
    _prepare()
    plan = Plan(
        is_quick=options.quick,
        repeats=options.repeats or (1 if options.quick else 3),
        servers=[server for server in ALL if server.name in options.servers],
        is_named=options.names == ["faults"],
        quiet_s=0 if options.quick else 20,
    )
    with machine.ends_on_term():
        rows, failures = _measure(options.names or list(MEASUREMENTS), plan)
    print(table.render(rows))
    print(_footer(plan, rows))
    for failure in failures:
        print(failure)
    if options.json:
        data = {"machine": _machine(), "foreign_cores": plan.foreign, "rows": table.as_data(rows)}
        options.json.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    return 1 if failures else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    names = "\n".join(f"  {name:12} {what}" for name, (_, what) in MEASUREMENTS.items())
    parser = argparse.ArgumentParser(
        prog="./dev bench",
        description="Measures the server beside its peers and prints one table.",
        epilog=f"measurements (all without a name):\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*MEASUREMENTS, []], default=[])
    parser.add_argument("--quick", action="store_true", help="one short round; figures are rough")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured there too")
    parser.add_argument("--repeats", type=int, help="rounds over all servers; 3, or 1 with --quick")
    parser.add_argument(
        "--servers", nargs="*", default=[server.name for server in ALL], help=argparse.SUPPRESS
    )
    return parser.parse_args(arguments)


def _prepare() -> None:
    """Off the server's core, and with room for a thousand sockets."""
    machine.use_load_core()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _measure(names: Sequence[str], plan: Plan) -> tuple[list[Row], list[str]]:
    rows: list[Row] = []
    failures: list[str] = []
    for name in names:
        begun = time.monotonic()
        plan.say(f"{name}: {MEASUREMENTS[name][1]}")
        try:
            rows += MEASUREMENTS[name][0](plan)
        except KeyboardInterrupt:
            failures.append("interrupted: what follows was not measured")
            break
        except Exception as problem:
            failures.append(f"{name} could not be measured: {type(problem).__name__}: {problem}")
            plan.say(failures[-1])
        plan.say(f"  ({time.monotonic() - begun:.0f} s)")
    return rows, failures


def _footer(plan: Plan, rows: Sequence[Row]) -> str:
    verdicts = [row.is_held(check) for row in rows for check in row.checks]
    lines = [
        "",
        f"{verdicts.count(True)} targets held, {verdicts.count(False)} not held, "
        f"{verdicts.count(None)} not measured; medians of {plan.repeats}",
        f"{_machine()}; server on core {machine.server_core()}, model and load on core {machine.load_core()}",
    ]
    if plan.foreign > 0.35:
        lines.append(
            f"others used up to {plan.foreign:.1f} cores while this ran: times are not to be trusted"
        )
    return "\n".join(lines)


def _machine() -> str:
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return f"{cpu}, {os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
