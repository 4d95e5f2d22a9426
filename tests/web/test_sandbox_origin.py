"""Artifacts at an origin of their own: two names of one server, in a real browser (PROTOCOL.md §12.3)."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from rivulet.testing.server_process import free_port
from tests.web.conftest import Server, ToldModel, Visitor
from tests.web.test_artifacts import BROKEN, REACH, shown, tab


@pytest.fixture
def apart(built_page: None, documents: Path, upstream: ToldModel, tmp_path: Path) -> Iterator[Server]:
    """A server whose page is at 127.0.0.1, and whose sandbox is at localhost."""
    server = Server(documents, tmp_path / "data", upstream.url, port=free_port())
    server.data.mkdir()
    setting = f'sandbox_origin = "http://localhost:{server.port}"\n'
    (server.data / "rivulet.toml").write_text(setting, encoding="utf-8")
    server.start()
    yield server
    server.stop()


def test_29_an_artifact_runs_at_the_other_host_and_reaches_nothing(
    new_visitor: Callable[..., Visitor], apart: Server, model: ToldModel
) -> None:
    """It runs and reports as ever, in a frame that may run scripts only; that host has no API and no page."""
    visitor = new_visitor()
    visitor.open(apart.url)
    visitor.forgiven.add("missing is not defined")
    frame = shown(visitor, model, BROKEN)
    elsewhere = f"http://localhost:{apart.port}"
    assert frame.url == f"{elsewhere}/sandbox#{apart.url}"
    assert visitor.drawer.locator("iframe").get_attribute("sandbox") == "allow-scripts"
    tab(visitor, "Problems")
    expect(visitor.drawer.locator(".problems li")).to_contain_text("line 6")
    tried = frame.evaluate(REACH)
    assert tried.pop("origin") == "null"
    assert set(tried.values()) <= {"SecurityError", "TypeError", "NetworkError"}, tried
    for path in ("/", "/v1/chats", "/livez"):
        assert visitor.page.request.get(elsewhere + path).status == 404
    assert visitor.page.request.get(f"{apart.url}/v1/chats").status == 200
