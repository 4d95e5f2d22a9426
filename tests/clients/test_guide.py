"""What `docs/guides/protocols.md` shows in JavaScript does what it says; the manual's tests run the rest."""

import re
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Browser

from .conftest import TEXT, Place
from .nodes import Node

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "protocols.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```js\n(.*?)^```$", GUIDE, re.M | re.S)
USE_CHAT, WORKFLOW, AG_UI, LANGGRAPH, EVENT_SOURCE = BLOCKS


def run(place: Place, node: Node, block: str, wanted: str) -> object:
    """The block with this server's address in it, and what it left."""
    here = block.replace("http://localhost:8321", place.url).replace('"/api/', f'"{place.url}/api/')
    return node.call("guide.run", {"code": f"{here}\n{wanted}", "threadId": str(uuid4())})


def test_use_chat_and_the_workflow_transport(place: Place, node: Node) -> None:
    """The hook stands for its chat here, which it only adapts to React; a page is tested beside this."""
    asked = 'await chat.sendMessage({text: "Why?"}); return textOf(chat.lastMessage)'
    assert run(place, node, USE_CHAT, asked) == TEXT
    transport = WORKFLOW.strip().removesuffix(";")
    chat = f"const chat = useChat({{id: chatId, transport: {transport}}});"
    assert run(place, node, chat, asked) == TEXT


def test_ag_ui_and_langgraph(place: Place, node: Node) -> None:
    """An agent with a question, and a run whose parts are printed."""
    said = 'agent.addMessage({id: "1", role: "user", content: "Why?"});'
    asking = AG_UI.replace("await agent", f"{said} await agent")
    assert run(place, node, asking, "return agent.messages.at(-1).content") == TEXT
    last = "return logged.filter(([event]) => event === 'values').at(-1)[1].messages.at(-1).content"
    assert run(place, node, LANGGRAPH, last) == TEXT


def test_event_source(place: Place, browser: Browser) -> None:
    """On a page of the server's own origin."""
    place.proxy.pages["/empty"] = ("text/html", b"<!doctype html>")
    page = browser.new_page()
    page.goto(f"{place.proxy.url}/empty")
    code = f"""async () => {{
      let text = ''
      const question = 'Why?', show = (piece) => text += piece
      {EVENT_SOURCE}
      await new Promise((resolve) => source.addEventListener('end', resolve))
      return [text, source.readyState]
    }}"""
    assert page.evaluate(code) == [TEXT, 2]
    page.close()
