"""A server that dies, lies, stalls or talks too much: whatever comes over the wire, the answer ends whole."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.web.conftest import HOLD, Server, ToldModel, Visitor
from tests.web.plays import LONG
from tests.web.proxy import Proxy
from tests.web.quickest import MEASURED_S, quick_enough
from tests.web.tracing import tasks

WORDS = [f"word{n} " for n in range(40)]
ALL = "".join(WORDS).strip()
STREAMS = re.compile(r"/v1/events\?")
HTML = "<!doctype html><title>Hotel</title><h1>Sign in to the hotel's network</h1>"
EVENT_STREAM = {"content-type": "text/event-stream"}


def frames(log: str) -> list[str]:
    return [frame + "\n\n" for frame in log.split("\n\n") if frame]


def without_the_third(log: str) -> str:
    return "".join(frames(log)[:2] + frames(log)[3:])


def with_strangers(log: str) -> str:
    """After the second event come types and shapes that nobody has ever spoken of."""
    strange = (
        "event: weather\ndata: sunny\n\n",
        'event: weather\ndata: {"sun": true}\n\n',
        "data: null\n\n",
        'data: {"type": "text.delta", "delta": "Not of this turn."}\n\n',
        ": a comment\n\nretry: 1\n\nid\n\n",
    )
    return "".join([*frames(log)[:2], *strange, *frames(log)[2:]])


def of_a_wrong_shape(log: str) -> str:
    """The sources are no list, and a citation has no number."""
    told: list[str] = []
    for frame in frames(log):
        data = json.loads(frame.split("data: ", 1)[1].split("\n")[0])
        if data["type"] == "sources.added":
            data["sources"] = 7
        if data["type"] == "stage.finished":
            del data["stage_id"], data["stage"]
        told.append(f"{frame.split('data: ')[0]}data: {json.dumps(data)}\n\n")
    return "".join(told)


LIES: dict[str, Callable[[str], dict[str, Any]]] = {
    "a page of HTML": lambda log: {"status": 200, "body": HTML, "content_type": "text/html"},
    "JSON": lambda log: {"status": 200, "json": {"answer": 42}},
    "a proxy without its server": lambda log: {"status": 502, "body": HTML, "content_type": "text/html"},
    "a server that restarts": lambda log: {"status": 503, "headers": {"retry-after": "1"}, "body": ""},
    "nothing": lambda log: {"status": 200, "headers": EVENT_STREAM, "body": ""},
    "an end before the end": lambda log: {"status": 204},
    "half an event": lambda log: {"headers": EVENT_STREAM, "body": log[: len(log) // 2]},
    "an event left out": lambda log: {"headers": EVENT_STREAM, "body": without_the_third(log)},
    "the same twice": lambda log: {"headers": EVENT_STREAM, "body": log + log},
    "strange events": lambda log: {"headers": EVENT_STREAM, "body": with_strangers(log)},
    "events of a wrong shape": lambda log: {"headers": EVENT_STREAM, "body": of_a_wrong_shape(log)},
}
"""What the first request for an answer's events is answered with; the second one is let through."""


def test_a_server_that_lies_costs_nothing(visitor: Visitor, model: ToldModel) -> None:
    """Each lie is seen through, what is missing is asked for again, and the answer is whole, once."""
    model.tell(*WORDS)
    told: list[str] = []

    def lie(route: Route) -> None:
        if told and told[-1] == name:
            route.continue_()
        else:
            told.append(name)
            route.fulfill(**LIES[name](route.fetch().text()))

    visitor.page.route(STREAMS, lie)
    for name in LIES:
        visitor.ask(f"What if there comes {name}?")
        expect(visitor.questions.last).to_contain_text(name)
        expect(visitor.text, name).to_have_text(ALL)
        visitor.finished()
        assert (name, []) == (name, visitor.page.get_by_role("alert").all_inner_texts())
    assert told == list(LIES)


def test_a_page_that_is_not_the_servers_is_told_in_words(visitor: Visitor, model: ToldModel) -> None:
    """Where a question or a chat is answered with HTML, nobody reads a parser's complaint; Retry goes on."""
    visitor.page.route(
        "**/v1/turns", lambda route: route.fulfill(status=200, body=HTML, content_type="text/html")
    )
    visitor.ask()
    card = visitor.answer.get_by_role("alert")
    expect(card).to_contain_text("The answer cannot be read.")
    visitor.page.unroute("**/v1/turns")
    model.tell("Here it is.")
    card.get_by_role("button", name="Retry").click()
    expect(visitor.text).to_have_text("Here it is.")
    visitor.finished()
    visitor.page.route(
        "**/messages", lambda route: route.fulfill(status=200, body=HTML, content_type="text/html")
    )
    visitor.page.reload()
    problem = visitor.page.locator(".load-problem")
    expect(problem).to_contain_text("The answer cannot be read.")
    visitor.page.unroute("**/messages")
    # Not waited for: the page may read the chat again by itself, and then there is nothing to retry.
    visitor.page.evaluate("() => document.querySelector('.load-problem button')?.click()")
    expect(visitor.text).to_have_text("Here it is.")


