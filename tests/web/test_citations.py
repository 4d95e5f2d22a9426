"""From the mark at a claim to the passage it rests on, in the document it stands in."""

import json
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.web.conftest import (
    DOCUMENTS,
    QUESTION,
    TWO_SOURCES,
    Server,
    ToldModel,
    Visitor,
    documents_are_read,
    place_of,
)
from tests.web.quickest import quick_enough

RULE = "Tea is served at four o'clock in the blue room."
ARABIC = "يُقدَّم الشاي في الساعة الرابعة في الغرفة الزرقاء."
AT_ONCE_MS = 3000
FILLER = "Nothing of any interest is said in this sentence at all. "


@pytest.fixture
def house(built_page: None, model: ToldModel, tmp_path: Path) -> Iterator[Server]:
    """A server with a folder of its own, to be changed."""
    folder = tmp_path / "house"
    folder.mkdir()
    (folder / "rules.md").write_text(f"# House rules\n\n{RULE}\n", encoding="utf-8")
    server = Server(folder, tmp_path / "data", model.url)
    server.start()
    documents_are_read(server)
    yield server
    server.stop()


@pytest.fixture
def reader(visitor: Visitor, model: ToldModel, server: Server) -> Visitor:
    """Somebody with an answer that cites two passages and has found more."""
    documents_are_read(server)
    model.tell("The gearbox oil is changed **every 5,000 kilometres** [2]. The service is yearly [1].")
    visitor.ask(TWO_SOURCES)
    visitor.finished()
    return visitor


def chip(visitor: Visitor, number: int) -> Locator:
    return visitor.text.get_by_role("button", name=re.compile(f"^Source {number}: "))


def restarted(house: Server, **files: str) -> None:
    """The server, after the files of its folder have changed."""
    house.stop()
    for name, text in files.items():
        (house.documents / f"{name}.md").write_text(text, encoding="utf-8")
    house.start()
    for name, text in files.items():
        _until_read(house, f"{name}.md", text)


def _until_read(house: Server, filename: str, text: str) -> None:
    """Sources are called ready while what is new in them is being looked for."""
    for _ in range(400):
        for source in _json(house, "sources")["sources"]:
            for document in _json(house, f"sources/{source['id']}")["documents"]:
                if document["filename"] == filename and document["status"] == "ready":
                    found = _json(house, f"documents/{document['id']}?end=1000000")["text"]
                    if found == text[:1_000_000]:
                        return
        threading.Event().wait(0.05)
    pytest.fail(f"{filename} was not read again")


def _json(house: Server, path: str) -> Any:
    with urllib.request.urlopen(f"{house.url}/v1/{path}") as response:
        return json.load(response)


def test_27_a_chip_opens_its_passage_and_gets_the_focus_back(reader: Visitor) -> None:
    """Its name has the document's title; by keyboard it opens the drawer with the passage marked; Esc closes
    it and the focus is on the chip again."""
    one = chip(reader, 2)
    title = reader.passage(2)["title"]
    assert one.get_attribute("aria-label") == f"Source 2: {title}"
    one.press("Enter")
    expect(reader.drawer.locator("mark")).to_be_in_viewport()
    expect(reader.drawer).to_contain_text(title)
    reader.page.keyboard.press("Escape")
    expect(reader.drawer).to_have_count(0)
    expect(one).to_be_focused()


def test_28_what_is_marked_is_the_passage_by_its_offsets(reader: Visitor) -> None:
    """The mark holds what the server kept as the passage, and the text around it is the document's."""
    for number in (1, 2):
        chip(reader, number).click()
        mark = reader.drawer.locator("mark")
        passage = reader.passage(number)
        expect(mark).to_have_text(passage["text"].strip(), use_inner_text=False)
        assert mark.evaluate("mark => mark.textContent") == passage["text"]
        whole = mark.evaluate("mark => mark.parentElement.textContent")
        assert whole == DOCUMENTS[passage["filename"]]
        before = mark.evaluate("mark => [...mark.previousSibling.textContent].length")
        assert before == passage["start"]


