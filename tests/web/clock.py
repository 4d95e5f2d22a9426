"""How long a page's main thread has worked, by its own clock: waiting, and other programs, do not count."""

from playwright.sync_api import Page

YARDSTICK = """() => new Promise((done) => {
  const box = document.body.appendChild(document.createElement('div'))
  box.style.cssText = 'width: 600px; height: 400px; overflow: auto'
  let frame = 0
  const step = () => {
    if (frame === 60) return done()
    if (frame++ % 6 === 0) box.append(document.createElement('p'))
    box.lastElementChild.append(' some more words')
    box.scrollTop = box.scrollHeight
    requestAnimationFrame(step)
  }
  step()
})"""
"""Sixty painted frames, each with a few words more at the end of a scrolled box."""

QUIET_FRAME_MS = 0.79
"""What such a frame costs on two cores of a virtual AMD EPYC with little else to do: 0.70 to 0.86."""


class ThreadClock:
    """The clock of one page's main thread."""

    def __init__(self, page: Page) -> None:
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def now(self) -> float:
        """In milliseconds. (`ThreadTime` also has the idle time that a browser spends when it is told to be
        slow: two thirds of every second at a quarter of its speed.)"""
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        return 1000 * next(one["value"] for one in metrics if one["name"] == "TaskDuration")


def slowness(page: Page) -> float:
    """How many times as much a frame costs on this machine as it is now; never below one. Programs that
    share its caches make every other one slower, also by this clock."""
    browser = page.context.browser
    assert browser
    blank = browser.new_page()
    try:
        blank.set_content("<!doctype html><body>")
        clock = ThreadClock(blank)
        begun = clock.now()
        blank.evaluate(YARDSTICK)
        return max(1.0, (clock.now() - begun) / 60 / QUIET_FRAME_MS)
    finally:
        blank.close()
        page.bring_to_front()
