"""PDF is read as a reader would: column after column, paragraph after paragraph, page by page."""

import re
import time
from collections.abc import Callable

import pytest

from rivulet.domain.errors import Unreadable
from rivulet.parsers import pdf as pdf_parser
from rivulet.ports.knowledge import Parsed
from tests.parsers.made import column, pdf

Read = Callable[[bytes, str], Parsed]
Real = Callable[[str], bytes]

PROSE = [
    "The river rises in the hills above the town and runs for",
    "forty miles through meadows before it meets the sea near",
    "the old harbour, where the boats are mended in winter by",
    "the men who sail them.",
]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


@pytest.fixture(scope="module")
def standard(read: Read, real: Real) -> Parsed:
    """A real standard of 120 pages, set by LaTeX."""
    return read(real("asvs-5.0.0.pdf"), "asvs-5.0.0.pdf")


def test_paragraphs(read: Read) -> None:
    """The lines of a paragraph become one; a gap separates paragraphs; pages are marked."""
    second = column(
        ["Another paragraph stands below it, and it is long enough to", "need a second line."], top=650
    )
    parsed = read(pdf([column(PROSE) + second, column(["Next page."])]), "a.pdf")
    assert parsed.text.split("\n\n") == [
        " ".join(PROSE),
        "Another paragraph stands below it, and it is long enough to need a second line.",
        "Next page.",
    ]
    assert ((0, 1), (parsed.text.index("Next"), 2)) == parsed.pages


def test_columns(read: Read) -> None:
    """Two columns are read one after the other, and a sentence goes on over the gap between them."""
    left = [*PROSE[:3], "the men who sail"]
    right = ["them when the summer returns and the wind has turned to", "the west again."]
    text = read(pdf([column(left, size=8) + column(right, x=330, size=8)]), "a.pdf").text
    assert text == " ".join([*left, *right])


def test_headings_drawn_last(read: Read) -> None:
    """A browser prints a page's headings after its text; they are read where they stand."""
    page = column(PROSE, top=700) + column(PROSE, top=560)
    page += [(50, 730, 20, "The river"), (50, 590, 20, "The harbour")]
    parsed = read(pdf([page]), "a.pdf")
    assert parsed.text == "The river\n\n" + " ".join(PROSE) + "\n\nThe harbour\n\n" + " ".join(PROSE)
    assert [mark[1:] for mark in parsed.headings] == [(1, "The river"), (1, "The harbour")]


def test_cut_words(read: Read) -> None:
    """A word cut at a line's end is whole again; one that has a hyphen anyway keeps it."""
    lines = [
        "It is a well-known fact that the harbour of the town is a harmo-",
        "nious place, and that its boats, which are the most well-",
        "known of the whole coast, are seldom seen without a flag.",
    ]
    text = read(pdf([column(lines)]), "a.pdf").text
    assert "a harmonious place" in text
    assert "the most well-known of the whole coast" in text


def test_word_cut_by_a_page(read: Read) -> None:
    """A paragraph goes on over the page's end, in the middle of a word, and the page is still marked."""
    first = [*PROSE[:3], "the men who sail them in the sum-"]
    parsed = read(pdf([column(first), column(["mer when the wind has turned."])]), "a.pdf")
    assert "sail them in the summer when the wind has turned." in parsed.text
    assert [page for _, page in parsed.pages] == [1, 2]


def test_running_lines(read: Read) -> None:
    """What every page repeats at its top and bottom is read once."""
    pages = [
        [
            (50, 780, 8, "The river guide"),
            *column([f"Page about topic {at}.", "More of it."]),
            (300, 20, 8, str(at)),
        ]
        for at in range(1, 9)
    ]
    text = read(pdf(pages), "a.pdf").text
    assert text.count("The river guide") == 1
    assert all(f"Page about topic {at}." in text for at in range(1, 9))
    assert not re.search(r"^\d$", text, re.M)