def test_pointing_at_a_chip_shows_what_it_cites(reader: Visitor) -> None:
    """A card with the document's title, the cited sentence and the support; Esc takes it away and nothing
    else, and so does leaving; the focus shows it too, until it goes, wherever the pointer is."""
    card = reader.page.get_by_role("tooltip")
    chip(reader, 2).hover()
    expect(card).to_contain_text(reader.passage(2)["title"])
    expect(card).to_contain_text("5,000 kilometres")
    expect(card).to_contain_text(re.compile(r"Support \d+%"))
    card.hover()
    expect(card).to_be_visible()
    reader.page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    assert chip(reader, 1).evaluate(FOCUS)
    expect(card).to_contain_text(reader.passage(1)["title"])
    reader.composer.focus()
    expect(card).to_have_count(0)


PRESS = """async (chip) => {
  chip.click()
  await 0
  await 0
  return !document.querySelector('[role=tooltip]') && document.activeElement.matches('.drawer')
}"""
FOCUS = """(chip) => new Promise((told) => {
  chip.focus()
  document.body.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }))
  setTimeout(() => {
    document.body.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }))
    setTimeout(() => told(document.querySelector('[role=tooltip]') !== null), 300)
  }, 50)
})"""
"""What moves under a pointer at rest is said to be pointed at, before the card is there and after it."""
COME_UNDER_THE_POINTER = """(chip, [clientX, clientY]) => new Promise((told) => {
  const at = { clientX, clientY, bubbles: true, pointerType: 'mouse' }
  chip.dispatchEvent(new PointerEvent('pointerover', at))
  setTimeout(() => told(!document.querySelector('[role=tooltip]')), 300)
})"""


def test_a_chip_that_was_pressed_shows_no_card(reader: Visitor) -> None:
    """The card is gone and the focus in the drawer at once, so Esc means that; and a chip the text brings
    under a pointer at rest, which may stand between two pixels, was not pointed at."""
    one = chip(reader, 2)
    one.focus()
    expect(reader.page.get_by_role("tooltip")).to_be_visible()
    assert one.evaluate(PRESS)
    reader.page.keyboard.press("Escape")
    expect(reader.drawer).to_have_count(0)
    box = place_of(one)
    at = [int(box["x"]) + 4.4, int(box["y"]) + 4.6]
    reader.page.mouse.click(*at)
    expect(reader.drawer).to_have_count(1)
    assert one.evaluate(COME_UNDER_THE_POINTER, at)


def test_the_drawer_goes_from_citation_to_citation(reader: Visitor) -> None:
    """In the order of the text, with what the answer says there and how far the passage supports it; what was
    found and not cited comes after."""
    chip(reader, 2).click()
    drawer = reader.drawer
    expect(drawer.locator(".claim")).to_contain_text("The gearbox oil is changed every 5,000 kilometres")
    expect(drawer.locator(".support")).to_have_text(re.compile(r"^Support \d+%$"))
    expect(drawer.get_by_text("Citation 1 of 2")).to_be_visible()
    expect(drawer.get_by_role("button", name="Previous citation")).to_be_disabled()
    drawer.get_by_role("button", name="Next citation").click()
    expect(drawer.locator(".claim")).to_contain_text("The service is yearly")
    expect(drawer.locator(".passage-title")).to_contain_text(reader.passage(1)["title"])


def test_only_the_document_moves_when_a_passage_is_shown(reader: Visitor, model: ToldModel) -> None:
    """At the end of a long conversation too the page itself stays in its place, all of it in sight."""
    for answer in ("A long story.\n\n" * 60, "The gearbox oil is changed every 5,000 kilometres [1]."):
        model.tell(answer)
        reader.ask()
        reader.finished()
    chip(reader, 1).click()
    expect(reader.drawer.locator("mark")).to_be_in_viewport()
    app = reader.page.locator(".app")
    assert app.evaluate("app => [app.scrollTop, app.scrollHeight - app.clientHeight]") == [0, 0]
    app.evaluate("app => app.scrollTo(0, 100)")
    assert app.evaluate("app => app.scrollTop") == 0


def test_the_original_opens_beside_the_page(reader: Visitor) -> None:
    """A document that was read from a file has a link to it, shown as text in a page of its own."""
    chip(reader, 2).click()
    with reader.page.context.expect_page() as opened:
        reader.drawer.get_by_role("link", name="Open the original").click()
    expect(opened.value.locator("body")).to_contain_text("The gearbox takes 0.6 litres")
    assert opened.value.url.endswith("/original")


