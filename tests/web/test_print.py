"""On paper: the whole conversation and nothing to press."""

import re
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest

from tests.web.conftest import TWO_SOURCES, Server, ToldModel, Visitor, documents_are_read

LONG = "\n".join(f"Line {n} of a long question." for n in range(40))
ANSWER = (
    "It is changed **every 5,000 kilometres** [1].\n\n```python\n"
    + "\n".join(f"print('line {n} of the code')" for n in range(90))
    + "\n```\n\n| part | interval |\n|---|---|\n| oil | 5,000 km |\n\n"
    "![A gearbox](https://images.example/g.png)\n\n"
    "The ![plug](https://images.example/p.png) and the end of it."
)
CONTROLS = (
    "Copy|Wrap|Show|Details|Ask again|New chat|Settings|Documents|Answered in|not cited|Your question|Open in"
)


@pytest.fixture
def paper(
    new_visitor: Callable[..., Visitor], server: Server, model: ToldModel, tmp_path: Path
) -> pypdfium2.PdfDocument:
    """A chat of two questions, one of them folded, read in the dark and printed."""
    documents_are_read(server)
    visitor = new_visitor(color_scheme="dark")
    visitor.open(server.url)
    for question, answer in ((LONG, "Short."), (TWO_SOURCES, ANSWER)):
        model.tell(answer)
        visitor.ask(question)
        visitor.finished()
    visitor.page.locator(".chip").first.click()
    visitor.page.pdf(path=tmp_path / "chat.pdf", print_background=True)
    return pypdfium2.PdfDocument(tmp_path / "chat.pdf")


def test_a_printed_chat_is_the_whole_conversation_and_nothing_else(paper: pypdfium2.PdfDocument) -> None:
    """Every line of questions, answers and code with the sources below, over as many pages as it takes, in
    dark ink on white; what an image shows and where it is; no button, no list of chats, no field."""
    text = "\n".join(page.get_textpage().get_text_range() for page in paper)
    whole = " ".join(text.split())
    for said in (TWO_SOURCES, "every 5,000 kilometres", "the end of it.", "Short."):
        assert said in whole
    for shown in ("A gearbox (Image at images.example)", "The plug (Image at images.example) and"):
        assert shown in whole
    assert re.search(
        r"1 (Gearbox manual.* Oil, gearbox.md|Service schedule service.md), http\S+/documents/", whole
    )
    for n in range(40):
        assert f"Line {n} of a long question." in whole
    for n in range(90):
        assert f"print('line {n} of the code')" in whole
    assert re.findall(CONTROLS, whole) == []
    assert "Line 9 of" in paper[0].get_textpage().get_text_range()
    image = paper[0].render().to_numpy()
    assert list(image[2, 2][:3]) == [255, 255, 255]
    assert image.min() < 80