def test_numbered_titles_stay(read: Read) -> None:
    """A title that only differs by its number from page to page is no running line."""
    pages = [[*column([f"Lesson {at}"], size=20), *column(PROSE, top=700)] for at in range(1, 7)]
    assert all(f"Lesson {at}" in read(pdf(pages), "a.pdf").text for at in range(1, 7))


def test_tables_keep_their_rows(read: Read, real: Real) -> None:
    """Rows of cells stay rows, they are not run together like prose."""
    text = read(real("multicolumn.pdf"), "multicolumn.pdf").text
    assert "Austria 8.9 83,879 Vienna German\nBelgium 11.5 30,689 Brussels Dutch, French, German\n" in text
    lines = read(real("elements.pdf"), "elements.pdf").text.splitlines()
    assert "int 32-bit signed 2s complement integer Integer" in lines


def test_multicolumn_real(read: Read, real: Real) -> None:
    """A real page in two columns: sentences go on down the column, over to the next and to the next page."""
    parsed = read(real("multicolumn.pdf"), "multicolumn.pdf")
    for sentence in (
        "This is a sample document with two columns filled with Lorem Ipsum text.",
        "consectetuer adipiscing elit. Ut purus elit, vestibulum ut, placerat ac, adipiscing vitae, felis.",
        "Donec aliquet, tortor sed accumsan bibendum, erat ligula aliquet magna,",
        "Nam feugiat lacus vel est. Curabitur consectetuer.",
        "Vestibulum ante ipsum primis in faucibus orci luctus et ultrices posuere cubilia Curae;",
    ):
        assert sentence in parsed.text
    assert "\ufffe" not in parsed.text
    assert "- " not in parsed.text
    assert [page for _, page in parsed.pages] == [1, 2, 3]


def test_real_web_pages(read: Read, real: Real) -> None:
    """Two real articles printed by a browser: whole paragraphs below the right headings."""
    parsed = read(real("Red_team.pdf"), "Red_team.pdf")
    assert parsed.headings[0] == (0, 1, "Red team")
    history, security = (
        next(mark for mark in parsed.headings if mark[2] == name) for name in ("History", "Cybersecurity")
    )
    assert history[1] == security[1] == 2
    between = parsed.text[history[0] : security[0]]
    assert "The concept of red teaming and blue teaming emerged in the early 1960s." in between
    assert "which government contractor should be awarded an experimental aircraft contract." in between
    hacker = read(real("Security_hacker.pdf"), "Security_hacker.pdf")
    assert hacker.title == "Security hacker - Wikipedia"
    assert 'often referred to as the "computer underground".' in hacker.text
    assert (3, "Birth of subculture and entering mainstream: 1960s–1980s") in [
        mark[1:] for mark in hacker.headings
    ]


def test_same_sections_as_word(read: Read, real: Real, standard: Parsed) -> None:
    """The same standard as PDF and as Word document has the same sections and the same words."""
    word = read(real("asvs-5.0.0.docx"), "asvs-5.0.0.docx")

    def names(parsed: Parsed) -> list[str]:
        return [" ".join(_words(heading)) for _, _, heading in parsed.headings]

    in_pdf, in_word = names(standard), names(word)
    assert len(in_word) > 200
    assert len(set(in_word) - set(in_pdf)) <= 0.02 * len(in_word)
    shared = set(in_pdf) & set(in_word)
    assert [name for name in in_pdf if name in shared] == [name for name in in_word if name in shared]
    wanted, got = set(_words(word.text)), set(_words(standard.text))
    assert len(wanted & got) / len(wanted) > 0.97
    assert standard.title == word.title == "Application Security Verification Standard"


def test_sections_stand_at_their_headings(standard: Parsed) -> None:
    """Nearly every entry of the outline is found on its page, word by word."""
    found = sum(
        _words(heading) == _words(standard.text[at : at + len(heading) + 12])[: len(_words(heading))]
        for at, _, heading in standard.headings
    )
    assert found >= 0.98 * len(standard.headings)
    assert list(standard.headings) == sorted(standard.headings)