def test_the_drawer_is_as_wide_as_somebody_wants(reader: Visitor) -> None:
    """Dragged or moved by arrow keys, and remembered; the conversation always keeps its part."""
    chip(reader, 2).click()
    edge = reader.drawer.get_by_role("separator", name="Width of the drawer")
    width = reader.drawer.bounding_box()["width"]  # type: ignore[index]
    edge.focus()
    edge.press("ArrowLeft")
    expect(edge).to_have_attribute("aria-valuenow", str(int(width) + 24))
    box = edge.bounding_box()
    assert box
    reader.page.mouse.move(box["x"] + 4, 300)
    reader.page.mouse.down()
    reader.page.mouse.move(100, 300)
    reader.page.mouse.up()
    widest = int(reader.page.evaluate("innerWidth") * 0.6)
    expect(edge).to_have_attribute("aria-valuenow", str(widest))
    reader.page.reload()
    chip(reader, 2).click()
    expect(edge).to_have_attribute("aria-valuenow", str(widest))


def test_a_passage_that_moved_is_marked_where_it_is_now(
    new_visitor: Callable[..., Visitor], house: Server, model: ToldModel
) -> None:
    """The document was indexed anew since: the passage is found by its words, then only the cited sentence,
    then it is said that it is not there any more. The answer's own words are never lost."""
    visitor = new_visitor()
    visitor.open(house.url)
    model.tell("At four o'clock in the blue room [1].")
    visitor.ask("When and where is tea served?")
    visitor.finished()
    passage = visitor.passage(1)["text"]
    notice = visitor.drawer.locator(".notice")
    mark = visitor.drawer.locator("mark")
    restarted(house, rules=f"{'Preface. ' * 40}\n\n{passage}\n")
    visitor.page.reload()
    chip(visitor, 1).click()
    expect(notice).to_contain_text("The passage is now here")
    assert mark.evaluate("mark => mark.textContent") == passage
    restarted(house, rules=f"{'Preface. ' * 40}\n\n# New rules\n\n{RULE} Dogs are welcome.\n")
    visitor.page.reload()
    chip(visitor, 1).click()
    expect(notice).to_contain_text("Marked is the sentence the answer rests on")
    expect(mark).to_have_text(RULE)
    restarted(house, rules="# Other rules\n\nCoffee only.\n")
    visitor.page.reload()
    chip(visitor, 1).click()
    expect(notice).to_contain_text("is not in the document any more")
    expect(mark).to_contain_text(RULE)


def test_a_passage_outlives_its_document(
    new_visitor: Callable[..., Visitor], house: Server, model: ToldModel
) -> None:
    """The document was deleted since: the drawer says so and shows the passage as the answer used it."""
    visitor = new_visitor()
    visitor.open(house.url)
    model.tell("At four o'clock [1].")
    visitor.ask("When is tea served?")
    visitor.finished()
    source = visitor.passage(1)["source_id"]
    assert visitor.page.request.delete(f"{house.url}/v1/sources/{source}").status == 204
    chip(visitor, 1).click()
    expect(visitor.drawer.locator(".notice")).to_contain_text("is not here any more")
    expect(visitor.drawer.locator("mark")).to_contain_text(RULE)


MARKDOWN = (
    "# House rules\n\nTea is served at **four o'clock** in the `blue room`.\n\n"
    "| drink | | when |\n| --- | --- | --- |\n| milk | | at *six* |"
)
FILLS = "one => [one, ...one.querySelectorAll('strong')].map(each => getComputedStyle(each).backgroundColor)"


def test_a_passage_of_markdown_is_read_and_not_spelt(
    new_visitor: Callable[..., Visitor], house: Server, model: ToldModel
) -> None:
    """The card has its words without the signs; the drawer has every letter in its place, and looks like what
    it says. A claim that no word of the passage bears out marks nothing strongly."""
    restarted(house, rules=MARKDOWN)
    visitor = new_visitor()
    visitor.open(house.url)
    model.tell("Tea is served at four o'clock in the blue room [1]. Kangaroos migrate northwards [1].")
    visitor.ask("When and where is tea served?")
    visitor.finished()
    quote = visitor.page.locator(".citation-quote")
    chip(visitor, 1).first.hover()
    expect(quote).to_have_text("Tea is served at four o'clock in the blue room.")
    chip(visitor, 1).last.hover()
    expect(visitor.page.get_by_role("tooltip")).to_contain_text("Support 0%")
    said = [line.split() for line in quote.inner_text().splitlines() if line.strip()]
    assert said[0] == ["House", "rules"]
    assert said[2:] == [["drink", "·", "when"], ["milk", "·", "at", "six"]]
    mark = visitor.drawer.locator("mark")
    chip(visitor, 1).first.click()
    expect(mark.locator(".bold")).to_have_text("four o'clock")
    expect(visitor.drawer.locator(".cells").first).to_be_visible()
    assert visitor.drawer.locator(".document-text").evaluate("one => one.textContent") == MARKDOWN
    soft, strong = mark.evaluate(FILLS)
    assert soft != strong
    visitor.drawer.get_by_role("button", name="Next citation").click()
    expect(visitor.drawer.locator(".support")).to_have_text("Support 0%")
    assert set(mark.evaluate(FILLS)) == {soft}


