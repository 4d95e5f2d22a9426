"""How long a page kept its main thread busy, by the thread's clock: other work does not count."""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page

CATEGORIES = ["toplevel", "disabled-by-default-devtools.timeline", "devtools.timeline", "__metadata"]


@contextmanager
def tasks(page: Page) -> Generator[list[float]]:
    """Filled at the end with the milliseconds of each task, the longest first."""
    found: list[float] = []
    browser = page.context.browser
    assert browser
    browser.start_tracing(page=page, categories=CATEGORIES)
    try:
        yield found
    finally:
        events = json.loads(browser.stop_tracing())["traceEvents"]
        mains = {
            (event["pid"], event["tid"])
            for event in events
            if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
        }
        busy = [event for event in events if "tdur" in event and (event["pid"], event["tid"]) in mains]
        asked = [event for event in busy if ASKED in str(event.get("args"))]
        runs = [event for event in busy if event["name"] == "RunTask"]
        found.extend(sorted((run["tdur"] / 1000 for run in runs if not _any_in(run, asked)), reverse=True))


ASKED = "blink.mojom.DevToolsSession"
"""A message of the test's own: what it looks up in the page is no work of the page's."""


def _any_in(task: dict[str, Any], events: Sequence[dict[str, Any]]) -> bool:
    begin, end = task["tts"], task["tts"] + task["tdur"]
    return any(event["pid"] == task["pid"] and begin <= event["tts"] < end for event in events)
