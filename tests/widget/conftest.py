"""A page of somebody else's, on an origin of its own, with the widget's one script tag."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from rivulet.testing.server_process import free_port
from tests.web.conftest import (
    PATIENT,
    SLOW_MS,
    Server,
    ToldModel,
    browser,
    built_page,
    chromium,
    documents,
    model,
    proxy,
    upstream,
)

__all__ = ["browser", "built_page", "chromium", "documents", "model", "proxy", "upstream"]

KEY = "pk_test_abcdefghijklmnop"
STRICT = "default-src 'none'; script-src {H}; connect-src {H}; require-trusted-types-for 'script'"


@dataclass
class Shop:
    """A site that shows the widget: `pages` are its HTML by path, with {H} for the chat's server."""

    port: int
    chat: str = ""
    policy: str | None = STRICT
    attributes: str = f'data-key="{KEY}"'
    head: str = ""
    script: str = "w.js"
    body: str = "<h1>Bicycles</h1><p>Everything for the road.</p>"
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def html(self) -> str:
        return (
            f"<!doctype html><html lang=en><meta charset=utf-8><title>Shop</title>{self.head}"
            '<meta name=viewport content="width=device-width, initial-scale=1">'
            f'<body>{self.body}<script src="{self.chat}/{self.script}" {self.attributes} async></script>'
        )


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, shop: Shop, *args: object) -> None:
        self._shop = shop
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        shop = self._shop
        shop.asked.append(self.path)
        if self.path.startswith("/favicon"):
            self.send_response(204)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        if shop.policy:
            self.send_header("content-security-policy", shop.policy.replace("{H}", shop.chat))
        self.end_headers()
        self.wfile.write(shop.html.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def shop_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(
    built_page: None,
    documents: Path,
    upstream: ToldModel,
    shop_port: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """With a key for the shop, and for nobody else."""
    data = tmp_path_factory.mktemp("data")
    keys = f'key = "{KEY}"\norigins = ["http://127.0.0.1:{shop_port}"]'
    keys += "\nvisitor_per_minute = 1000\naddress_per_minute = 1000"
    (data / "rivulet.toml").write_text(f"[[publishable_keys]]\n{keys}\n{PATIENT}")
    server = Server(documents, data, upstream.url)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def new_shop(server: Server, shop_port: int) -> Iterator[Callable[..., Shop]]:
    """Shops; only the one on `shop_port` is on the key's list."""
    running: list[ThreadingHTTPServer] = []

    def start(port: int = shop_port, chat: str | None = None, **settings: str) -> Shop:
        shop = Shop(port, chat or server.url, **settings)  # type: ignore[arg-type]
        site = ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, shop))
        site.daemon_threads = True
        threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        running.append(site)
        return shop

    yield start
    for site in running:
        site.shutdown()
        site.server_close()


@pytest.fixture
def shop(new_shop: Callable[..., Shop]) -> Shop:
    """Under the strictest policy that names our server at all."""
    return new_shop()


@dataclass
class Customer:
    """Somebody on the shop's page, in words. `problems` are errors and violations of the page's policy."""

    page: Page
    problems: list[str]
    requests: list[str]

    def visit(self, shop: Shop, path: str = "/") -> None:
        self.page.goto(f"{shop.url}{path}")
        self.page.wait_for_function("() => customElements.get('x-chat')")

    @property
    def launcher(self) -> Locator:
        return self.page.locator(".launcher")

    @property
    def panel(self) -> Locator:
        return self.page.locator(".panel")

    @property
    def composer(self) -> Locator:
        return self.page.locator("textarea")

    @property
    def answer(self) -> Locator:
        return self.page.locator(".answer > .text").last

    def ask(self, question: str = "How often is the gearbox oil changed?") -> None:
        if not self.panel.is_visible():
            self.launcher.click()
        self.composer.fill(question)
        self.composer.press("Enter")

    def finished(self) -> None:
        self.page.locator(".log[aria-busy=false]").wait_for()


WATCH = """document.addEventListener('securitypolicyviolation', (event) =>
  violated(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`))"""


@pytest.fixture
def new_customer(browser: Browser) -> Iterator[Callable[..., Customer]]:
    """With a browser profile each; none may meet an error or a violation unless the test says so."""
    contexts: list[BrowserContext] = []
    everybody: list[Customer] = []

    def come(**options: object) -> Customer:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(SLOW_MS)
        problems: list[str] = []
        context.expose_function("violated", lambda what: problems.append(what))
        context.add_init_script(WATCH)
        page = context.new_page()
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))
        contexts.append(context)
        everybody.append(Customer(page, problems, requests))
        return everybody[-1]

    yield come
    for context in contexts:
        context.close()
    assert [problem for one in everybody for problem in one.problems] == []


@pytest.fixture
def customer(new_customer: Callable[..., Customer]) -> Customer:
    return new_customer()
