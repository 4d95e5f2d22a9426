"""From a question to a cited answer and the passage it rests on."""

import re

from playwright.sync_api import expect

from tests.web.conftest import (
    DOCUMENTS,
    HOLD,
    QUESTION,
    ToldModel,
    Visitor,
    documents_are_read,
    press_twice,
)


def test_a_question_is_answered_while_one_watches(visitor: Visitor, model: ToldModel) -> None:
    """The question shows at once, Send becomes Stop, text shows before the end, and Send comes back."""
    model.tell("Every 5,000 kilometres", HOLD, " or once a year.")
    visitor.ask()
    expect(visitor.page.locator(".question")).to_contain_text(QUESTION)
    expect(visitor.stop).to_be_visible()
    expect(visitor.text).to_have_text("Every 5,000 kilometres")
    expect(visitor.page.get_by_role("log")).to_have_attribute("aria-busy", "true")
    model.release()
    visitor.finished()
    expect(visitor.text).to_have_text("Every 5,000 kilometres or once a year.")
    expect(visitor.send).to_be_visible()
    expect(visitor.composer).to_have_value("")


def test_a_citation_opens_its_passage_in_the_document(visitor: Visitor, model: ToldModel, server) -> None:
    """The chip names the document; pressed, the drawer shows the passage marked where it stands; Esc gives
    the focus back to the chip."""
    documents_are_read(server)
    model.tell("Change it every 5,000 kilometres [1].")
    visitor.ask()
    visitor.finished()
    chip = visitor.text.get_by_role("button", name=re.compile("Source 1: .*(Gearbox|gearbox)"))
    chip.press("Enter")
    mark = visitor.drawer.locator("mark")
    quote = "Change the gearbox oil every 5,000 kilometres or once a year."
    expect(mark.locator("strong")).to_have_text(quote)
    expect(mark.locator("strong")).to_be_in_viewport()
    assert visitor.passage(number=1)["text"] == mark.evaluate("mark => mark.textContent")
    assert mark.evaluate("mark => mark.parentElement.textContent") == DOCUMENTS["gearbox.md"]
    visitor.page.keyboard.press("Escape")
    expect(visitor.drawer).to_have_count(0)
    expect(chip).to_be_focused()


def test_sources_are_listed_and_can_be_stepped_through(visitor: Visitor, model: ToldModel, server) -> None:
    """Cited sources stand under the answer, the others are folded; those of one document can be told apart,
    one alone needs only its name; the drawer steps through all of them."""
    documents_are_read(server)
    model.tell("Chain, brakes and gearbox oil [1].")
    visitor.ask(
        "What does the chapter about the frame say, what colour is the paint, and what about the oil?"
    )
    visitor.finished()
    chips = visitor.answer.locator(".source")
    expect(chips).to_have_count(1)
    expect(chips).to_have_accessible_name(re.compile(r"Source 1: [^,]+$"))
    visitor.answer.get_by_role("button", name="not cited").click()
    assert chips.locator(".source-title").all_inner_texts().count("Gearbox manual 🚲") > 1
    names = [(chip.get_attribute("aria-label") or "").partition(": ")[2] for chip in chips.all()]
    assert names.count("Gearbox manual 🚲, Oil") == 1
    assert "Gearbox manual 🚲, This chapter is about the frame and says nothing…" in names
    assert "Gearbox manual 🚲" not in names
    chips.last.click()
    position = visitor.drawer.get_by_text(re.compile(r"\d+ of \d+"))
    expect(position).to_have_text(f"Not cited: {len(names) - 1} of {len(names) - 1}")
    for _ in names[2:]:
        visitor.drawer.get_by_role("button", name="Previous source").click()
    visitor.drawer.get_by_role("button", name="Previous citation").click()
    expect(position).to_have_text("Citation 1 of 1")


