"""The reader decides where the page stands."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.web import states
from tests.web.conftest import (
    HOLD,
    TWO_SOURCES,
    Server,
    ToldModel,
    Visitor,
    documents_are_read,
    place_of,
    scrolled,
)

LINES = [f"Line {n} of a long answer.\n\n" for n in range(160)]
TOP = "box => box.scrollTop"


@pytest.fixture
def log(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("log")


@pytest.fixture
def latest(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("button", name="Go to the latest answer")


def test_a_question_goes_to_the_top_of_the_view(visitor: Visitor, log: Locator, model: ToldModel) -> None:
    """What was asked last has the view to itself; a short answer then moves nothing."""
    model.tell("Short.")
    for _ in range(2):
        visitor.ask()
        visitor.finished()
    model.tell("One line", HOLD, " and another.")
    visitor.ask("The third?")
    expect(visitor.text).to_have_text("One line")
    question, box = place_of(visitor.questions.last), place_of(log)
    assert 0 <= question["y"] - box["y"] < 60
    model.release()
    visitor.finished()
    assert question == place_of(visitor.questions.last)


def test_statement_19_at_the_end_the_view_follows(visitor: Visitor, model: ToldModel) -> None:
    """Every new last line is in sight, as long as it goes on."""
    model.tell(*[piece for n in range(0, 160, 20) for piece in (*LINES[n : n + 20], HOLD)])
    visitor.ask()
    for n in range(19, 160, 20):
        expect(visitor.text.get_by_text(f"Line {n} of")).to_be_in_viewport()
        model.release()
    visitor.finished()


def test_statements_20_and_21_a_reader_who_scrolls_up_is_left_alone(
    visitor: Visitor, log: Locator, latest: Locator, model: ToldModel
) -> None:
    """After one notch of the wheel the view stands still and the way back is offered, with the number of new
    lines; taken, the view follows again."""
    model.tell(*LINES[:60], HOLD, *LINES[60:90], HOLD, *LINES[90:])
    visitor.ask()
    expect(visitor.text.get_by_text("Line 59 of")).to_be_in_viewport()
    scrolled(visitor, -100)
    top = log.evaluate(TOP)
    model.release()
    expect(visitor.text).to_contain_text("Line 89")
    expect(latest).to_contain_text("new lines")
    assert abs(log.evaluate(TOP) - top) <= 2
    latest.click()
    expect(visitor.text.get_by_text("Line 89 of")).to_be_in_viewport()
    expect(latest).to_have_count(0)
    model.release()
    visitor.finished()
    expect(visitor.text.get_by_text("Line 159 of")).to_be_in_viewport()
    visitor.page.mouse.wheel(0, -2000)
    expect(latest).to_be_visible()
    expect(latest).not_to_contain_text("new")  # sources and buttons are nothing that was missed


def test_statement_21_scrolling_back_to_the_end_follows_again(
    visitor: Visitor, log: Locator, latest: Locator, model: ToldModel
) -> None:
    """Within 60 px of the end the view follows again, without a press."""
    model.tell(*LINES[:60], HOLD, *LINES[60:90], HOLD, "End.")
    visitor.ask()
    expect(visitor.text.get_by_text("Line 59 of")).to_be_in_viewport()
    log.hover()
    visitor.page.mouse.wheel(0, -600)
    expect(latest).to_be_visible()
    for _ in range(8):
        visitor.page.mouse.wheel(0, 100)
    expect(latest).to_have_count(0)
    model.release()
    expect(visitor.text.get_by_text("Line 89 of")).to_be_in_viewport()
    model.release()
    visitor.finished()


def test_an_answer_that_comes_all_at_once_is_seen_to_its_end(
    visitor: Visitor, server: Server, model: ToldModel
) -> None:
    """Its last line, what can be done with it and its sources, a row each on a phone, are in sight, as if it
    had come word by word."""
    documents_are_read(server)
    visitor.page.set_viewport_size({"width": 390, "height": 700})
    for _ in range(3):
        model.tell("".join(LINES[:20]), "So it is [1][2].")
        visitor.ask(TWO_SOURCES)
        visitor.finished()
        expect(visitor.text.get_by_text("Line 19 of")).to_be_in_viewport()
        expect(visitor.answer.get_by_role("button", name="Copy the answer")).to_be_in_viewport(ratio=1)
        expect(visitor.answer.locator(".sources")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("lines", [2, 60])
def test_statement_22_the_end_moves_nothing(
    visitor: Visitor, server: Server, model: ToldModel, lines: int
) -> None:
    """The row below the answer and its sources come into sight without a jump, below a short one and a long
    one."""
    documents_are_read(server)
    model.tell("The oil is changed once a year [1].\n\n", *LINES[:lines], HOLD, "")
    visitor.ask()
    expect(visitor.text.get_by_text(f"Line {lines - 1} of")).to_be_in_viewport()
    last = visitor.text.get_by_text(f"Line {lines - 1} of")
    before = place_of(last)
    model.release()
    visitor.finished()
    expect(visitor.answer.get_by_role("button", name="Copy the answer")).to_be_in_viewport()
    expect(visitor.answer.locator(".source")).to_be_in_viewport(ratio=1)
    assert (
        abs(place_of(last)["y"] - before["y"]) <= 2
    )  # what a reader cannot see: a fraction of a line is rounded


MOVING = """() => [...document.querySelectorAll('*')].filter((one) => {
  const { animationName, animationDuration, transitionDuration, scrollBehavior } = getComputedStyle(one)
  const lasts = (times) => times.split(', ').some((time) => parseFloat(time) > 0)
  const isAnimated = animationName !== 'none' && lasts(animationDuration)
  return isAnimated || lasts(transitionDuration) || scrollBehavior === 'smooth'
}).map((one) => one.outerHTML.slice(0, 80))"""


def test_statement_23_with_reduced_motion_nothing_moves_by_itself(
    new_visitor: Callable[..., Visitor], server: Server, model: ToldModel
) -> None:
    """No animation, no transition and no smooth scrolling has a duration: while an answer is written, when it
    was stopped or has failed, in the drawer and in every dialog."""
    documents_are_read(server)
    visitor = new_visitor(reduced_motion="reduce")
    visitor.open(server.url)
    moving = {name: visitor.page.evaluate(MOVING) for name in states.unfinished(visitor, model, server.url)}
    visitor.open(server.url)
    states.asked(visitor, model)
    for name, state in states.AFTER.items():
        with states.in_state(visitor, state):
            moving[name] = visitor.page.evaluate(MOVING)
    assert {name: each for name, each in moving.items() if each} == {}
