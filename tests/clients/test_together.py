"""One turn in four clients at once: begun with OpenAI's package, stopped from curl, the same to them all."""

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
from playwright.sync_api import Browser, expect

from rivulet.testing.frame_proxy import Cut, Seen

from .conftest import MODEL, Place, serve_page
from .nodes import Node


def begun(place: Place, told: "list[str]") -> tuple[str, dict[str, Any]]:
    """The text and the end of a completion, as OpenAI's package tells them; `told` gets the turn's id."""
    text, turn = "", {}
    with openai.OpenAI(base_url=f"{place.url}/v1", api_key="k", max_retries=0) as client:
        said = [{"role": "user", "content": "A long story, please."}]
        for chunk in client.chat.completions.create(model=MODEL, messages=said, stream=True):  # type: ignore[arg-type]
            told.append(chunk.id)
            text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
            turn = (chunk.model_extra or {}).get("turn", turn)
    return text, turn


def test_a_turn_is_the_same_to_everybody(
    built_page: None, place: Place, node: Node, browser: Browser, until: Callable[..., Any]
) -> None:
    """Begun with the OpenAI SDK, watched in our page, followed by a `useChat` page and by an AG-UI client,
    which are both cut and resume, and stopped from curl: one text, and "cancelled", everywhere."""
    place.says(*(f"word{n} " for n in range(4000)), pace=40)
    were_cut: set[str] = set()

    def cut_once(_: int, request: Seen) -> Cut | None:
        if request.path in were_cut:
            return None
        were_cut.add(request.path)
        return Cut(20, "reset")

    place.proxy.cut = cut_once
    pages = [browser.new_page(), browser.new_page()]
    ours, theirs = pages
    with ThreadPoolExecutor() as pool:
        told: list[str] = []
        completion = pool.submit(begun, place, told)
        turn_id = until(lambda: told and told[0])
        chat = place.turn(turn_id)["chat_id"]
        ours.goto(f"{place.url}/#/chat/{chat}")
        theirs.goto(f"{serve_page(place, node, 7)}?chat={chat}&resume")
        run = node.start("ag_ui.followed", {"base": place.proxy.url, "threadId": chat})
        until(lambda: place.proxy.streams >= 4)  # both were cut, and came back
        for page, where in ((ours, ".answer .markdown"), (theirs, "pre")):
            expect(page.locator(where).last).to_contain_text("word60", timeout=20_000)
        stopped = subprocess.run(
            ["curl", "-sS", "-X", "POST", f"{place.url}/v1/turns/{turn_id}/stop"],
            capture_output=True,
            check=True,
            timeout=30,
        )
        assert b'"status":"cancelled"' in stopped.stdout
        text, end = completion.result(20)
    turn = place.turn(turn_id)
    assert (turn["status"], turn["text"]) == ("cancelled", text)
    assert end["status"] == "cancelled"
    expect(theirs.locator("main")).to_have_attribute("data-turn", "cancelled")
    assert theirs.locator("pre").text_content() == text
    ours.locator(".answer[data-phase=finished]").wait_for()
    assert ours.locator(".answer .markdown").inner_text().split() == text.split()
    expect(ours.locator(".answer")).to_contain_text("topped")
    agent = run.result(20)
    assert (agent["texts"], agent["outcome"], agent["runId"]) == ([text], "cancelled", turn_id)
    assert agent["rejections"] == 1
    for page in pages:
        page.close()
