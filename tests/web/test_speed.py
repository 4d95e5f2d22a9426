"""The page stays quick: while one types, in long chats, in long answers."""

import json

import pytest
from playwright.sync_api import expect

from tests.web.conftest import HOLD, Server, ToldModel, Visitor
from tests.web.quickest import quick_enough
from tests.web.tracing import tasks

# Each frame that is drawn, and when the last word is there.
WATCH = """() => {
  const watch = (window.watch = { frames: [] })
  const draw = () => {
    const text = document.querySelector('.answer .markdown')?.textContent ?? ''
    if (text) watch.frames.push(Date.now())
    if (text.includes('word999')) watch.end = Date.now()
    else requestAnimationFrame(draw)
  }
  requestAnimationFrame(draw)
}"""


# From each key to its paint, in milliseconds; the browser tells only those over a frame.
KEYS = """() => {
  window.keys = []
  const note = ({ name, duration }) => name === 'keydown' && keys.push(duration)
  const seen = (list) => list.getEntries().forEach(note)
  new PerformanceObserver(seen).observe({ type: 'event', durationThreshold: 16 })
}"""

# Makes showing anything more of an answer cost 30 ms, as it does on a slow processor.
SLOW_PROCESSOR = """() => {
  const shown = (window.shown = { begun: performance.now(), times: 0 })
  const work = () => {
    for (shown.times += 1, shown.end = performance.now() + 30; performance.now() < shown.end;);
  }
  const changes = { childList: true, characterData: true, subtree: true }
  new MutationObserver(work).observe(document.querySelector('.answer .markdown'), changes)
}"""


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
    """At 60 tokens a second 19 of 20 keys are painted within 50 ms, and no task is longer."""
    typed = "typed while it is written"

    def attempt() -> list[float]:
        visitor.open(actor.url)
        visitor.page.evaluate(KEYS)
        visitor.ask("steady")
        expect(visitor.text).to_contain_text("word1")
        with tasks(visitor.page) as found:
            visitor.composer.press_sequentially(typed, delay=20)
        expect(visitor.composer).to_have_value(typed)
        visitor.finished()
        painted = sorted(visitor.page.evaluate("keys"), reverse=True)
        assert painted
        return [([*painted, 0.0, 0.0])[len(typed) // 20], found[0]]

    quick_enough([50, 50], attempt)


@pytest.mark.alone
def test_statement_60_an_answer_of_200_tokens_a_second_is_drawn_55_times_a_second(
    visitor: Visitor, actor: Server
) -> None:
    """The last word is there 50 ms after its event, nothing is lost, and no task is long."""

    def attempt() -> list[float]:
        visitor.open(actor.url)
        visitor.page.evaluate(WATCH)
        with tasks(visitor.page) as found:
            visitor.ask("quick")
            expect(visitor.text).to_contain_text("word999")
        visitor.finished()
        # What is out of sight is not laid out, and `innerText` leaves it out.
        paragraphs = "(text) => [...text.querySelectorAll('p')].map((one) => one.textContent).join(' ')"
        assert len(visitor.text.evaluate(paragraphs).split()) == 1000
        watch = visitor.page.evaluate("watch")
        frames = watch["frames"]
        turn = visitor.answer.get_attribute("data-turn")
        log = visitor.page.request.get(f"{actor.url}/v1/turns/{turn}/events").text()
        said = next(json.loads(line[6:])["at"] for line in log.splitlines() if "word999" in line)
        return [(frames[-1] - frames[0]) / len(frames), watch["end"] - said, found[0]]

    quick_enough([1000 / 55, 50, 50], attempt)


def test_a_slow_processor_has_half_of_its_time_left(visitor: Visitor, model: ToldModel) -> None:
    """Where showing what has come takes longer than a frame, more comes together, and nothing is lost."""
    model.tell("First", HOLD, *[f" word{n}" for n in range(120)], pace=60)
    visitor.ask()
    expect(visitor.text).to_have_text("First")
    visitor.page.evaluate(SLOW_PROCESSOR)
    model.release()
    visitor.finished()
    expect(visitor.text).to_have_text("First" + "".join(f" word{n}" for n in range(120)))
    shown = visitor.page.evaluate("shown")
    assert shown["times"] >= 10
    assert shown["times"] * 30 / (shown["end"] - shown["begun"]) < 0.6
