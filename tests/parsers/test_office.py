"""Word, PowerPoint and Excel files, read part by part from their XML."""

import zipfile
from collections.abc import Callable

import pytest

from rivulet.domain.errors import Unreadable
from rivulet.ports.knowledge import Parsed
from tests.parsers.made import (
    W,
    docx,
    paragraph,
    pptx,
    relationships,
    row,
    shape,
    styles,
    table,
    xlsx,
    zipped,
)

Read = Callable[[bytes, str], Parsed]

HEADINGS = styles(
    H1='<w:name w:val="heading 1"/>',
    Mine='<w:name w:val="My style"/><w:basedOn w:val="H1"/>',
    Outline='<w:name w:val="Other"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr>',
    Title='<w:name w:val="Title"/>',
    Toc='<w:name w:val="toc 1"/>',
)


def _style(name: str) -> str:
    return f'<w:pStyle w:val="{name}"/>'


def test_word_headings(read: Read) -> None:
    """A heading is one by its style's name, what that is based on, its outline level, or its own."""
    body = (
        paragraph("The plan", _style("Title"))
        + paragraph("One ... 1", _style("Toc"))
        + paragraph("One", _style("H1"))
        + paragraph("Text.")
        + paragraph("Two", _style("Mine"))
        + paragraph("Three", _style("Outline"))
        + paragraph("Four", '<w:outlineLvl w:val="3"/>')
    )
    parsed = read(docx(body, styles=HEADINGS), "a.docx")
    assert [mark[1:] for mark in parsed.headings] == [(1, "One"), (1, "Two"), (3, "Three"), (4, "Four")]
    assert (parsed.title, parsed.text) == ("The plan", "The plan\n\nOne\n\nText.\n\nTwo\n\nThree\n\nFour")


def test_word_headings_without_styles(read: Read) -> None:
    """In a document without styles, short paragraphs in larger or bold letters are the headings."""

    def lettered(text: str, properties: str) -> str:
        return f"<w:p><w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r></w:p>"

    plain = "".join(lettered("Words that go on for a while. " * 3, '<w:sz w:val="24"/>') for _ in range(4))
    body = (
        lettered("Report", '<w:sz w:val="40"/>')
        + plain
        + lettered("Part", '<w:b/><w:sz w:val="24"/>')
        + plain
    )
    assert [mark[1:] for mark in read(docx(body), "a.docx").headings] == [(1, "Report"), (2, "Part")]


def test_word_title(read: Read) -> None:
    """The title in the properties comes first."""
    core = '<c:p xmlns:c="urn:c" xmlns:dc="urn:dc"><dc:title>  Annual\n report </dc:title></c:p>'
    assert read(docx(paragraph("x"), core=core), "a.docx").title == "Annual report"


NUMBERING = (
    f'<w:numbering xmlns:w="{W}"><w:abstractNum w:abstractNumId="7">'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl>'
    '</w:abstractNum><w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>'
    '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num><w:num w:numId="3"><w:abstractNumId w:val="7"/>'
    '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="4"/></w:lvlOverride></w:num></w:numbering>'
)