def test_stages_are_said_one_at_a_time(visitor: Visitor, model: ToldModel) -> None:
    """Until the first word one line says what is being done, and is gone with the first word."""
    model.tell(HOLD, "Now", HOLD, " done.")
    visitor.ask()
    stage = visitor.page.locator(".stage [role=status]")
    expect(stage).to_have_text("Writing the answer…")
    model.release()
    expect(visitor.text).to_have_text("Now")
    expect(stage).to_have_count(0)
    model.release()
    visitor.finished()


def test_the_status_region_does_not_speak_every_word(visitor: Visitor, model: ToldModel) -> None:
    """The hidden status changes at the start, with the stages and at the end, however many words come."""
    visitor.page.evaluate(
        """() => {
          window.said = []
          const region = document.querySelector('.app > .off-screen[role=status]')
          new MutationObserver(() => said.push(region.textContent))
            .observe(region, { childList: true, characterData: true, subtree: true })
        }"""
    )
    model.tell(*[f"word{n} " for n in range(60)], pace=200)
    visitor.ask()
    visitor.finished()
    said = visitor.page.evaluate("said")
    assert said[0] == "Answering"
    assert said[-1].startswith("Answer complete, 60 words")
    assert len(said) <= 5


def test_the_chat_has_its_own_address_and_is_listed(visitor: Visitor, model: ToldModel) -> None:
    """A new chat gets an address and a row in the list; another chat and back shows it unchanged."""
    model.tell("First answer.")
    visitor.ask("What is the first question about gearbox oil?")
    visitor.finished()
    row = visitor.page.get_by_role("link", name="What is the first question about gearbox oil?")
    expect(row).to_have_attribute("aria-current", "page")
    address = visitor.page.url
    assert "#/chat/" in address
    visitor.page.get_by_role("button", name="New chat").first.click()
    expect(visitor.page.locator(".question")).to_have_count(0)
    row.click()
    expect(visitor.text).to_have_text("First answer.")
    assert address == visitor.page.url


def test_a_chat_is_deleted_on_the_second_press(visitor: Visitor, model: ToldModel) -> None:
    """The first press asks, the second deletes; the page goes to a new chat."""
    model.tell("Soon gone.")
    visitor.ask("Which question will be deleted?")
    visitor.finished()
    row = visitor.page.get_by_role("listitem").filter(has_text="Which question will be deleted?")
    delete = row.get_by_role("button", name=re.compile("^Delete “"))
    expect(delete).to_be_hidden()  # its place is the title's
    row.hover()
    press_twice(delete, row.get_by_role("button", name="Delete?"))
    expect(row).to_have_count(0)
    expect(visitor.page.locator(".question")).to_have_count(0)


def test_details_tell_model_time_and_tokens(visitor: Visitor, model: ToldModel) -> None:
    """The details strip shows the model, how long it took and the tokens; each stage stands in the trace."""
    model.tell("Short.")
    visitor.ask()
    visitor.finished()
    visitor.answer.get_by_role("button", name="Details").click()
    strip = visitor.answer.locator(".usage")
    expect(strip).to_contain_text("openai:scripted")
    expect(strip).to_contain_text("First word after")
    expect(strip).to_contain_text("Tokens")
    visitor.answer.locator(".trace summary").click()
    expect(visitor.answer.locator(".steps")).to_contain_text("Writing the answer")


def test_a_second_question_goes_on_in_the_same_chat(visitor: Visitor, model: ToldModel) -> None:
    """Both questions and both answers stand in the order they were asked."""
    model.tell("One.")
    visitor.ask("First?")
    visitor.finished()
    model.tell("Two.")
    visitor.ask("Second?")
    expect(visitor.text).to_have_text("Two.")
    visitor.finished()
    assert visitor.page.locator(".question").evaluate_all(
        "all => all.map((one) => one.lastChild.textContent)"
    ) == ["First?", "Second?"]
    visitor.page.reload()
    expect(visitor.page.locator(".answer .markdown")).to_have_text(["One.", "Two."])
