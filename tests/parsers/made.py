"""Small files of every format, made on the spot."""

import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)


def zipped(parts: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def relationships(targets: Iterable[tuple[str, str, str]]) -> str:
    """(id, last word of the type, target)"""
    lines = "".join(
        f'<Relationship Id="{key}" Type="{R}/{sort}" Target="{target}"/>' for key, sort, target in targets
    )
    return f'<Relationships xmlns="{_PACKAGE}">{lines}</Relationships>'


def docx(body: str, **parts: str) -> bytes:
    """`body` is WordprocessingML with the prefix w; `parts` are styles, numbering, footnotes, core."""
    related = [(f"r{name}", name, f"{name}.xml") for name in parts if name != "core"]
    main = [("r1", "officeDocument", "word/document.xml")]
    if "core" in parts:
        main.append(("r2", "metadata/core-properties", "docProps/core.xml"))
    content: dict[str, str | bytes] = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": relationships(main),
        "word/_rels/document.xml.rels": relationships(related),
        "word/document.xml": f'<w:document xmlns:w="{W}" xmlns:mc="urn:mc"><w:body>{body}</w:body>'
        "</w:document>",
    }
    for name, text in parts.items():
        content["docProps/core.xml" if name == "core" else f"word/{name}.xml"] = text
    return zipped(content)


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def table(rows: Iterable[Iterable[str]], header: bool = False) -> str:
    lines: list[str] = []
    for number, row in enumerate(rows):
        mark = "<w:trPr><w:tblHeader/></w:trPr>" if header and not number else ""
        cells = "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row)
        lines.append(f"<w:tr>{mark}{cells}</w:tr>")
    return f"<w:tbl><w:tblGrid/>{''.join(lines)}</w:tbl>"


def styles(**named: str) -> str:
    """Paragraph styles: id to the XML inside."""
    inside = "".join(f'<w:style w:styleId="{key}">{xml}</w:style>' for key, xml in named.items())
    return f'<w:styles xmlns:w="{W}">{inside}</w:styles>'


def pptx(
    slides: Mapping[str, str],
    order: Iterable[str],
    notes: Mapping[str, str] | None = None,
    hidden: Iterable[str] = (),
) -> bytes:
    """`slides` by their number in the file, `order` as they are shown."""
    notes, hidden = notes or {}, set(hidden)
    ids = "".join(f'<p:sldId id="{256 + at}" r:id="s{number}"/>' for at, number in enumerate(order))
    content: dict[str, str | bytes] = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": relationships([("r1", "officeDocument", "ppt/presentation.xml")]),
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{P}" xmlns:r="{R}"><p:sldIdLst>{ids}</p:sldIdLst>'
        "</p:presentation>",
        "ppt/_rels/presentation.xml.rels": relationships(
            (f"s{number}", "slide", f"slides/slide{number}.xml") for number in slides
        ),
    }
    for number, shapes in slides.items():
        content[f"ppt/slides/slide{number}.xml"] = (
            f'<p:sld xmlns:p="{P}" xmlns:a="{A}" show="{int(number not in hidden)}">'
            f"<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>"
        )
    for number, text in notes.items():
        content[f"ppt/slides/_rels/slide{number}.xml.rels"] = relationships(
            [("n", "notesSlide", f"../notesSlides/notes{number}.xml")]
        )
        content[f"ppt/notesSlides/notes{number}.xml"] = (
            f'<p:notes xmlns:p="{P}" xmlns:a="{A}">{shape(text, "body")}{shape(number, "sldNum")}</p:notes>'
        )
    return zipped(content)


def shape(text: str, placeholder: str = "") -> str:
    mark = f'<p:nvSpPr><p:nvPr><p:ph type="{placeholder}"/></p:nvPr></p:nvSpPr>' if placeholder else ""
    lines = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in text.split("\n"))
    return f"<p:sp>{mark}<p:txBody>{lines}</p:txBody></p:sp>"


def xlsx(sheets: Mapping[str, str], hidden: Iterable[str] = ()) -> bytes:
    """Sheet name to the XML of its rows, see `row`."""
    hidden = set(hidden)
    names = ""
    for at, name in enumerate(sheets, 1):
        state = "hidden" if name in hidden else "visible"
        names += f'<sheet name="{name}" sheetId="{at}" r:id="r{at}" state="{state}"/>'
    content: dict[str, str | bytes] = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": relationships([("r1", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{S}" xmlns:r="{R}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relationships(
            (f"r{at}", "worksheet", f"worksheets/sheet{at}.xml") for at in range(1, len(sheets) + 1)
        ),
    }
    for at, rows in enumerate(sheets.values(), 1):
        content[f"xl/worksheets/sheet{at}.xml"] = (
            f'<worksheet xmlns="{S}"><sheetData>{rows}</sheetData></worksheet>'
            if "<sheetData>" not in rows
            else f'<worksheet xmlns="{S}">{rows}</worksheet>'
        )
    return zipped(content)


def row(number: int, *cells: str | float | None) -> str:
    inside = ""
    for column, cell in zip("ABCDEFGH", cells, strict=False):
        at = f"{column}{number}"
        if isinstance(cell, str):
            inside += f'<c r="{at}" t="inlineStr"><is><t>{cell}</t></is></c>'
        elif cell is not None:
            inside += f'<c r="{at}"><v>{cell}</v></c>'
    return f'<row r="{number}">{inside}</row>'


def epub(chapters: Mapping[str, str], spine: Iterable[str], extra: Mapping[str, str] | None = None) -> bytes:
    items = "".join(
        f'<item id="{name}" href="{name}.xhtml" media-type="application/xhtml+xml"'
        f"{' properties=' + chr(34) + 'nav' + chr(34) if name == 'nav' else ''}/>"
        for name in chapters
    )
    refs = "".join(f'<itemref idref="{name}"/>' for name in spine)
    content: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container xmlns="urn:c"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
        "OEBPS/book.opf": '<package xmlns="urn:p"><metadata xmlns:dc="urn:dc"><dc:title>The Book</dc:title>'
        f"</metadata><manifest>{items}</manifest><spine>{refs}</spine></package>",
        **(extra or {}),
    }
    for name, body in chapters.items():
        content[f"OEBPS/{name}.xhtml"] = (
            f'<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
            f"<head><title>{name}</title></head><body>{body}</body></html>"
        )
    return zipped(content)


def pdf(pages: Iterable[Iterable[tuple[float, float, float, str]]], title: str = "") -> bytes:
    """Pages of (x, y, size, text), drawn in the given order in Helvetica."""
    drawn = [
        " ".join(f"BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET" for x, y, size, text in page).encode("latin-1")
        for page in pages
    ]
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>"
        % (len(drawn), b" ".join(b"%d 0 R" % (5 + 2 * at) for at in range(len(drawn)))),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<</Title(%s)>>" % title.encode("latin-1"),
    ]
    for at, content in enumerate(drawn):
        packed = zlib.compress(content)
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F1 3 0 R>>>>"
            b"/Contents %d 0 R>>" % (6 + 2 * at)
        )
        objects.append(b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed))
    out = bytearray(b"%PDF-1.7\n")
    places: list[int] = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R/Info 4 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    return bytes(out)


def column(
    lines: Iterable[str], x: float = 50, top: float = 750, size: float = 10
) -> list[tuple[float, float, float, str]]:
    """Lines below each other, as `pdf` takes them."""
    return [(x, top - 1.2 * size * at, size, line) for at, line in enumerate(lines)]
