"""Pages in Chromium: the AI SDK's `useChat`, versions 5, 6 and 7, and the browser's own EventSource."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from rivulet.testing.frame_proxy import Cut, FrameProxy
from rivulet.testing.server_process import ServerProcess

from .conftest import MODEL, PATIENCE, TEXT, WORDS, Place, serve_page
from .nodes import Node


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda problem: problems.append(str(problem)))
    yield page
    page.close()
    assert problems == []


def test_a_page_that_was_cut_has_one_whole_answer(place: Place, node: Node, page: Page) -> None:
    """Twice in mid-answer, hard: version 7 resumes where it is and shows what was said once."""
    place.says(*WORDS, pace=60, streams=3)
    chat = str(uuid4())
    place.proxy.cut = lambda number, _: Cut(9 + 9 * number, "reset") if number < 2 else None
    page.goto(f"{serve_page(place, node, 7)}?chat={chat}&model={MODEL}")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("main")).to_have_attribute("data-turn", "completed", timeout=20_000)
    assert [each.text_content() for each in page.locator("pre").all()] == [TEXT]
    expect(page.locator("main")).to_have_attribute("data-status", "ready")
    asked = [each.method for each in place.proxy.seen if each.path.startswith("/api")]
    assert asked == ["POST", "GET", "GET"]
    assert place.turns(chat) == 1


def test_a_page_that_stalled_has_one_whole_answer(place: Place, node: Node, page: Page) -> None:
    """Nothing tells it but its own clock: version 7 stops reading, which stops nothing else, and resumes."""
    place.says(*WORDS, pace=60, streams=2)
    chat = str(uuid4())
    place.cut(9, "stall")
    page.goto(f"{serve_page(place, node, 7)}?chat={chat}&model={MODEL}&patience={PATIENCE}")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("main")).to_have_attribute("data-turn", "completed", timeout=20_000)
    assert [each.text_content() for each in page.locator("pre").all()] == [TEXT]
    asked = [each.method for each in place.proxy.seen if each.path.startswith("/api")]
    assert asked == ["POST", "GET"]
    assert place.turns(chat) == 1


@pytest.mark.parametrize("version", [5, 6, 7])
def test_a_page_that_is_loaded_again_goes_on(place: Place, node: Node, page: Page, version: int) -> None:
    """Every version finds the running answer by its chat, and nothing (204) once that is over."""
    place.says(*WORDS, pace=30, streams=2)
    chat = str(uuid4())
    url = serve_page(place, node, version)
    page.goto(f"{url}?chat={chat}&model={MODEL}")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("pre")).to_contain_text("word4")
    page.goto(f"{url}?chat={chat}&resume")
    expect(page.locator("main")).to_have_attribute("data-turn", "completed", timeout=20_000)
    assert page.locator("pre").text_content() == TEXT
    with page.expect_response(lambda answer: answer.url.endswith("/stream")) as nothing:
        page.reload()
    assert nothing.value.status == 204
    assert page.locator("pre").count() == 0


WATCH = """({urls, patience = 0}) => Promise.all(urls.map((url) => new Promise((resolve) => {
  const seen = {text: '', names: [], cuts: 0}
  const names = ['user_message_created', 'ai_message_created', 'start', 'thinking',
    'token', 'completed', 'end']
  function open(address) {
    const source = new EventSource(address)
    let timer
    for (const name of names) source.addEventListener(name, (event) => {
      const value = JSON.parse(event.data)
      if (name === 'token') seen.text += value.content
      else { seen.names.push(name); seen.content ??= value.content; seen.status = value.status }
      clearTimeout(timer)
      if (patience) timer = setTimeout(() => leave(event.lastEventId), patience)
    })
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) resolve(seen)
      else seen.cuts += 1
    }
    function leave(lastEventId) {
      if (source.readyState !== EventSource.OPEN) return
      source.close()
      seen.cuts += 1
      open(`${url}&lastEventId=${lastEventId}`)
    }
  }
  open(url)
})))"""
"""An EventSource each; it is over when the browser stops coming back, which only a 204 makes it do. No
browser gives up a stalled one: the page closes it, and opens another one behind the last id it has."""


def test_the_browsers_own_event_source_comes_back(place: Place, page: Page) -> None:
    """Cut in each way, it reconnects by itself to its turn, and stalled it is closed and opened again:
    everything once, one question asked, then 204. A reset takes what the browser has not read yet, so it may
    come back with no id: the answer lasts longer than the three seconds a browser waits before."""
    place.says(*WORDS, pace=8)
    hows = ("reset", "close", "finish", "stall")
    place.proxy.cut = lambda number, _: Cut(7, hows[number]) if number < len(hows) else None  # type: ignore[arg-type]
    place.proxy.pages["/empty"] = ("text/html", b"<!doctype html>")
    page.goto(f"{place.proxy.url}/empty")
    chats = [place.new_chat() for _ in hows]
    urls = [f"/chats/{chat}/stream?promptText=Why%3F" for chat in chats]
    seen = page.evaluate(WATCH, {"urls": urls, "patience": PATIENCE * 2000})
    for chat, one in zip(chats, seen, strict=True):
        assert one == {
            "text": TEXT,
            "content": TEXT,
            "names": [
                "user_message_created",
                "ai_message_created",
                "start",
                "thinking",
                "completed",
                "end",
            ],
            "status": "completed",
            "cuts": 2,
        }
        assert place.turns(chat) == 1
    asked = [each for each in place.proxy.seen if "/stream" in each.path]
    assert len(asked) == 3 * len(hows)
    by_itself = [each for each in asked if "last-event-id" in each.headers]
    by_the_page = [
        each for each in asked if "lastEventId=" in each.path and "last-event-id" not in each.headers
    ]
    assert len(by_the_page) == 1
    assert len(asked) - len(by_itself) - len(by_the_page) in (len(hows), len(hows) + 1)


def test_an_event_source_has_no_key_but_a_ticket(stage: Place, page: Page, tmp_path: Path) -> None:
    """On a server with a key it is let in once, and comes back to its answer with the same ticket; without
    one it is turned away for good."""
    environment = {"OPENAI_BASE_URL": f"{stage.model.url}/v1", "RIVULET_API_KEY": "k"}
    server = ServerProcess(tmp_path / "keyed", arguments=["--model", MODEL], environment=environment)
    stage.says(*WORDS, pace=400)
    stage.backstage.run(server.start())
    proxy = FrameProxy(server.url)
    proxy.cut = lambda number, _: Cut(7, "reset") if number == 0 else None
    proxy.pages["/empty"] = ("text/html", b"<!doctype html>")
    stage.backstage.run(proxy.__aenter__())

    def told(method: str, path: str) -> dict[str, Any]:
        asked = Request(server.url + path, method=method, headers={"authorization": "Bearer k"})
        with urlopen(asked, timeout=10) as answer:
            return json.loads(answer.read())["data"]

    chat = told("POST", "/chats")["id"]
    ticket = told("POST", f"/chats/{chat}/ticket")["ticket"]
    page.goto(f"{proxy.url}/empty")
    url = f"/chats/{chat}/stream?promptText=Why%3F"
    with_one, without = page.evaluate(WATCH, {"urls": [f"{url}&ticket={ticket}", url]})
    assert (with_one["text"], with_one["status"], with_one["cuts"]) == (TEXT, "completed", 2)
    assert (without["text"], without["cuts"]) == ("", 0)
    said = told("GET", f"/chats/{chat}/messages")
    assert [message["role"] for message in said] == ["user", "assistant"]
    stage.backstage.run(proxy.__aexit__())
    stage.backstage.run(server.stop())
