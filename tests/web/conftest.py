"""A real browser in front of the real server, with a scripted model behind it."""

import asyncio
import contextlib
import os
import shutil
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as TookTooLong

import hatch_build
from rivulet.testing.model_call import Call
from rivulet.testing.nursery import Child, born
from rivulet.testing.scripted_model import Script, ScriptedModel
from rivulet.testing.server_process import free_port
from tests.web.plays import CUE
from tests.web.proxy import Proxy

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--site-per-process",
]
"""The last one is how browsers with a window run: a frame of another site in a process of its own."""

SHELL, CHROMIUM = "chromium-headless-shell", ("chromium", "google-chrome", "chromium-browser")

SLOW_MS = 20_000
"""How long what will come may take on a machine that does everything else as well."""

HOLD = None
"""In a told answer: wait here until the test says `release`."""

DOCUMENTS = {
    "gearbox.md": "# Gearbox manual 🚲\n\n"
    + "This chapter is about the frame and says nothing of interest. " * 40
    + "\n\n## Oil\n\nThe gearbox takes 0.6 litres of SAE 80 oil. "
    "Change the gearbox oil every 5,000 kilometres or once a year.\n\n"
    + "## Paint\n\nThe paint is blue and needs no care at all. "
    * 20,
    "service.md": "# Service schedule\n\nA yearly service is for chain, brakes and gearbox oil.\n",
    "empty.pdf": "",
}
QUESTION = "How often is the gearbox oil changed?"
TWO_SOURCES = "What is part of the yearly service, and how often is the gearbox oil changed?"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The engine without the windows, where the system has it: pages cost less than half the CPU."""
    return installed(SHELL, *CHROMIUM)


def installed(*names: str) -> str:
    """The first of these programs, or the one that CHROMIUM names; nothing is downloaded for a test."""
    wanted = (os.environ.get("CHROMIUM"), *names)
    found = next((path for name in wanted if name and (path := shutil.which(name))), None)
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail("CI must have Chromium")
    pytest.skip("there is no Chromium here: set CHROMIUM to its path")


@pytest.fixture(scope="session")
def built_page() -> None:
    """`./dev test` builds the page with the installation; a test run by hand may come after a change."""
    if hatch_build.is_stale():
        hatch_build.build()


# Playwright's loop runs in this thread while it is open: closed before other tests have loops of their own.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    expect.set_options(timeout=SLOW_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


class Gate:
    """Where answers are held. Each opening is for those who wait then, also for those whose reader has gone
    and who do not know it yet; without any, for whoever comes next."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []
        self._openings = 0.0

    def passed(self) -> asyncio.Future[None]:
        """Done when the gate was opened for this one."""
        opened = asyncio.get_running_loop().create_future()
        if self._openings:
            self._openings -= 1
            opened.set_result(None)
        else:
            self._waiting.append(opened)
        return opened

    def open(self) -> None:
        if not self._waiting:
            self._openings = max(self._openings, 1)
        while self._waiting:
            self._waiting.pop().set_result(None)

    def leave_open(self) -> None:
        self.open()
        self._openings = float("inf")


class ToldModel:
    """The scripted model in a thread of its own, because the browser has this one."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="told model")
        self._thread.start()
        self._gate = Gate()
        self.model = ScriptedModel()
        self._unasked = self.model.default
        self._gates: list[Gate] = []
        self._run(self.model.__aenter__())

    @property
    def url(self) -> str:
        return self.model.url

    def tell(self, *pieces: str | None, pace: float = 0) -> None:
        """The answer from now on: these pieces, waiting at each HOLD."""
        gate = Gate()

        async def told(call: Call) -> None:
            await call.head()
            for piece in pieces:
                if piece is HOLD:
                    await self.released(call, gate)
                    continue
                await call.say(piece)
                if pace:
                    await call.pause(1 / pace)
            await call.finish("stop", 9, len(pieces))

        self.then(told, gate)

    def then(self, script: Script, gate: Gate | None = None) -> None:
        """How questions are answered from now on. (A queued script could go to a list of models.)"""
        self._gates.append(self._gate)
        self._gate = gate or Gate()
        self._loop.call_soon_threadsafe(setattr, self.model, "default", script)

    def release(self) -> None:
        """All that wait for it go on; where none does yet, the next one."""
        self._loop.call_soon_threadsafe(self._gate.open)

    async def released(self, call: Call, gate: Gate | None = None) -> None:
        """Until released, or until the server has hung up."""
        opened = (gate or self._gate).passed()
        while not opened.done():
            await asyncio.wait((opened,), timeout=0.05)
            await call.pause(0)

    def forget(self) -> None:
        """What a test told is of no matter to the next: held answers go on, new ones are the model's own."""
        for gate in (*self._gates, self._gate):
            self._loop.call_soon_threadsafe(gate.leave_open)
        self._gates.clear()
        self.then(self._unasked)

    def close(self) -> None:
        self._run(self.model.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self, coroutine: object) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def upstream() -> Iterator[ToldModel]:
    told = ToldModel()
    yield told
    told.close()


