"""The page stays quick: while one types, in long chats, in long answers."""

import pytest
from playwright.sync_api import expect

from tests.web.conftest import HOLD, Server, ToldModel, Visitor
from tests.web.tracing import tasks

FRAMES = (
    "() => { window.drawn = 0; const count = () => { drawn += 1; requestAnimationFrame(count) }; count() }"
)


def test_statement_52_the_status_never_speaks_per_token(visitor: Visitor, model: ToldModel) -> None:
    """While streaming the log is busy; the hidden status says start, stages and end, whatever the length."""
    model.tell("The first words", HOLD, *[" word"] * 300)
    visitor.listen()
    visitor.ask()
    expect(visitor.text).to_have_text("The first words")
    expect(visitor.page.get_by_role("log")).to_have_attribute("aria-busy", "true")
    model.release()
    visitor.finished()
    told = visitor.told()
    assert len(told) <= 8
    assert "303 words" in told[-1]


@pytest.mark.alone
def test_statement_61_typing_while_an_answer_is_written_is_quick(visitor: Visitor, actor: Server) -> None:
    """At 60 tokens a second no task keeps a key from being painted for 50 ms."""
    visitor.open(actor.url)
    visitor.ask("steady")
    expect(visitor.text).to_contain_text("word1")
    with tasks(visitor.page) as found:
        visitor.composer.press_sequentially("typed while it is written", delay=20)
    expect(visitor.composer).to_have_value("typed while it is written")
    visitor.finished()
    assert 0 < found[0] <= 50


@pytest.mark.alone
def test_statement_60_an_answer_of_200_tokens_a_second_leaves_room_for_55_frames(
    visitor: Visitor, actor: Server
) -> None:
    """Nothing is lost, no task is long, and the main thread does its part of a frame in less than the 18 ms
    that 55 frames a second leave. How many are drawn is the graphics card's matter, which tests have not."""
    visitor.open(actor.url)
    with tasks(visitor.page) as found:
        visitor.page.evaluate(FRAMES)
        visitor.ask("quick")
        expect(visitor.text).to_contain_text("word999", timeout=20_000)
        frames = visitor.page.evaluate("drawn")
    visitor.finished()
    assert sum(found) / frames <= 1000 / 55
    # What is out of sight is not laid out, and `innerText` leaves it out.
    paragraphs = "(text) => [...text.querySelectorAll('p')].map((one) => one.textContent).join(' ')"
    assert len(visitor.text.evaluate(paragraphs).split()) == 1000
    assert found[0] <= 50