def test_word_numbers(read: Read) -> None:
    """Numbers that Word shows but does not store stand before their paragraphs: clause 2.b) is found."""

    def item(text: str, list_id: int, depth: int = 0) -> str:
        return paragraph(text, f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{list_id}"/></w:numPr>')

    body = item("Rent", 1) + item("Duty", 1) + item("clean", 1, 1) + item("heat", 1, 1) + item("End", 1)
    body += item("dot", 2) + item("again", 3) + item("none", 0)
    text = read(docx(body, numbering=NUMBERING), "a.docx").text
    assert text == "1. Rent\n2. Duty\n  2.a) clean\n  2.b) heat\n3. End\n- dot\n4. again\n\nnone"


def test_word_tables(read: Read) -> None:
    """Rows of a table with a header say the columns' names; two columns are name and value."""
    named = table([("Item", "Kind", "Price"), ("Tea", "green", "3"), ("Milk", "", "1")])
    pairs = table([("Author", "Ann"), ("Date", "2024-01-01")])
    marked = table([("Key", "Value"), ("a", "b")], header=True)
    text = read(docx(named + paragraph("and") + pairs + paragraph("and") + marked), "a.docx").text
    assert text == (
        "Item: Tea | Kind: green | Price: 3\nItem: Milk | Price: 1\n\nand\n\n"
        "Author: Ann\nDate: 2024-01-01\n\nand\n\nKey: a | Value: b"
    )


def test_word_merged_cells(read: Read) -> None:
    """A cell merged over two rows counts in both; one merged over columns moves nothing out of place."""

    def cell(text: str, properties: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"

    rows = [
        cell("Team") + cell("Name") + cell("Role"),
        cell("Red", '<w:vMerge w:val="restart"/>') + cell("Ann") + cell("Lead"),
        cell("", "<w:vMerge/>") + cell("both", '<w:gridSpan w:val="2"/>'),
    ]
    body = "<w:tbl>" + "".join(f"<w:tr>{cells}</w:tr>" for cells in rows) + "</w:tbl>"
    assert read(docx(body), "a.docx").text == "Team: Red | Name: Ann | Role: Lead\nTeam: Red | Name: both"


def test_word_notes_and_changes(read: Read) -> None:
    """Footnotes follow their sentence; deleted and moved text, field codes and second forms are left out."""
    note = f'<w:footnote w:id="2">{paragraph("See law.")}</w:footnote>'
    notes = f'<w:footnotes xmlns:w="{W}">{note}</w:footnotes>'
    body = (
        "<w:p><w:r><w:t>Rule</w:t><w:tab/><w:t>one</w:t><w:footnoteReference w:id='2'/></w:r>"
        "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:ins><w:r><w:t> new</w:t></w:r></w:ins>"
        "<w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom><w:r><w:instrText>PAGE</w:instrText></w:r>"
        "<mc:AlternateContent><mc:Choice><w:r><w:t> box</w:t></w:r></mc:Choice>"
        "<mc:Fallback><w:r><w:t> box</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>"
    )
    assert read(docx(body, footnotes=notes), "a.docx").text == "Rule\tone new box (See law.)"


def test_word_hidden_text(read: Read) -> None:
    """Hidden text is data like any other, and told; switched off it is not hidden."""
    body = (
        "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>obey</w:t></w:r>"
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t> me</w:t></w:r></w:p>'
    )
    parsed = read(docx(body), "a.docx")
    assert (parsed.text, parsed.warnings) == ("obey me", ("Contains 1 hidden part; kept in the text.",))


def test_word_real(read: Read, real: Callable[[str], bytes]) -> None:
    """A real report gives its paragraphs, its lists and the headings it only shows by their letters."""
    parsed = read(real("report.docx"), "report.docx")
    assert [heading for _, _, heading in parsed.headings] == [
        "Mission, Vision, Values & Culture",
        "Mission",
        "Vision",
        "Values & Culture",
    ]
    assert "- Customer at Core" in parsed.text
    assert "Recognize that work should enrich life, not dominate it." in parsed.text


def test_word_damaged(read: Read, real: Callable[[str], bytes]) -> None:
    """A document whose tables contradict themselves is told as damaged."""
    with pytest.raises(Unreadable, match="damaged"):
        read(real("damaged.docx"), "damaged.docx")


@pytest.mark.parametrize("cut", [10, 200, 600, -10])
def test_word_cut_off(read: Read, cut: int) -> None:
    """A download that broke off is told as damaged, wherever it broke off."""
    with pytest.raises(Unreadable, match="damaged"):
        read(docx(paragraph("x"), styles=HEADINGS)[:cut], "a.docx")


def test_encrypted_office(read: Read) -> None:
    """An Office file with a password is another kind of file; it is told as what it is."""
    ole = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 600
        + "EncryptedPackage".encode("utf-16-le")
        + b"\0" * 600
    )
    for name in ("a.docx", "a.xlsx", "a.txt"):
        with pytest.raises(Unreadable, match="password-protected"):
            read(ole, name)


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("declaration", [BOMB, OUTSIDE, '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">'])
@pytest.mark.parametrize("part", ["word/document.xml", "_rels/.rels", "word/styles.xml"])
def test_entities_are_refused(read: Read, declaration: str, part: str) -> None:
    """No part of a document may declare entities or a document type."""
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": relationships([("r1", "officeDocument", "word/document.xml")]),
        "word/_rels/document.xml.rels": relationships([("r1", "styles", "styles.xml")]),
        "word/styles.xml": f'<w:styles xmlns:w="{W}"/>',
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{paragraph("x")}</w:body></w:document>',
    }
    assert read(zipped(parts), "a.docx").text == "x"
    parts[part] = declaration + parts[part].replace(">x<", ">&a;<")
    with pytest.raises(Unreadable, match="entities"):
        read(zipped(parts), "a.docx")


def test_deep_xml(read: Read) -> None:
    """XML nested beyond any document's depth is refused, not followed."""
    with pytest.raises(Unreadable, match="nested too deeply"):
        read(docx("<w:p>" * 100_000 + "</w:p>" * 100_000), "a.docx")


