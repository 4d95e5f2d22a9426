"""Bytes become text once, at one boundary, and what had to be assumed is told."""

import codecs
from collections.abc import Callable

import pytest

from rivulet.domain.errors import Unreadable
from rivulet.parsers import boundary
from rivulet.parsers.boundary import admitted
from rivulet.ports.knowledge import Parsed

Read = Callable[[bytes, str], Parsed]

GREETING = "Grüße an Ærøskøbing, 東京 und Ελλάδα.\nZweite Zeile."


@pytest.mark.parametrize(
    "data",
    [
        GREETING.encode(),
        codecs.BOM_UTF8 + GREETING.encode(),
        codecs.BOM_UTF16_LE + GREETING.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + GREETING.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + GREETING.encode("utf-32-le"),
        codecs.BOM_UTF32_BE + GREETING.encode("utf-32-be"),
    ],
    ids=["utf-8", "utf-8 mark", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"],
)
def test_marked(read: Read, data: bytes) -> None:
    """Every Unicode encoding is read by its mark, which is no part of the text."""
    parsed = read(data, "a.txt")
    assert (parsed.text, parsed.warnings) == (GREETING, ())


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_unmarked_utf16(read: Read, encoding: str) -> None:
    """UTF-16 without a mark is recognised by its zeros."""
    assert (
        read("Plain letters, written wide.".encode(encoding), "a.txt").text == "Plain letters, written wide."
    )


OLD = {
    "cp1252": "Café “naïve” für Åse – 50 € und mehr. Größe, Übermut, Straße.",
    "cp1251": "Быстрая коричневая лиса перепрыгивает через ленивую собаку.",
    "koi8_r": "Быстрая коричневая лиса перепрыгивает через ленивую собаку.",
    "cp1253": "Η γρήγορη καφέ αλεπού πηδάει πάνω από το τεμπέλικο σκυλί.",
    "cp932": "これは日本語の文章です。東京は日本の首都であり、とても大きな都市です。",
    "euc_jp": "これは日本語の文章です。東京は日本の首都であり、とても大きな都市です。",
    "gb18030": "这是一个中文句子。北京是中国的首都，也是一个很大的城市。",
    "big5": "這是一個中文句子。台北是一個很大的城市，我們在這裡說中文。",
    "euc_kr": "이것은 한국어 문장입니다. 서울은 대한민국의 수도이며 큰 도시입니다.",
}


@pytest.mark.parametrize("encoding", OLD)
def test_old_encodings(read: Read, encoding: str) -> None:
    """Text in an old encoding is guessed by its letters, and the guess is told."""
    parsed = read(OLD[encoding].encode(encoding), "a.txt")
    assert OLD[encoding] == parsed.text
    assert "encoding is not stated" in parsed.warnings[0]


def test_latin_is_not_taken_for_chinese(read: Read) -> None:
    """A page of French, German and Danish with single accents stays Latin."""
    text = "L'été où Zoë naquit à Besançon; für über Öl, æ ø å, señor, ¿qué? " * 40
    assert text == read(text.encode("cp1252"), "a.txt").text


def test_damaged_utf8(read: Read) -> None:
    """A few broken bytes in UTF-8 are replaced and counted, the rest stays whole."""
    parsed = read("Größe und Straße, Übermut, Ärger".encode() + b" \xff and \xc3 end", "a.txt")
    assert "Größe und Straße" in parsed.text
    assert parsed.warnings == ("2 invalid bytes were replaced.",)


def test_cleaned(read: Read) -> None:
    """NUL and control characters go, every kind of line end becomes one."""
    data = b"one\x00 two\r\nthree\rfour\x0cfive \x1b[31mred\x07 six seven eight nine ten eleven twelve"
    assert read(data, "a.txt").text.startswith("one two\nthree\nfour\nfive [31mred six")


def test_lone_surrogates() -> None:
    """A parser of a stranger may return lone surrogates; they never get further."""
    parsed = admitted(Parsed(text="a\ud800b", title="t\udfff", warnings=("w\ud800",)), "x")
    assert (parsed.text, parsed.title, parsed.warnings) == ("ab", "t", ("w",))
    parsed.text.encode()


def test_marks_move_with_the_text() -> None:
    """Headings and pages stay where they were when characters before them are removed."""
    text = "\x00\x00intro\r\n\x00Head\r\nbody"
    at = text.index("Head")
    parsed = admitted(Parsed(text=text, headings=((at, 1, "Head"),), pages=((0, 1), (at, 2))), "x")
    (place, _, heading) = parsed.headings[0]
    assert heading == parsed.text[place : place + 4]
    assert parsed.pages == ((0, 1), (place, 2))


def test_marks_inside_what_is_removed() -> None:
    """Even a mark inside a removed stretch keeps the marks in ascending order."""
    text = "ab" + "\x00" * 10 + "cd"
    marks = tuple((offset, offset) for offset in range(len(text) + 1))
    offsets = [offset for offset, _ in admitted(Parsed(text=text, pages=marks), "x").pages]
    assert offsets == sorted(offsets)
    assert (offsets[0], offsets[-1]) == (0, 4)


def test_hidden_instructions_are_told(read: Read) -> None:
    """Tag characters and zero-width characters stay in the text and are counted in the warnings."""
    tagged = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")
    parsed = read(f"Hello{tagged} wor\u200bld \u202eabc".encode(), "a.txt")
    assert tagged in parsed.text
    assert parsed.warnings == (
        "Contains 4 invisible tag characters; kept as they are.",
        "Contains 1 zero-width character; kept as they are.",
        "Contains 1 character that changes the writing direction; kept as they are.",
    )


def test_flags_are_no_secret(read: Read) -> None:
    """The flag of England is spelt with tag characters, and joiners hold emoji and Persian together."""
    flag = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
    assert read(f"{flag} 👩\u200d👩\u200d👧 می\u200cخواهم".encode(), "a.txt").warnings == ()


@pytest.mark.parametrize("data", [b"   \n\t ", b"\xef\xbb\xbf", b"\x00"])
def test_blank(read: Read, data: bytes) -> None:
    """A file of nothing but blanks is refused, with the reason."""
    with pytest.raises(Unreadable, match="no text"):
        read(data, "a.txt")


def test_empty(read: Read) -> None:
    """A file of 0 bytes is refused, with the reason."""
    with pytest.raises(Unreadable, match="is empty"):
        read(b"", "a.pdf")


def test_too_long(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes beyond the longest text is left out and told."""
    monkeypatch.setattr(boundary, "MAX_CHARS", 10)
    parsed = read(b"0123456789abc", "a.txt")
    assert (parsed.text, parsed.warnings) == ("0123456789", ("Only the first 10 characters were read.",))


@pytest.mark.parametrize(
    ("filename", "title"),
    [("annual_report.txt", "annual report"), ("C:\\docs\\plan b.txt", "plan b"), ("../../x.txt", "x")],
)
def test_title_from_name(read: Read, filename: str, title: str) -> None:
    """A text without a title is called by its file, without folders and suffix."""
    assert title == read(b"words", filename).title


def test_underlined_titles(read: Read) -> None:
    """reStructuredText titles are headings; the first sign is the first level, also with CRLF."""
    parsed = read(b"Guide\r\n=====\r\n\r\nInstall\r\n-------\r\nRun it.\r\n\r\nUse\r\n-----\r\n", "guide.rst")
    assert [mark[1:] for mark in parsed.headings] == [(1, "Guide"), (2, "Install"), (2, "Use")]
    assert all(parsed.text[at:].startswith(words) for at, _, words in parsed.headings)
    assert parsed.title == "Guide"


def test_rulers_are_no_titles(read: Read) -> None:
    """A line of signs below a longer line or below signs is no underline."""
    assert read(b"a long line of text here\n---\n*****\n*****\n", "a.rst").headings == ()


def test_asciidoc(read: Read) -> None:
    """AsciiDoc's equals signs count the level."""
    parsed = read(b"= Book\n\nText.\n\n== Part one\n\nMore.\n", "a.adoc")
    assert [mark[1:] for mark in parsed.headings] == [(1, "Book"), (2, "Part one")]
