"""What a token costs a browser's main thread while an answer is shown, beside other renderers of Markdown."""

import hashlib
import shutil
import statistics
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from playwright.sync_api import Page, sync_playwright

import hatch_build
from bench.plan import Plan
from bench.table import Check, Row

RENDERERS = ("rivulet", "streamdown", "react-markdown", "marked+DOMPurify", "plain text")
PREFIXES = (1_000, 10_000, 50_000)
LIMIT_MS = 3.0
"""A painted frame alone costs 1 to 1.4; sixty tokens a second then leave four fifths of the thread free."""

TOKEN = 4
"""Letters."""
SECTION = (
    "## Part {n}: the gearbox\n\n"
    "The gearbox takes **0.6 litres** of `SAE 80` oil, changed *every 5,000 kilometres* or once a year; "
    "see [the manual](https://example.com/manual/{n}) for what else is due. Nothing else needs any care.\n\n"
    "- Drain the old oil while it is warm, into a pan that holds a litre.\n"
    "- Clean the plug and its **magnet**, and put in a new ring.\n\n"
    "```python\ndef due(kilometres: int, last: int = {n}) -> bool:\n"
    "    return kilometres - last >= 5_000\n```\n\n"
    "| Part | Due | Tool |\n|---|---:|---|\n| oil | 5,000 | `8 mm` key |\n| chain | 500 | brush |\n\n"
    "> Whoever rides in the rain every day halves these numbers, says the manual.\n\n"
)
_HERE = hatch_build.SOURCES / "web" / "bench"


def measure(plan: Plan) -> list[Row]:
    found: dict[tuple[int, str], list[float]] = {}
    with _browser() as page:
        for _ in range(plan.repeats):
            plan.settle()
            for tokens in PREFIXES:
                for name in RENDERERS:
                    found.setdefault((tokens, name), []).append(_cost(page, plan, name, tokens))
    return [_row(tokens, {name: found[tokens, name] for name in RENDERERS}) for tokens in PREFIXES]


def _row(tokens: int, samples: dict[str, list[float]]) -> Row:
    costs = {name: statistics.median(values) for name, values in samples.items()}
    own = costs["rivulet"]
    others = [f"{name} {cost:.1f} ({cost / own:.1f} ×)" for name, cost in costs.items() if name != "rivulet"]
    label = f"page: a token after {tokens:,}"
    return Row(label, "ms", {"rivulet": own}, [Check(LIMIT_MS)], ", ".join(others), samples)


def _cost(page: Page, plan: Plan, name: str, tokens: int) -> float:
    """Milliseconds of the main thread for each token, one a frame."""
    count = plan.count(120, 30) if name in ("rivulet", "streamdown") else plan.count(40, 15)
    text = _text(tokens + count)
    prefix, rest = text[: TOKEN * tokens], text[TOKEN * tokens :]
    page.evaluate("([name, prefix]) => bench.begin(name, prefix)", [name, prefix])
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def now() -> float:
        told = cast("dict[str, list[dict[str, Any]]]", devtools.send("Performance.getMetrics"))
        return next(one["value"] for one in told["metrics"] if one["name"] == "ThreadTime")

    begun = now()
    page.evaluate("(all) => bench.stream(all)", [rest[TOKEN * i : TOKEN * (i + 1)] for i in range(count)])
    spent = now() - begun
    devtools.detach()
    return 1000 * spent / count


def _text(tokens: int) -> str:
    sections: list[str] = []
    letters = 0
    while letters < TOKEN * tokens:
        sections.append(SECTION.replace("{n}", str(len(sections))))
        letters += len(sections[-1])
    return "".join(sections)


@contextmanager
def _browser() -> Generator[Page]:
    script, styles = _built()
    chromium = next(
        path for name in ("chromium", "google-chrome", "chromium-browser") if (path := shutil.which(name))
    )
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page(viewport={"width": 900, "height": 900})
        page.set_content("<!doctype html><body></body>")
        page.add_style_tag(path=styles)
        page.add_script_tag(path=script)
        yield page
        browser.close()


def _built() -> tuple[Path, Path]:
    """The page's script, with the renderers beside ours from their own lock, and its styles."""
    node = hatch_build.find_node()
    if node is None:
        raise hatch_build.NoNode
    hatch_build.install_packages(node)
    program = str(shutil.which("node", path=node))
    lock = hashlib.sha256((_HERE / "package-lock.json").read_bytes()).hexdigest()
    stamp = _HERE / "node_modules" / ".stamp"
    if not stamp.is_file() or stamp.read_text() != lock:
        _run([*hatch_build.npm_of(node), "ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        stamp.write_text(lock)
    out = hatch_build.SOURCES / "build" / "bench"
    rolldown = str(hatch_build.SOURCES / "node_modules/rolldown/bin/cli.mjs")
    options = ["--format", "iife", "--name", "bench", "--minify", "--dir", str(out)]
    options += ["--transform.define", "process.env.NODE_ENV:'production'", "--no-codeSplitting"]
    _run([program, rolldown, "page.tsx", *options])
    return out / "page.js", hatch_build.SOURCES / "web/src/styles/markdown.css"


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=_HERE, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stdout[-800:] + done.stderr[-800:])