@pytest.fixture
def traveller(new_visitor: Callable[..., Visitor], proxy: Proxy) -> Visitor:
    """Somebody with a bad connection."""
    visitor = new_visitor()
    visitor.page.clock.install()
    visitor.open(proxy.url)
    return visitor


def test_a_connection_cut_within_an_event_loses_no_letter(
    traveller: Visitor, proxy: Proxy, model: ToldModel
) -> None:
    """Half of an event has come when the wire breaks: it is taken up after the last whole one."""
    proxy.cut_at = b"rd20"
    model.tell(*WORDS[:30], HOLD, *WORDS[30:])
    traveller.ask()
    expect(traveller.text).to_contain_text("word29")
    assert proxy.cut_at is None
    model.release()
    traveller.finished()
    expect(traveller.text).to_have_text(ALL)


def test_a_connection_that_died_without_a_word_is_noticed(
    traveller: Visitor, proxy: Proxy, model: ToldModel
) -> None:
    """When not even heartbeats come any more, after 20 seconds another connection brings the rest."""
    model.tell(*WORDS[:30], HOLD, *WORDS[30:])
    traveller.ask()
    expect(traveller.text).to_contain_text("word29")
    proxy.silence()
    model.release()
    traveller.page.clock.fast_forward(21_000)
    traveller.finished()
    expect(traveller.text).to_have_text(ALL)


@pytest.mark.alone
@pytest.mark.timeout(MEASURED_S)
def test_an_answer_of_100_000_tokens_comes_whole_and_blocks_nothing(visitor: Visitor, actor: Server) -> None:
    """While it comes, somebody writes the next question; no task takes 50 ms; every word is there."""

    def attempt() -> list[float]:
        visitor.open(actor.url)
        with tasks(visitor.page) as found:
            visitor.ask("endless")
            expect(visitor.text).to_contain_text("w19")
            visitor.composer.press_sequentially("And in short?", delay=60)
            visitor.finished()
        expect(visitor.composer).to_have_value("And in short?")
        # What is out of sight is not laid out, and `innerText` leaves it out.
        paragraphs = "(text) => [...text.querySelectorAll('p')].map((one) => one.textContent).join(' ')"
        assert visitor.text.evaluate(paragraphs).split() == [f"w{n}" for n in range(LONG)]
        return [found[0]]

    quick_enough([50], attempt, worked=visitor.page)


def test_a_server_that_never_answers_properly_is_named(
    new_visitor: Callable[..., Visitor], server: Server, model: ToldModel
) -> None:
    """After half a minute the page says so, since when, and that nothing is lost; one press asks at once."""
    visitor = new_visitor()
    visitor.page.clock.install()
    visitor.open(server.url)
    model.tell("The first half", HOLD, " and the second.")
    visitor.ask()
    expect(visitor.text).to_have_text("The first half")
    refused = {"status": 503, "body": HTML, "content_type": "text/html"}
    visitor.page.route(STREAMS, lambda route: route.fulfill(**refused))
    visitor.page.clock.fast_forward("00:21")  # the line is taken for dead, and asked for again
    expect(visitor.page.get_by_text("Reconnecting…")).to_be_visible()
    again = visitor.page.get_by_role("button", name="Try now")
    for _ in range(3):
        assert again.count() == 0
        visitor.page.clock.fast_forward("00:09")
    visitor.page.clock.fast_forward("00:09")
    banner = visitor.page.locator(".banner.stuck")
    expect(banner).to_contain_text(
        re.compile(r"has not answered properly since \d+:\d\d.[AP]M\. What was written is kept")
    )
    expect(visitor.page.get_by_text("Reconnecting…")).to_have_count(0)
    expect(visitor.text).to_have_text("The first half")
    visitor.page.unroute(STREAMS)
    model.release()
    again.click()
    expect(visitor.text).to_have_text("The first half and the second.")
    expect(banner).to_have_count(0)