def test_rows_of_a_real_table(standard: Parsed) -> None:
    """A requirement stands in one line with its number and its level."""
    (line,) = [line for line in standard.text.splitlines() if line.startswith("1.2.4 ")]
    assert "parameterized queries, ORMs, entity frameworks" in line
    assert line.endswith("| 1")


def test_pages_of_a_real_document(standard: Parsed) -> None:
    """Every page of the document is marked, in order, where its text begins."""
    assert [number for _, number in standard.pages] == list(range(1, 121))
    at = next(offset for offset, number in standard.pages if number == 14)
    assert standard.text[at:].startswith("Level evaluation")


def test_form(read: Read, real: Real) -> None:
    """What was entered into a form is read with the field's name."""
    text = read(real("forms.pdf"), "forms.pdf").text
    assert "Gender List Box (Select from list): Man" in text
    assert "Height Formatted Field (Value from 40 to 250 cm): 150" in text
    assert ": Off" not in text


def test_notes_and_attached_files(read: Read, real: Real) -> None:
    """Notes on a page are read; a file attached to it is told."""
    parsed = read(real("annotations.pdf"), "annotations.pdf")
    assert "Note: text file" in parsed.text
    assert parsed.warnings == ("1 attached file was not read.",)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("encrypted.pdf", "password-protected"),
        ("corrupt.pdf", "damaged"),
        ("scanned.pdf", "no text"),
        ("empty.pdf", "no text"),
    ],
)
def test_unreadable(read: Read, real: Real, name: str, reason: str) -> None:
    """What cannot be read is refused in words that say why."""
    with pytest.raises(Unreadable, match=reason):
        read(real(name), name)


def test_pages_without_text(read: Read) -> None:
    """Scanned pages between others are told."""
    parsed = read(pdf([column(["One."]), [], column(["Three."]), []]), "a.pdf")
    assert parsed.warnings == ("2 of 4 pages contain no text (scans? text recognition is not built in).",)
    assert [page for _, page in parsed.pages] == [1, 3]


def test_too_many_pages(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the most pages the rest is left out and told."""
    monkeypatch.setattr(pdf_parser, "MAX_PAGES", 2)
    parsed = read(pdf([column([f"Page {at}."]) for at in range(5)]), "a.pdf")
    assert (
        parsed.text,
        parsed.warnings,
    ) == ("Page 0.\n\nPage 1.", ("Only the first 2 of 5 pages were read.",))


@pytest.mark.parametrize(
    ("stated", "title"),
    [
        ("A fine title", "A fine title"),
        ("Microsoft Word - The plan.docx", "The plan"),
        ("untitled", "my file"),
        ("report-final.docx", "my file"),
        ("", "my file"),
    ],
)
def test_title(read: Read, stated: str, title: str) -> None:
    """The stated title counts unless a program wrote it."""
    assert title == read(pdf([column(["Words."])], title=stated), "my_file.pdf").title


def test_leaders_and_ligatures(read: Read) -> None:
    """The dots of a table of contents are cut short."""
    text = read(
        pdf([column(["Introduction . . . . . . . . . . . . . . . . . 7", "Method ............ 12"])]), "a.pdf"
    ).text
    assert text == "Introduction … 7\nMethod … 12"


def test_damaged_middle(read: Read) -> None:
    """A file whose end is cut off is read when its pages are there, else told as damaged."""
    whole = pdf([column(PROSE)])
    assert "river" in read(whole[: whole.index(b"startxref")], "a.pdf").text
    for cut in range(20, 200, 37):
        with pytest.raises(Unreadable, match="damaged"):
            read(whole[:cut], "a.pdf")


@pytest.mark.alone
def test_speed(real: Real) -> None:
    """A real document is read at more than 100 pages per second of CPU (measured: 290 on a quiet core)."""
    data = real("asvs-5.0.0.pdf")
    started = time.process_time()
    parsed = pdf_parser.parser.parse(data, "asvs-5.0.0.pdf")
    assert len(parsed.pages) / (time.process_time() - started) > 100