def test_a_document_of_five_megabytes_opens_at_once(
    new_visitor: Callable[..., Visitor], house: Server, model: ToldModel
) -> None:
    """Only what is near the passage is sent and laid out; more comes when it is asked for, and what was being
    read stays where it is."""
    half = FILLER * (2_500_000 // len(FILLER))
    restarted(house, big=f"{half}\n\n{ARABIC}\n\n{half}")
    visitor = new_visitor()
    visitor.open(house.url)
    model.tell("في الساعة الرابعة [1].")
    visitor.ask("متى يُقدَّم الشاي في الغرفة الزرقاء؟")
    visitor.finished()
    mark = visitor.drawer.locator("mark")

    def attempt() -> list[float]:
        begun = time.monotonic()
        chip(visitor, 1).click()
        expect(mark).to_contain_text(ARABIC)
        took = 1000 * (time.monotonic() - begun)
        expect(mark.locator("strong")).to_be_in_viewport()
        if took > AT_ONCE_MS:
            visitor.drawer.get_by_role("button", name="Close").click()
        return [took]

    quick_enough([AT_ONCE_MS], attempt)
    shown = visitor.drawer.locator(".document-text")
    length = shown.evaluate("box => box.textContent.length")
    assert length < 60_000
    more = visitor.drawer.get_by_role("button", name="Show what comes after")
    more.click()
    expect(more).to_be_enabled()
    earlier = visitor.drawer.get_by_role("button", name="Show what comes before")
    earlier.scroll_into_view_if_needed()
    place = place_of(mark)["y"]
    earlier.click()
    expect(earlier).to_be_enabled()
    assert shown.evaluate("box => box.textContent.length") > length + 40_000
    assert abs(place_of(mark)["y"] - place) < 2


def test_an_arabic_document_reads_from_the_right(
    new_visitor: Callable[..., Visitor], house: Server, model: ToldModel
) -> None:
    """Its text and the card at the chip run from right to left on a page that does not."""
    restarted(house, rules=f"# قواعد البيت\n\n{ARABIC}\n")
    visitor = new_visitor()
    visitor.open(house.url)
    model.tell("في الساعة الرابعة [1].")
    visitor.ask("متى يُقدَّم الشاي؟")
    visitor.finished()
    direction = "one => getComputedStyle(one).direction"
    chip(visitor, 1).hover()
    assert visitor.page.locator(".citation-quote").evaluate(direction) == "rtl"
    chip(visitor, 1).click()
    expect(visitor.drawer.locator("mark")).to_contain_text(ARABIC)
    assert visitor.drawer.locator(".document-text").evaluate(direction) == "rtl"
    assert visitor.page.locator("html").evaluate(direction) == "ltr"


def test_a_drawer_on_a_phone_covers_the_page(
    new_visitor: Callable[..., Visitor], server: Server, model: ToldModel
) -> None:
    """It is a dialog as large as the window; what is under it cannot be reached until it is closed."""
    documents_are_read(server)
    visitor = new_visitor(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    visitor.open(server.url)
    model.tell("Every 5,000 kilometres [1].")
    visitor.ask(QUESTION)
    visitor.finished()
    chip(visitor, 1).tap()
    sheet = visitor.page.get_by_role("dialog", name="Sources")
    box = sheet.bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 800}
    assert visitor.page.locator("main").evaluate("main => main.inert")
    sheet.get_by_role("button", name="Close").tap()
    expect(sheet).to_have_count(0)
    assert not visitor.page.locator("main").evaluate("main => main.inert")
