"""Whatever bytes come under whatever name: a text that is fit for use, or a refusal with a reason."""

import io
import re
import zipfile
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rivulet.domain.errors import Unreadable
from rivulet.parsers.registry import default, installed
from rivulet.ports.knowledge import Parsed, Parser
from tests.parsers.made import (
    column,
    docx,
    epub,
    paragraph,
    pdf,
    pptx,
    row,
    shape,
    styles,
    table,
    xlsx,
    zipped,
)

SUFFIXES = sorted(default().suffixes)


def _message() -> bytes:
    made = EmailMessage()
    made["Subject"] = "Größe"
    made["To"] = '"Ann; B" <ann@example.org>, bob'
    made.set_content("plain ä")
    made.add_alternative("<p>rich</p>", subtype="html")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="ü.pdf")
    return made.as_bytes()


VALID = {
    "a.pdf": pdf([column(["One line.", "Two lines."]), []], title="T"),
    "a.docx": docx(
        paragraph("Head", '<w:pStyle w:val="H"/>')
        + paragraph("Text.")
        + table([("a", "b", "c"), ("1", "2", "3")]),
        styles=styles(H='<w:name w:val="heading 1"/>'),
    ),
    "a.pptx": pptx({"1": shape("Head", "title") + shape("Text")}, ["1"], notes={"1": "Note"}),
    "a.xlsx": xlsx({"S": row(1, "Name", "Age") + row(2, "Ann", 3)}),
    "a.epub": epub({"one": "<h1>One</h1><p>Text"}, ["one"]),
    "a.eml": _message(),
    "a.html": b"<!doctype html><meta charset=utf-8><h1>Head</h1><ul><li>a<table><tr><td>1<td>2</table><pre>x",
    "a.md": "---\ntitle: T\n---\n# Head\n\n```\ncode\n```\n\nÜ\n==\n".encode(),
    "a.csv": b'Name,Age\n"Ann, B",3\n',
    "a.json": b'{"a": "\\u00e4", "b": [1, 2, {"c": null}]}',
    "a.txt": "Größe\r\n=====\r\n\x0cText".encode("utf-16"),
}


def _check(parsed: Parsed) -> None:
    """What every reader of a `Parsed` relies on."""
    parsed.text.encode()
    assert parsed.text.strip()
    assert not set("\r\0\x1b\ufffe") & set(parsed.text)
    for marks in (parsed.headings, parsed.pages):
        offsets = [mark[0] for mark in marks]
        assert offsets == sorted(offsets)
        assert all(0 <= offset <= len(parsed.text) for offset in offsets)
    assert all(1 <= level <= 6 and words.strip() == words != "" for _, level, words in parsed.headings)
    for line in (parsed.title or "x", *parsed.warnings):
        line.encode()
        assert "\n" not in line


def _check_reason(refusal: Unreadable) -> None:
    """A sentence that somebody who knows nothing of parsers understands."""
    assert re.fullmatch(r"(This|Unsupported) [^\n]{10,200}\.", refusal.message)


@given(
    data=st.binary(max_size=400)
    | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
@example(data=b"%PDF-1.7\n")
@example(data=b"PK\x03\x04" + b"\0" * 40)
@example(data=b"PK\x05\x06" + b"\0" * 18)
@example(data=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
@settings(max_examples=60, deadline=None)
def test_random_bytes(data: bytes) -> None:
    """Random bytes under every known suffix."""
    for suffix in SUFFIXES:
        try:
            _check(default().read(data, f"file{suffix}"))
        except Unreadable as refusal:
            _check_reason(refusal)


@pytest.mark.parametrize("parser", installed(), ids=lambda parser: type(parser).__name__)
@given(data=st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_parsers_alone(parser: Parser, data: bytes) -> None:
    """Each parser keeps the promise by itself, also for bytes that are not its own."""
    try:
        parser.parse(data, f"file{parser.suffixes[0]}")
    except Unreadable as refusal:
        _check_reason(refusal)


@pytest.mark.parametrize("name", VALID)
@given(
    at=st.floats(0, 1),
    change=st.sampled_from(["cut", "flip", "drop", "double", "fill"]),
    seed=st.binary(min_size=1, max_size=6),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
def test_damaged_files(name: str, at: float, change: str, seed: bytes) -> None:
    """A real file damaged at any place."""
    whole = VALID[name]
    place = int(at * (len(whole) - 1))
    end = min(place + len(seed), len(whole))
    damaged = {
        "cut": whole[:place],
        "flip": whole[:place]
        + bytes(a ^ b for a, b in zip(whole[place:end], seed, strict=False))
        + whole[end:],
        "drop": whole[:place] + whole[end:],
        "double": whole[:place] + whole[place:] + whole[place:],
        "fill": whole[:place] + seed * 20 + whole[place:],
    }[change]
    try:
        _check(default().read(damaged, name))
    except Unreadable as refusal:
        _check_reason(refusal)


XML_PARTS = {
    "a.docx": (
        "word/document.xml",
        "w:body w:p w:r w:t w:tbl w:tr w:tc w:pPr w:rPr w:numPr w:del w:tab mc:Fallback",
    ),
    "a.pptx": ("ppt/slides/slide1.xml", "p:sp p:ph a:p a:r a:t a:tbl a:tr a:tc a:pPr a:br p:extLst"),
}


@pytest.mark.parametrize("name", XML_PARTS)
@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_well_formed_nonsense(name: str, data: st.DataObject) -> None:
    """Office XML that is well-formed, with every element where it does not belong."""
    part, tags = XML_PARTS[name]
    elements = st.recursive(
        st.text("ab ", max_size=3),
        lambda inner: st.builds(
            lambda tag, value, children: f'<{tag} w:val="{value}">{"".join(children)}</{tag}>',
            st.sampled_from(tags.split()),
            st.sampled_from(["0", "1", "99999999999", "x", "-1"]),
            st.lists(inner, max_size=4),
        ),
        max_leaves=12,
    )
    with zipfile.ZipFile(io.BytesIO(VALID[name])) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    namespaces = 'xmlns:w="urn:w" xmlns:mc="urn:mc" xmlns:p="urn:p" xmlns:a="urn:a"'
    parts[part] = f"<x {namespaces}>{data.draw(elements)}</x>".encode()
    try:
        _check(default().read(zipped(parts), name))
    except Unreadable as refusal:
        _check_reason(refusal)