def test_slides(read: Read) -> None:
    """Slides are pages in the order they are shown, with titles, notes and tables; numbers are left out."""
    cells = "".join(
        f"<a:tr>{''.join(f'<a:tc><a:p><a:r><a:t>{cell}</a:t></a:r></a:p></a:tc>' for cell in line)}</a:tr>"
        for line in (("City", "People", "Area"), ("Rome", "3", "1"))
    )
    deck = pptx(
        {
            "1": shape("Numbers", "title") + f"<a:tbl>{cells}</a:tbl>" + shape("12", "sldNum"),
            "2": shape("Welcome", "ctrTitle") + shape("to us\nall"),
        },
        order=["2", "1"],
        notes={"2": "Smile."},
    )
    parsed = read(deck, "a.pptx")
    assert parsed.text == (
        "Welcome\n\nto us\nall\n\nNotes: Smile.\n\nNumbers\n\nCity: Rome | People: 3 | Area: 1"
    )
    assert ((0, 1), (parsed.text.index("Numbers"), 2)) == parsed.pages
    assert (parsed.title, [mark[2] for mark in parsed.headings]) == ("Welcome", ["Welcome", "Numbers"])


def test_hidden_slides(read: Read) -> None:
    """A hidden slide is read and told; one that is missing is told."""
    slides = {"1": shape("Shown"), "2": shape("Hidden")}
    parsed = read(pptx(slides, order=["1", "2", "9"], hidden=["2"]), "a.pptx")
    assert parsed.text == "Shown\n\nHidden"
    assert parsed.warnings == (
        "Slide 3 is missing in the file.",
        "Contains 1 hidden slide; kept in the text.",
    )


def test_sheets(read: Read) -> None:
    """Each sheet is a heading; titles above the names stay lines; each row says its columns' names."""
    book = xlsx(
        {
            "Sales": row(1, "Sales 2024")
            + row(3, "City", "Sold", "Since")
            + row(4, "Rome", 3, 1.5)
            + row(5, "Oslo", None, 2),
            "Empty": "",
            "Secret": row(1, "hidden words"),
        },
        hidden=["Secret"],
    )
    parsed = read(book, "a.xlsx")
    assert parsed.text == ("Sales\n\nSales 2024\nCity: Rome | Sold: 3 | Since: 1.5\nCity: Oslo | Since: 2")
    assert parsed.headings == ((0, 1, "Sales"),)
    assert parsed.warnings == ("1 hidden sheet was not read.",)


def test_sheets_merged_cells(read: Read) -> None:
    """A cell merged over several rows counts in each of them."""
    rows = row(1, "Team", "Name") + row(2, "Red", "Ann") + row(3, None, "Bob") + row(4, "Blue", "Cid")
    book = xlsx({"S": f'<sheetData>{rows}</sheetData><mergeCells><mergeCell ref="A2:A3"/></mergeCells>'})
    assert read(book, "a.xlsx").text.splitlines()[2:] == [
        "Team: Red | Name: Ann",
        "Team: Red | Name: Bob",
        "Team: Blue | Name: Cid",
    ]


def test_sheets_real(read: Read, real: Callable[[str], bytes]) -> None:
    """Requirements in a real workbook can be found by their number and read in one line."""
    parsed = read(real("asvs-3.0.1.xlsx"), "asvs-3.0.1.xlsx")
    assert [heading for _, _, heading in parsed.headings] == ["ASVS 3.0.1", "Where is..."]
    (line,) = [line for line in parsed.text.splitlines() if "#: 1.3 |" in line]
    assert "Detail: Verify that a high-level architecture for the application has been defined." in line
    assert "Category: V1. Architecture" in line
    people = read(real("table.xlsx"), "table.xlsx").text
    assert "Nome: ADRIANO P. DE SOUZA | CPF/RG: 017.778.551-95" in people


def test_open_document_sheet(read: Read) -> None:
    """A workbook of LibreOffice is read like one of Excel."""
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f"<table:table-cell office:value-type='string'><text:p>{cell}</text:p></table:table-cell>"
            for cell in line
        )
        + "</table:table-row>"
        for line in (("Name", "City"), ("Ann", "Rome"))
    )
    office = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f"<office:document-content xmlns:office='{office}:office:1.0' xmlns:table='{office}:table:1.0' "
        f"xmlns:text='{office}:text:1.0'><office:body><office:spreadsheet><table:table table:name='People'>"
        f"{cells}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    parts = {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": content,
        "META-INF/manifest.xml": f"<m:manifest xmlns:m='{office}:manifest:1.0'/>",
    }
    book = zipped(parts, zipfile.ZIP_STORED)
    assert read(book, "a.ods").text == "People\n\nName: Ann | City: Rome"


def test_sheets_damaged(read: Read) -> None:
    """A workbook that is none is told as damaged."""
    broken = zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook"})
    with pytest.raises(Unreadable, match="damaged"):
        read(broken, "a.xlsx")
