"""What it takes before anybody asks anything: the start, the idle process, the installation."""

import hashlib
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

from bench import machine, model, servers
from bench.plan import Plan, medians
from bench.table import Check, Row

ROOT = Path(__file__).parents[1]


def measure(plan: Plan) -> list[Row]:
    start: dict[str, list[float]] = defaultdict(list)
    cpu: dict[str, list[float]] = defaultdict(list)
    rss: dict[str, list[float]] = defaultdict(list)
    with model.running() as upstream:
        for _, server in plan.rounds():
            plan.settle()
            with servers.running(server, upstream) as running:
                start[server.name].append(running.started_s)
                cpu[server.name].append(machine.cpu_s(running.pids))
                time.sleep(1.0)
                rss[server.name].append(running.rss_kb() / 1024)
                plan.say(f"  start {server.name:8} {running.started_s:.2f} s, {rss[server.name][-1]:.0f} MB")
    rows = [
        Row("start until healthy", "s", medians(start), [Check(1.5)], samples=start),
        Row("start, CPU", "s", medians(cpu), samples=cpu),
        Row("idle resident memory", "MB", medians(rss), [Check(100)], samples=rss),
    ]
    return rows if plan.is_quick else [*rows, _install(plan)]


def _install(plan: Plan) -> Row:
    """An environment with nothing but what `pip install rivulet` brings, kept for the next time."""
    lock = ROOT / "locks" / "serve.txt"
    state = hashlib.sha256(lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()[:12]
    home = ROOT / "bench" / "results" / f"install-{state}"
    if not (home / "done").exists():
        plan.say("  installing into an environment of its own, to weigh it")
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
        into = [
            Path(sys.executable).parent / "uv",
            "pip",
            "install",
            "--quiet",
            "--python",
            home / "bin/python",
        ]
        subprocess.run([*into, "--require-hashes", "-r", lock], check=True)
        subprocess.run([*into, "--no-deps", ROOT], check=True)
        (home / "done").touch()
    sizes = [entry.stat().st_size for entry in home.glob("lib/**/*") if entry.is_file()]
    return Row("installation (no models)", "MB", {"rivulet": sum(sizes) / 1e6}, [Check(100)])