@pytest.fixture
def model(upstream: ToldModel) -> Iterator[ToldModel]:
    """The model behind every server, to be told what to say."""
    yield upstream
    upstream.forget()


PRICES = """
[prices."openai:scripted"]
input = 100
output = 100
"""
"""So much that the few tokens of a test cost parts of a cent."""

PATIENT = """
[limits]
first_event_s = 600
idle_s = 600
"""
"""An answer that a test holds while nine tabs are opened is not given up after half a minute."""


@dataclass
class Server:
    """`rivulet serve` as people start it, in a process of its own."""

    documents: Path
    data: Path
    model_url: str
    environment: dict[str, str] = field(default_factory=dict)
    model: str = "openai:scripted"
    port: int = 0
    process: Child | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it takes turns; a second start is on the port of the first."""
        self.port = self.port or free_port()
        arguments = ["serve", str(self.documents), "--data", str(self.data)]
        arguments += ["--port", str(self.port), "--model", self.model]
        provider = {"OPENAI_BASE_URL": f"{self.model_url}/v1", "OPENAI_API_KEY": "sk-test"}
        self.log.parent.mkdir(exist_ok=True)
        self.data.mkdir(exist_ok=True)
        if not (settings := self.data / "rivulet.toml").exists():
            settings.write_text(PRICES + PATIENT)
        self.process = born(arguments, os.environ | provider | self.environment, self.log)
        while not self._is_ready():
            if self.process.wait(0.01):
                pytest.fail(f"the server did not start: {self.log.read_text()}")

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                return True
        except OSError:
            return False

    @property
    def log(self) -> Path:
        return self.data.with_suffix(".log")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process:
            self.process.signal(how)
            assert self.process.wait(20), "the server does not end"
            self.process = None


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def new_server(
    built_page: None, documents: Path, upstream: ToldModel, tmp_path: Path
) -> Iterator[Callable[..., Server]]:
    """Servers of a test's own, each on an empty data directory."""
    started: list[Server] = []

    def start(**environment: str) -> Server:
        server = Server(documents, tmp_path / f"data-{len(started)}", upstream.url, environment)
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def server(
    built_page: None, documents: Path, upstream: ToldModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The server most tests share; every test has chats of its own."""
    server = Server(documents, tmp_path_factory.mktemp("data"), upstream.url)
    server.start()
    yield server
    server.stop()


@dataclass
class Actor(Server):
    """Its answers are played from `tests/web/plays.py`, by the name of the question."""

    model: str = "callable:tests.web.plays:answer"

    def __post_init__(self) -> None:
        self.environment = {CUE: str(self._cue)}

    @property
    def _cue(self) -> Path:
        return self.data.with_suffix(".cue")

    def go_on(self) -> None:
        """For the play that waits for its cue, or the next one that does."""
        self._cue.touch()


@pytest.fixture(scope="session")
def actor(
    built_page: None, documents: Path, upstream: ToldModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Actor]:
    server = Actor(documents, tmp_path_factory.mktemp("played"), upstream.url)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    """A wire to the server that a test can cut."""
    with Proxy(server.port) as wire:
        yield wire


@dataclass
class Visitor:
    """Somebody at the page, in words."""

    page: Page
    requests: list[str]
    forgiven: set[str] = field(default_factory=set)
    """Errors in the page that a test brings about."""

    def open(self, url: str) -> None:
        self.page.goto(url)
        self.page.get_by_label("Your question").wait_for()

    @property
    def composer(self) -> Locator:
        return self.page.get_by_label("Your question")

    @property
    def answer(self) -> Locator:
        return self.page.locator(".answer").last

    @property
    def text(self) -> Locator:
        return self.page.locator(".answer .markdown").last

    @property
    def send(self) -> Locator:
        return self.page.get_by_role("button", name="Send", exact=True)

    @property
    def stop(self) -> Locator:
        return self.page.get_by_role("button", name="Stop", exact=True)

    @property
    def drawer(self) -> Locator:
        return self.page.locator(".drawer")

    @property
    def questions(self) -> Locator:
        return self.page.locator(".question")

    def told(self) -> list[str]:
        """What the hidden status has said since `listen`."""
        return self.page.evaluate("window.told")

    def listen(self) -> None:
        """Takes down what the hidden status says from now on."""
        self.page.evaluate(LISTEN)

    def press(self, name: str) -> None:
        """The last button of that name."""
        self.page.get_by_role("button", name=name, exact=True).last.click()

    def ask(self, question: str = QUESTION) -> None:
        self.composer.fill(question)
        self.composer.press("Enter")

    def passage(self, number: int) -> dict[str, Any]:
        """What the server kept as source `number` of the chat's last answer."""
        chat = self.page.url.rsplit("/", 1)[1]
        origin = self.page.url.split("/#")[0]
        messages = self.page.request.get(f"{origin}/v1/chats/{chat}/messages").json()["messages"]
        return next(source for source in messages[-1]["sources"] if source["n"] == number)

    def finished(self) -> None:
        """Waits until the answer on the screen is over."""
        self.page.locator(".answer[data-phase=finished]").last.wait_for()
        self.page.locator("[role=log][aria-busy=false]").wait_for()


UNHURRIED = "const timer = setTimeout; setTimeout = (act, ms) => timer(act, ms === 2000 ? 20_000 : ms)"
"""A tab that has not been heard for two seconds is taken to be asleep; on a busy machine it may not be."""

AT_REST = """(one) => new Promise((told) => {
  let before = ''
  const look = () => {
    const { x, y, width, height } = one.getBoundingClientRect()
    const now = JSON.stringify({ x, y, width, height })
    if (now === before) return told(JSON.parse(now))
    before = now
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
})"""


def place_of(one: Locator) -> dict[str, float]:
    """Where it stands, once it has stood there for a frame: what a change moves may move in the next one."""
    return one.evaluate(AT_REST)


CAME_TO_REST = """async (box, was) => {
  for (let still = 0, before = was; still < 5; before = box.scrollTop) {
    await new Promise(requestAnimationFrame)
    still = box.scrollTop !== was && box.scrollTop === before ? still + 1 : 0
  }
}"""


def scrolled(visitor: Visitor, distance: int) -> None:
    """By the wheel, and to the end of it: browsers take some time over the way."""
    log = visitor.page.get_by_role("log")
    place_of(log.locator("> *"))
    was = log.evaluate("(box) => box.scrollTop")
    log.hover()
    visitor.page.mouse.wheel(0, distance)
    log.evaluate(CAME_TO_REST, was)


def press_twice(first: Locator, second: Locator) -> None:
    """What asks before it acts asks for a few seconds only: on a busy machine it is pressed anew."""
    while True:
        first.click()
        with contextlib.suppress(TookTooLong):
            return second.click(timeout=3000)


LISTEN = """() => {
  window.told = []
  const status = document.querySelector('.app > .off-screen[role=status]')
  const all = { childList: true, characterData: true, subtree: true }
  new MutationObserver(() => told.push(status.textContent)).observe(status, all)
}"""

WATCH = """self.origin !== 'null' && document.addEventListener('securitypolicyviolation', (event) =>
  violated(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`))"""
"""In every frame but those of artifacts, which may try what they like."""


@pytest.fixture
def new_visitor(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Visitors with a browser profile each. None of them may meet an error in the page, a violation of its
    policy, or a request to another host."""
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []
    problems: list[str] = []
    changed: set[str] = set()

    def come(**options: object) -> Visitor:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(SLOW_MS)
        context.expose_function("violated", lambda what: problems.append(what))
        context.add_init_script(WATCH)
        page = context.new_page()
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        context.on("request", lambda request: request.method == "PATCH" and changed.add(request.url))
        visitor = Visitor(page, requests)
        page.on("pageerror", lambda error: str(error) in visitor.forgiven or problems.append(str(error)))
        contexts.append(context)
        visitors.append(visitor)
        return visitor

    yield come
    for visitor in visitors:
        hosts = {url.split("/")[2].split(":")[0] for url in visitor.requests if url.startswith("http")}
        problems += [f"asked {host}" for host in hosts - {"127.0.0.1", "localhost"}]
    for context in contexts:
        context.close()
    for url in changed:
        if url.endswith("/v1/preferences"):
            choose_the_standard(url)
    assert problems == []


def choose_the_standard(url: str) -> None:
    """Everybody at a server without accounts is the same user: what one test chose is not for the next. A
    server of a test's own may be gone by then."""
    body = b'{"streaming": "auto", "while_answering": "queue", "usage": "asked"}'
    headers = {"content-type": "application/json"}
    with contextlib.suppress(urllib.error.URLError):
        urllib.request.urlopen(urllib.request.Request(url, body, headers, method="PATCH")).close()


@pytest.fixture
def visitor(new_visitor: Callable[..., Visitor], server: Server) -> Visitor:
    """One visitor with the page open."""
    one = new_visitor()
    one.open(server.url)
    return one


def documents_are_read(server: Server) -> None:
    """Returns when every source has been read; half a minute is long, but not for two busy cores."""
    for _ in range(600):
        with urllib.request.urlopen(f"{server.url}/v1/sources") as response:
            found = response.read().decode()
        if '"ready"' in found and '"pending"' not in found and '"processing"' not in found:
            return
        threading.Event().wait(0.05)
    pytest.fail(f"the documents were not read: {found}")
