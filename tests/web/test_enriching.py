"""Code in colours, formulas typeset, images that wait: what an answer's text gets once it is closed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.web.conftest import HOLD, ToldModel, Visitor, place_of
from tests.web.tracing import tasks

CODE = "def area(r):\n    return 3.14 * r ** 2  # *not* bold\n\n\ttext = '<b>'"
FORMULAS = (
    r"Energy $E = mc^2$, a price of $5 and $6, and" + "\n\n$$\n\\frac{a}{b}\n$$\n\nbroken $\\frac{$ end"
)
FORMULAS_FILE = re.compile(r"/assets/formulas-.*\.js")


def told(visitor: Visitor, model: ToldModel, *pieces: str | None) -> Locator:
    model.tell(*pieces)
    visitor.ask("Show me.")
    return visitor.text.last


def chunks(visitor: Visitor) -> list[str]:
    """The files that were loaded."""
    names: list[str] = visitor.page.evaluate(
        "performance.getEntriesByType('resource').map((one) => one.name)"
    )
    return [name.rsplit("/", 1)[-1] for name in names]


def test_12_a_fence_is_one_card_from_its_first_line(visitor: Visitor, model: ToldModel) -> None:
    """With its language; plain while it is open, coloured once it is closed, and its top never moves."""
    answer = told(visitor, model, f"Run:\n\n```python\n{CODE[:30]}", HOLD, f"{CODE[30:]}\n```\n\nDone.")
    card = answer.locator("figure.code")
    expect(card.locator("code")).to_have_text(re.compile("def area"))
    expect(card.locator(".language")).to_have_text("python")
    assert card.locator("code span[class^=hl-]").count() == 0
    before = card.bounding_box()
    model.release()
    visitor.finished()
    expect(card.locator("code span.hl-keyword").first).to_have_text("def")
    after = card.bounding_box()
    assert before
    assert after
    assert abs(after["y"] - before["y"]) < 30
    assert card.count() == 1


def test_13_copying_code_gives_the_very_bytes(visitor: Visitor, model: ToldModel) -> None:
    """While the fence is open, and when its text is in colours."""
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answer = told(visitor, model, f"```python\n{CODE}", HOLD, "\n    end\n```\n")
    read = "navigator.clipboard.readText()"
    copy = answer.locator("[data-copy]")
    expect(answer.locator("code")).to_have_text(re.compile("<b>"))
    copy.click()
    expect(copy).to_have_text("Copied")
    assert visitor.page.evaluate(read) == CODE
    model.release()
    visitor.finished()
    expect(answer.locator("code span.hl-keyword").first).to_be_visible()
    expect(copy).to_have_text("Copy")
    copy.click()
    expect(copy).to_have_text("Copied")
    assert visitor.page.evaluate(read) == f"{CODE}\n    end"


def test_long_lines_wrap_when_asked(visitor: Visitor, model: ToldModel) -> None:
    """By a button that says whether they do; without it they scroll in their own box."""
    answer = told(visitor, model, "```\n" + "word " * 200 + "\n```\n")
    visitor.finished()
    box, wrap = answer.locator("pre"), answer.locator("[data-wrap]")
    overflows = "(box) => box.scrollWidth > box.clientWidth"
    assert box.evaluate(overflows)
    wrap.click()
    expect(wrap).to_have_attribute("aria-pressed", "true")
    assert not box.evaluate(overflows)


def test_wrapped_lines_stay_wrapped(visitor: Visitor, model: ToldModel) -> None:
    """Also while the code they belong to goes on, in a list, where it is shown anew with every token."""
    answer = told(visitor, model, "- a\n\n  ```py\n  one\n", HOLD, "  two\n  ```\n- b\n")
    expect(answer.locator("code")).to_have_text("one")
    answer.locator("[data-wrap]").click()
    model.release()
    visitor.finished()
    expect(answer.locator("code")).to_have_text("one\ntwo")
    expect(answer.locator("figure.wrapped")).to_have_count(1)


@pytest.mark.alone
def test_a_long_listing_is_coloured_without_a_pause(visitor: Visitor, model: ToldModel) -> None:
    """No task is long: what would take more than a moment stays as it is, the rest comes in parts."""
    line = "def area_{n}(r):  # a 'comment'\n    return 3.14 * r ** 2 if r else None\n"
    code = "".join(line.format(n=n) for n in range(700))
    with tasks(visitor.page) as found:
        answer = told(visitor, model, f"```python\n{code}", HOLD, "```\n\nDone.")
        expect(answer.locator("code")).to_contain_text("area_699")
        model.release()
        visitor.finished()
        expect(answer.locator("code[data-done]")).to_have_count(1)
    # 27 ms where these 50,000 letters, coloured at once, took 110 to 160.
    assert found[0] < 80


def test_17_formulas_are_typeset_once_they_are_closed(visitor: Visitor, model: ToldModel) -> None:
    """Shown as written until then; prices are no formulas, what is no TeX stays, and KaTeX comes only now."""
    told(visitor, model, "No formula here.\n\n```python\nx = 1\n```\n")
    visitor.finished()
    expect(
        visitor.text.locator("code span[class^=hl-]").first
    ).to_be_visible()  # what is there to add was added
    assert not [name for name in chunks(visitor) if "formula" in name or "KaTeX" in name]
    answer = told(visitor, model, FORMULAS[:12], HOLD, FORMULAS[12:])
    expect(answer).to_contain_text("E = ")
    assert answer.locator(".katex").count() == 0
    model.release()
    visitor.finished()
    expect(answer.locator(".math .katex")).to_have_count(2)
    expect(answer.locator(".math.display .katex-display")).to_have_count(1)
    expect(answer).to_contain_text("a price of $5 and $6")
    expect(answer).to_contain_text("broken \\frac{ end")
    assert [name for name in chunks(visitor) if "formula" in name]


def test_formulas_that_come_late_move_nothing_that_is_read(visitor: Visitor, model: ToldModel) -> None:
    """On a slow line KaTeX comes after the answer: an equation has its place already, and whatever becomes
    higher above the window, what is in it stays."""
    held: list[Route] = []
    visitor.page.route(FORMULAS_FILE, lambda route: held.append(route))
    high = "$$\\sum_{n=0}^{\\infty} \\frac{1}{n!}$$\n\nand $\\frac{\\frac{1}{2}}{3}$ in a line.\n\n" * 3
    equation = "$$\n\\frac{a}{b} = c\n$$"
    with visitor.page.expect_request(FORMULAS_FILE):
        told(visitor, model, f"{high}{'Some words. ' * 400}\n\nRead here.\n\n{equation}\n\nAnd here.")
        visitor.finished()
    places = [visitor.text.get_by_text(words) for words in ("Read here.", "And here.")]
    places[0].scroll_into_view_if_needed()
    expect(visitor.text.locator(".math.display").first).not_to_be_in_viewport()
    before = [place_of(place)["y"] for place in places]
    held[0].continue_()
    expect(visitor.text.locator(".math .katex-display")).to_have_count(4)
    visitor.page.evaluate("() => document.fonts.ready")
    for was, place in zip(before, places, strict=True):
        assert abs(place_of(place)["y"] - was) <= 2


def test_code_is_saved_byte_for_byte(visitor: Visitor, model: ToldModel, tmp_path: Path) -> None:
    """Also while its fence is open; the name is that of its language, whatever a model calls that."""
    code = "if x:\n\tprint('ä \U0001f6b2')  \n\n# end"
    fences = (("python", "code.py"), ("Dockerfile", "Dockerfile"), ("../exe", "code.txt"))
    told(visitor, model, *(f"```{name}\n{code}\n```\n\n" for name, _ in fences), f"```sql\n{code}", HOLD)
    expect(visitor.text.locator("figure")).to_have_count(4)
    for n, name in enumerate([name for _, name in fences] + ["code.sql"]):
        with visitor.page.expect_download() as download:
            visitor.text.get_by_role("button", name="Download").nth(n).click()
        assert download.value.suggested_filename == name
        download.value.save_as(tmp_path / name)
        assert (tmp_path / name).read_bytes() == code.encode()


def test_16_a_remote_image_is_not_asked_for(visitor: Visitor, model: ToldModel) -> None:
    """No request leaves for it; a button says where it is, and a link opens it in a tab that knows nothing of
    us. (`test_images.py` presses the button.)"""
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    answer = told(visitor, model, "Look:\n\n![a cat](https://images.example/cat.png?secret=1)\n")
    visitor.finished()
    link = answer.get_by_role("link")
    expect(link).to_have_attribute("href", "https://images.example/cat.png?secret=1")
    expect(link).to_have_attribute("rel", re.compile("noopener.*noreferrer|noreferrer.*noopener"))
    assert answer.locator("img").count() == 0
    assert not [url for url in asked if "images.example" in url]
