"""What can be done with a conversation: branches, ratings, links, files, settings."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from rivulet.testing.model_scripts import refusing
from tests.web.conftest import (
    HOLD,
    QUESTION,
    TWO_SOURCES,
    Server,
    ToldModel,
    Visitor,
    documents_are_read,
    press_twice,
)
from tests.web.late import Held

CLIPBOARD = (
    """() => { window.copied = null; navigator.clipboard.writeText = async (text) => { copied = text } }"""
)


# Every text that an answer ever had on the page.
SEEN = """() => {
  window.seen = []
  const look = () => {
    const text = document.querySelector('.answer .markdown')?.textContent
    if (text) seen.push(text)
  }
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
}"""

PRESS_AND_LOOK = """async (button) => {
  button.click()
  await 0
  await 0
  return document.activeElement.form?.className
}"""
"""Where the focus is before anything else could be typed."""


@pytest.fixture
def reader(visitor: Visitor, server: Server, model: ToldModel) -> Visitor:
    """Somebody with a cited answer on the screen."""
    documents_are_read(server)
    model.tell("Every **5,000 kilometres** [1].")
    visitor.ask()
    visitor.finished()
    return visitor


def test_statement_41_regenerate_makes_a_branch(reader: Visitor, model: ToldModel) -> None:
    """‹ › goes between the answers, and the one chosen is there after a reload."""
    model.tell("Once a year.")
    reader.press("Ask again")
    expect(reader.text).to_have_text("Once a year.")
    reader.finished()
    expect(reader.questions).to_have_count(1)
    expect(reader.page.get_by_role("group", name="Answer 2 of 2")).to_be_visible()
    reader.press("The answer before")
    expect(reader.text).to_contain_text("5,000 kilometres")
    expect(reader.page.get_by_role("group", name="Answer 1 of 2")).to_be_visible()
    reader.page.reload()
    expect(reader.text).to_contain_text("5,000 kilometres")
    reader.press("The next answer")
    expect(reader.text).to_have_text("Once a year.")


def test_statement_42_an_edited_question_keeps_its_old_branch(reader: Visitor, model: ToldModel) -> None:
    """The new question takes its place, with all that came after; the old ones stay within reach."""
    model.tell("A follow-up.")
    reader.ask("And then?")
    reader.finished()
    model.tell("Blue.")
    reader.page.get_by_role("button", name="Edit the question").first.click()
    reader.page.get_by_role("textbox", name="Edit the question").fill("What colour is the paint?")
    reader.press("Ask this instead")
    expect(reader.text).to_have_text("Blue.")
    reader.finished()
    expect(reader.questions).to_have_count(1)
    reader.press("The question before")
    expect(reader.questions).to_have_count(2)
    expect(reader.questions.first).to_contain_text(QUESTION)
    expect(reader.text).to_have_text("A follow-up.")


def test_editing_can_be_given_up(reader: Visitor) -> None:
    """Esc closes the form, asks nothing, and gives the focus back."""
    pencil = reader.page.get_by_role("button", name="Edit the question")
    assert pencil.evaluate(PRESS_AND_LOOK) == "edit"
    reader.page.get_by_role("textbox", name="Edit the question").fill("Something else")
    reader.page.keyboard.press("Escape")
    expect(reader.questions).to_contain_text(QUESTION)
    expect(pencil).to_be_focused()


def test_statement_43_a_copied_answer_is_markdown_with_its_sources(reader: Visitor) -> None:
    """The clipboard has the text as it was written and a list of what its numbers mean."""
    reader.page.evaluate(CLIPBOARD)
    reader.press("Copy the answer")
    reader.page.wait_for_function("window.copied")
    copied = reader.page.evaluate("copied")
    own = f"{reader.page.url.split('/#')[0]}/v1/documents/"
    said, listed = copied.split("\n\nSources:\n\n- [1] ")
    assert said == "Every **5,000 kilometres** [1]."
    assert re.fullmatch(rf"\[Gearbox manual 🚲\]\(<{own}\w+>\), Oil, gearbox.md\n", listed)
    reader.press("More")
    reader.page.get_by_role("menuitem", name="Copy as plain text").click()
    reader.page.wait_for_function("window.copied.startsWith('Every 5,000')")
    assert reader.page.evaluate("copied") == "Every 5,000 kilometres."


def test_statement_44_a_rating_is_kept(reader: Visitor) -> None:
    """A thumb is enough; a reason and a comment may come with it, asked for below every button; after a
    reload it is there. What was said last holds, also when the server was slow to hear what was said
    before."""
    with reader.page.expect_response("**/feedback"):
        reader.press("Good answer")
    reader.page.reload()
    expect(reader.page.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    with reader.page.expect_response("**/feedback"):
        reader.press("Bad answer")
    expect(reader.page.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")
    form, more = reader.page.locator(".why"), reader.page.get_by_role("button", name="More", exact=True).last
    assert form.bounding_box()["y"] > more.bounding_box()["y"] + more.bounding_box()["height"]  # type: ignore[index]
    reader.press("Incomplete")
    reader.page.get_by_role("textbox", name="Anything else").fill("Which gearbox?")
    with reader.page.expect_response("**/feedback") as told:
        reader.page.locator(".why").get_by_role("button", name="Send").click()
    assert told.value.json()["reason"] == "incomplete"
    reader.page.reload()
    expect(reader.page.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")
    slow = Held(reader, "**/feedback", is_taken=False)
    reader.press("Good answer")
    reader.press("Good answer")
    slow.wait()
    with reader.page.expect_response(lambda told: told.request.method == "DELETE"):
        slow.release()
    reader.page.reload()
    for name in ("Good answer", "Bad answer"):
        expect(reader.page.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "false")


def test_statement_45_a_shared_chat_is_read_until_the_link_is_taken_back(
    reader: Visitor, new_visitor: Callable[..., Visitor]
) -> None:
    """Somebody without a key reads it, with its sources; after that the link leads nowhere. A list of links
    that comes late takes none away."""
    reader.page.evaluate(CLIPBOARD)
    late = Held(reader, "**/shares")
    reader.press("What can be done with this chat")
    reader.page.get_by_role("menuitem", name="Share").click()
    late.wait()
    reader.press("Make a link")
    link = reader.page.locator(".links a")
    expect(link).to_be_visible()
    with reader.page.expect_response("**/shares"):
        late.release()
    expect(link).to_be_visible()
    address = link.get_attribute("href")
    assert address
    assert address == reader.page.evaluate("copied")
    stranger = new_visitor()
    stranger.page.goto(address)
    expect(stranger.page.get_by_text("5,000 kilometres")).to_be_visible()
    expect(stranger.page.get_by_text("Gearbox manual").first).to_be_visible()
    expect(stranger.page.get_by_label("Your question")).to_have_count(0)
    take = reader.page.get_by_role("button", name=re.compile("^Take the link back"))
    press_twice(take, reader.page.get_by_role("button", name=re.compile("Take back")))
    expect(link).to_have_count(0)
    public = address.replace("/share/", "/v1/shared/")
    assert stranger.page.request.get(public).status == 404


def test_statement_46_an_exported_chat_has_the_text_of_the_transcript(
    reader: Visitor, tmp_path: Path
) -> None:
    """As Markdown: questions and answers as they stand on the page. As JSON: every turn."""
    saved = {}
    for kind, ending in (("Markdown", "md"), ("JSON", "json")):
        reader.press("What can be done with this chat")
        with reader.page.expect_download() as download:
            reader.page.get_by_role("menuitem", name=f"Save as {kind}").click()
        assert download.value.suggested_filename.endswith(f".{ending}")
        download.value.save_as(tmp_path / ending)
        saved[ending] = (tmp_path / ending).read_text(encoding="utf-8")
    parts = re.split(r"\n\n## (?:Question|Answer)\n\n|\n\nSources:\n\n", saved["md"])
    assert parts[1:-1] == [QUESTION, "Every **5,000 kilometres** [1]."]
    expect(reader.page.locator("h1")).to_have_text(parts[0].removeprefix("# "))
    assert parts[-1] == "- [1] Gearbox manual 🚲, Oil, gearbox.md\n"
    assert reader.page.url.rsplit("/", 1)[1] in saved["json"]


def test_statement_47_without_streaming_only_whole_answers_show(visitor: Visitor, model: ToldModel) -> None:
    """No part of the text is ever there; the end brings all of it."""
    visitor.page.keyboard.press("Control+,")
    visitor.page.get_by_role("radio", name="When complete").check(force=True)
    visitor.page.keyboard.press("Escape")
    model.tell("A beginning", HOLD, " and an end.")
    visitor.page.evaluate(SEEN)
    visitor.ask()
    expect(visitor.page.locator(".stage")).to_contain_text("Writing the answer")
    model.release()
    visitor.finished()
    expect(visitor.text).to_have_text("A beginning and an end.")
    assert set(visitor.page.evaluate("seen")) == {"A beginning and an end."}


def test_statement_48_the_figures_show_when_they_are_wanted(reader: Visitor) -> None:
    """First word, tokens, cost, model and total on request; with the setting off there is no way to them."""
    reader.press("Details")
    strip = reader.answer.locator(".usage")
    for name in ("First word after", "Tokens", "Cost", "Took", "Model"):
        expect(strip).to_contain_text(name)
    expect(strip).to_contain_text("openai:scripted")
    expect(strip).to_contain_text(re.compile(r"Cost\s*\$0\.00\d+"))
    reader.page.keyboard.press("Control+,")
    group = reader.page.get_by_role("group", name="Time and tokens")
    group.get_by_role("radio", name="Never").check(force=True)
    reader.page.keyboard.press("Escape")
    expect(strip).to_have_count(0)
    expect(reader.page.get_by_role("button", name="Details")).to_have_count(0)


def test_statement_48_speed_is_told_of_answers_long_enough(visitor: Visitor, model: ToldModel) -> None:
    """Tokens a second, counted from the first."""
    model.tell(*["word "] * 30, pace=60)
    visitor.ask()
    visitor.finished()
    visitor.press("Details")
    expect(visitor.answer.locator(".usage")).to_contain_text(re.compile(r"\d+ tokens/s"))


def test_a_chat_can_be_renamed_and_found(reader: Visitor) -> None:
    """The new name is in the list and after a reload; searching finds it by any of its words, also when they
    are typed before the list has come."""
    expect(reader.page.locator(".chat-row a").first).to_have_attribute("aria-current", "page")
    reader.page.locator(".chat-row").first.hover()
    reader.page.get_by_role("button", name=re.compile("^Rename")).first.click()
    expect(reader.page.locator("input:focus")).to_be_visible()
    reader.page.keyboard.type("About the Zahnrad")
    reader.page.keyboard.press("Enter")
    expect(reader.page.locator(".chat-title").first).to_have_text("About the Zahnrad")
    reader.page.reload()
    expect(reader.page.locator(".chat-title").first).to_have_text("About the Zahnrad")
    reader.page.get_by_role("button", name="New chat").first.click()
    late = Held(reader, "**/v1/chats")
    reader.page.reload()
    late.wait()
    reader.composer.wait_for()
    reader.page.keyboard.press("Control+k")
    reader.page.keyboard.type("zahnrad")
    late.release()
    expect(reader.page.locator("dialog").get_by_text("About the Zahnrad")).to_be_visible()
    reader.page.keyboard.press("Enter")
    expect(reader.text).to_contain_text("5,000 kilometres")
    expect(reader.composer).to_be_focused()


def test_a_failed_edit_can_be_sent_again(reader: Visitor, model: ToldModel) -> None:
    """A question that fails shows its card; Retry answers in its place."""
    model.then(refusing(500, "broken"))
    reader.press("Edit the question")
    reader.page.get_by_role("textbox", name="Edit the question").fill(TWO_SOURCES)
    reader.press("Ask this instead")
    card = reader.answer.get_by_role("alert")
    expect(card).to_be_visible()
    model.tell("Now.")
    card.get_by_role("button", name="Retry").click()
    expect(reader.text).to_have_text("Now.")
    expect(reader.questions).to_have_count(1)
    reader.finished()
