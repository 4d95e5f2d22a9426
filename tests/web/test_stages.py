"""What happens before and beside the text: stages, thoughts, tools."""

import pytest
from playwright.sync_api import Route, expect

from tests.web.conftest import Actor, Visitor
from tests.web.quickest import quick_enough
from tests.web.tracing import tasks

WATCH_STAGES = """() => {
  window.stages = []
  new MutationObserver(() => {
    const all = document.querySelectorAll('.stage [role=status]')
    const text = [...all].map((one) => one.textContent).join(' | ')
    if (text && stages.at(-1)?.text !== text) stages.push({ text, at: Date.now() })
  }).observe(document.querySelector('[role=log]'), { childList: true, characterData: true, subtree: true })
}"""


@pytest.fixture
def spectator(visitor: Visitor, actor: Actor) -> Visitor:
    """Somebody at a page whose answers are played."""
    visitor.open(actor.url)
    return visitor


def _lateness(spectator: Visitor, actor: Actor) -> list[float]:
    """Milliseconds from each stage's event to its line, in one answer."""
    spectator.page.evaluate(WATCH_STAGES)
    spectator.ask("stages")
    spectator.finished()
    shown = [one for one in spectator.page.evaluate("stages") if "Sending" not in one["text"]]
    names = ["Searching your documents…", "Weighing what was found…", "Writing the answer…"]
    assert names == [one["text"] for one in shown]
    turn = spectator.answer.get_attribute("data-turn")
    log = spectator.page.request.get(f"{actor.url}/v1/turns/{turn}/events").text()
    started = [line for line in log.splitlines() if '"stage.started"' in line]
    ats = [int(line.split('"at":')[1].split(",")[0].rstrip("}")) for line in started]
    return [one["at"] - at for one, at in zip(shown, ats, strict=True)]


def test_statement_24_stages_show_in_order_one_at_a_time(spectator: Visitor, actor: Actor) -> None:
    """Each is there within 200 ms of its event, in a status; the way the answer came is kept."""
    quick_enough([200] * 3, lambda: _lateness(spectator, actor))
    spectator.answer.get_by_text("Answered in").last.click()
    expect(spectator.answer.locator(".steps li")).to_have_count(3)


def test_the_trace_is_there_after_a_reload(spectator: Visitor, actor: Actor) -> None:
    """What a message does not tell is asked for when somebody wants to know."""
    actor.go_on()
    spectator.ask("tool")
    spectator.finished()
    spectator.page.reload()
    spectator.answer.get_by_text("Answered in").click()
    expect(spectator.answer.locator(".tool")).to_contain_text("look_up")


def test_what_goes_on_is_there_after_a_reload_before_any_event(spectator: Visitor) -> None:
    """The stage by its name, the thoughts, the text and a call whose arguments are half there; what comes
    then goes on from it."""
    held: list[Route] = []
    spectator.ask("half")
    expect(spectator.answer.locator(".tool")).to_contain_text("the gr")
    spectator.page.route("**/v1/events?*", lambda route: held.append(route))
    with spectator.page.expect_request("**/v1/events?*"):
        spectator.page.reload()
    expect(spectator.answer.locator(".tool")).to_contain_text('{"door": "the gr')
    expect(spectator.text).to_have_text("I look for it.")
    expect(spectator.answer.locator(".answer-foot .stage")).to_contain_text("Looking into the shed…")
    expect(spectator.answer.locator(".reasoning")).to_have_count(1)
    spectator.stop.click()
    held[0].continue_()
    expect(spectator.answer).to_contain_text("Stopped.")
    expect(spectator.text).to_have_text("I look for it.")
    expect(spectator.answer.locator(".tool")).to_have_attribute("data-status", "cancelled")


def test_statement_25_a_tool_call_folds_when_it_is_done(spectator: Visitor, actor: Actor) -> None:
    """Open and running, then folded and done; a click and Enter open it."""
    spectator.ask("tool")
    tool = spectator.answer.locator(".tool")
    expect(tool).to_contain_text("look_up")
    expect(tool).to_contain_text("running")
    expect(tool).to_have_attribute("open", "")
    actor.go_on()
    spectator.finished()
    expect(tool).to_contain_text("done")
    expect(tool).not_to_have_attribute("open", "")
    tool.locator("summary").click()
    expect(tool).to_contain_text("A box of gears.")
    tool.locator("summary").press("Enter")
    expect(tool).not_to_have_attribute("open", "")
    tool.locator("summary").press("Enter")
    expect(tool).to_contain_text('"word": "gearbox"')


@pytest.mark.alone
def test_statement_26_many_argument_deltas_block_nothing(spectator: Visitor) -> None:
    """2,000 pieces of one call's arguments, shown as they come, without a task over 50 ms."""
    with tasks(spectator.page) as found:
        spectator.ask("arguments")
        expect(spectator.answer.locator(".tool pre")).to_contain_text("of a long file")
        spectator.finished()
    assert 0 < found[0] <= 50


def test_thoughts_show_while_they_come_and_fold_afterwards(spectator: Visitor, actor: Actor) -> None:
    """Open while the model thinks, at the end of them; then folded, and read from the beginning in pages."""
    spectator.ask("thoughts")
    thoughts = spectator.answer.locator(".reasoning")
    expect(thoughts).to_contain_text("Thinking…")
    expect(thoughts).to_contain_text("Thought number 5")
    actor.go_on()
    spectator.finished()
    expect(thoughts).not_to_have_attribute("open", "")
    thoughts.locator("summary").click()
    expect(thoughts).to_contain_text("Thought number 0 is this.")
    expect(thoughts).not_to_contain_text("Thought number 599")
    expect(thoughts).to_contain_text("1 of 5")
    for _ in range(4):
        thoughts.get_by_role("button", name="Next page").click()
    expect(thoughts).to_contain_text("Thought number 599")
