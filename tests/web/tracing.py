"""How long a page kept its main thread busy, by the thread's clock: other work does not count."""

import json
from collections.abc import Generator
from contextlib import contextmanager

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
        ran = (
            event["tdur"] / 1000
            for event in events
            if "tdur" in event and event["name"] == "RunTask" and (event["pid"], event["tid"]) in mains
        )
        found.extend(sorted(ran, reverse=True))
