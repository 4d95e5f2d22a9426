"""PDF: the text of each page in reading order, with the outline's headings, form entries and notes."""

import contextlib
import ctypes
import itertools
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

from rivulet.domain.errors import Unreadable
from rivulet.parsers.lettering import BOLD, headings_by_size
from rivulet.parsers.manuscript import Manuscript
from rivulet.parsers.typesetting import (
    BROKEN,
    HYPHENS,
    LEADERS,
    Block,
    Line,
    blocks,
    reordered,
    rows,
    usual_width,
    without_running,
)
from rivulet.ports.knowledge import Parsed

if TYPE_CHECKING:
    from pypdfium2 import PdfBookmark, PdfDocument, PdfPage, PdfTextPage

MAX_PAGES = 5_000
"""At the 165 pages a second of the slowest real pages that is 30 s of the 60 a file may take."""
_MAX_ENTRIES = 2_000
_MAX_OUTLINE = 10_000
_MAY_COPY = 1 << 4
_PASSWORD_ERROR, _SECURITY_ERROR = 4, 5
_BOLD_WEIGHT = 600
_PROGRAM = re.compile(r"^microsoft (?:word|powerpoint|excel) - (.*?)(?:\.\w{3,4})?$", re.I)
_NO_TITLE = re.compile(r"^(untitled|document\d*|slide 1|.*\.(docx?|pptx?|xlsx?|tex|dvi|indd|pdf))?$", re.I)
_TYPOGRAPHIC = re.compile("[\ufb00-\ufb06\u2010\u2011]")
_PLAIN = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_BROKEN_WORD = re.compile("(\\w*)[\ufffe\x02]\\s*(\\w*)")
_PHYSICAL = re.compile("[^\\s\ufffe\x02](?:[^\r\n\ufffe\x02]*[^\\s\ufffe\x02])?(?:[\ufffe\x02]|(?=\\s|$))")
_WORD = re.compile(r"\w+")
_HYPHENED = re.compile(r"\w+-\w+")
_UNKNOWN = re.compile("[\ufffd\ue000-\uf8ff]")


class Pdf:
    suffixes = (".pdf",)
    media_type = "application/pdf"

    def parse(self, data: bytes, filename: str) -> Parsed:
        from pypdfium2 import PdfDocument, PdfiumError  # 9 MB that a folder of text never needs

        try:
            document = PdfDocument(data)
        except PdfiumError as problem:
            raise _refusal(getattr(problem, "err_code", None)) from None
        with contextlib.closing(document):
            _refuse_protected(document)
            return _read(document, self.media_type)


def _refusal(code: int | None) -> Unreadable:
    if code in (_PASSWORD_ERROR, _SECURITY_ERROR):
        return Unreadable("This PDF is password-protected. Remove the password and add it again.")
    return Unreadable("This PDF is damaged and cannot be opened.")


def _refuse_protected(document: "PdfDocument") -> None:
    """Some open without a password, but their owner forbids to copy the text out."""
    from pypdfium2 import raw

    is_protected = cast(int, raw.FPDF_GetSecurityHandlerRevision(document.raw)) >= 0
    if is_protected and not raw.FPDF_GetDocPermissions(document.raw) & _MAY_COPY:
        raise Unreadable(
            "This PDF is password-protected: without its owner's password its text may not be copied out."
        )


def _read(document: "PdfDocument", media_type: str) -> Parsed:
    manuscript = Manuscript()
    outline = _outline(document)
    pages: list[list[Line]] = []
    extras: list[list[str]] = []
    damaged = 0
    for number in range(min(len(document), MAX_PAGES)):
        lines, extra = _page(document, number, with_letters=not outline)
        damaged += lines is None
        pages.append(lines or [])
        extras.append(extra)
    _refuse_textless(pages, damaged)
    _warn(document, pages, damaged, manuscript)
    without_running(pages)
    _write(pages, extras, outline, manuscript)
    title = _title(document)
    if title is None and manuscript.headings:
        title = min(manuscript.headings[:5], key=lambda heading: heading[1])[2]
    return manuscript.parsed(media_type, title)


def _page(document: "PdfDocument", number: int, with_letters: bool) -> tuple[list[Line] | None, list[str]]:
    """The page's lines in reading order and what stands beside the text; None for a page that is damaged."""
    from pypdfium2 import PdfiumError

    try:
        with contextlib.closing(document[number]) as page:
            with contextlib.closing(page.get_textpage()) as text_page:
                lines = list(_lines(text_page, page.get_rotation() == 0, with_letters))
            return rows(reordered(lines)), list(_beside(page))
    except PdfiumError:
        return None, []


def _lines(text_page: "PdfTextPage", is_upright: bool, with_letters: bool) -> Iterator[Line]:
    from pypdfium2 import raw

    text = text_page.get_text_range()
    is_direct = len(text) == text_page.count_chars()
    handle, box = text_page.raw, raw.FS_RECTF()
    place = ctypes.byref(box)
    for part in _PHYSICAL.finditer(text):
        words = " ".join(part[0].split())
        if not words:
            continue
        line = Line(text=words)
        first, last = part.start(), part.end() - 1
        if not is_direct:
            first = raw.FPDFText_GetCharIndexFromTextIndex(handle, first)
            last = raw.FPDFText_GetCharIndexFromTextIndex(handle, last)
        if is_upright and raw.FPDFText_GetLooseCharBox(handle, first, place):
            line.left, line.top, line.bottom = box.left, box.top, box.bottom
            raw.FPDFText_GetLooseCharBox(handle, last, place)
            line.right, line.end_size = box.right, box.top - box.bottom
            if line.left < line.right:  # else it is written upwards, or right to left
                line.size = line.height
        if with_letters and line.size:
            weights = (raw.FPDFText_GetFontWeight(handle, at) for at in (first, last))
            line.is_bold = min(weights) >= _BOLD_WEIGHT
        yield line


def _beside(page: "PdfPage") -> Iterator[str]:
    """What was entered into a form's fields or noted on the page; they are no part of its text."""
    from pypdfium2 import raw

    for position in range(min(raw.FPDFPage_GetAnnotCount(page.raw), _MAX_ENTRIES)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, position)
        if not annotation:
            continue
        try:
            sort = raw.FPDFAnnot_GetSubtype(annotation)
            if sort == raw.FPDF_ANNOT_WIDGET:
                value = _value(annotation, b"V")
                if value and value != "Off":
                    yield f"{_field(annotation)}: {value}"
            elif sort not in (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP):
                note = _value(annotation, b"Contents")
                if note:
                    yield f"Note: {note}"
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def _field(annotation: object) -> str:
    name, hint = _value(annotation, b"T"), _value(annotation, b"TU")
    return f"{name} ({hint})" if name and hint and name != hint else name or hint or "Field"


def _value(annotation: object, key: bytes) -> str:
    from pypdfium2 import raw

    size = raw.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    if not 2 < size < 1 << 20:
        return ""
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFAnnot_GetStringValue(annotation, key, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return " ".join(buffer.raw.decode("utf-16-le", "replace").rstrip("\0").split())


def _outline(document: "PdfDocument") -> dict[int, list[tuple[int, str]]]:
    """(level, title) of the document's own table of contents, by page."""
    from pypdfium2 import PdfiumError

    found: dict[int, list[tuple[int, str]]] = {}
    entries = cast("Iterator[PdfBookmark]", document.get_toc(max_depth=6))
    try:
        for entry in itertools.islice(entries, _MAX_OUTLINE):
            target = entry.get_dest()
            page = cast("int | None", target.get_index()) if target is not None else None
            title = " ".join(entry.get_title().split())
            if page is not None and title:
                found.setdefault(page, []).append((cast(int, entry.level) + 1, title))
    except PdfiumError:
        return {}
    return found


def _refuse_textless(pages: list[list[Line]], damaged: int) -> None:
    if any(pages):
        return
    if damaged:
        raise Unreadable("This PDF is damaged: none of its pages can be read.")
    raise Unreadable("This PDF contains no text (a scan? text recognition is not built in).")


def _warn(document: "PdfDocument", pages: list[list[Line]], damaged: int, manuscript: Manuscript) -> None:
    if len(document) > MAX_PAGES:
        manuscript.warn(f"Only the first {MAX_PAGES:,} of {len(document):,} pages were read.")
    if damaged:
        manuscript.warn(f"{damaged} of {len(pages)} pages are damaged and were not read.")
    empty = sum(1 for page in pages if not page) - damaged
    if empty:
        manuscript.warn(
            f"{empty} of {len(pages)} pages contain no text (scans? text recognition is not built in)."
        )
    attached = document.count_attachments()
    if attached > 0:
        manuscript.warn(f"{attached} attached file{'s were' if attached > 1 else ' was'} not read.")
    letters = sum(len(line.text) for page in pages for line in page)
    unknown = sum(len(_UNKNOWN.findall(line.text)) for page in pages for line in page)
    if unknown > 0.05 * letters:
        manuscript.warn("Much of the text is written in a font that does not say which letters it shows.")


def _write(
    pages: list[list[Line]],
    extras: list[list[str]],
    outline: dict[int, list[tuple[int, str]]],
    out: Manuscript,
) -> None:
    mend = _mender(pages)
    width = usual_width(line for page in pages for line in page)
    lettering: list[tuple[int, float, str]] = []
    before: Block | None = None
    for number, (lines, extra) in enumerate(zip(pages, extras, strict=True)):
        entries = list(outline.get(number, ()))
        found = blocks(lines, width)
        if lines or extra:
            out.page(number + 1)
        for position, block in enumerate(found):
            text = mend(block.text)
            if position == 0 and before is not None and before.goes_on_in(block):
                _flow(before, text, mend, out)
            else:
                start = out.next_line(text) if block.is_close else out.paragraph(text)
                if not _mark(entries, text, start, out) and not block.is_close:
                    first = block.lines[0]
                    lettering.append((start, first.size * (BOLD if first.is_bold else 1.0), text))
            before = block
        for level, title in entries:  # set as a picture or worded differently: the page is right at least
            out.mark(level, title, out.here)
        for entry in extra:
            out.line(entry)
            before = None
        if out.is_full:
            return
    if not outline:
        for start, level, text in headings_by_size(lettering):
            out.mark(level, text, start)


def _flow(before: Block, text: str, mend: Callable[[str], str], out: Manuscript) -> None:
    """Goes on over the end of a page, in the middle of a word if need be."""
    left = before.text.rstrip(BROKEN + "".join(HYPHENS))
    if left == before.text or not text[:1].islower():
        out.flow(text)
        return
    word = left.rpartition(" ")[2]
    keeps_hyphen = "-" in mend(word + BROKEN + text.partition(" ")[0])[len(word) :][:1]
    out.flow(text, between="", drop=0 if keeps_hyphen else 1)


def _mark(entries: list[tuple[int, str]], text: str, start: int, out: Manuscript) -> bool:
    """Whether the text is one of the outline's titles; numbers before it may be missing in the outline."""
    if not entries or len(text) > 400:
        return False
    key = _letters(text)
    for position, (level, title) in enumerate(entries):
        wanted = _letters(title)
        if wanted and wanted in key and len(key) < len(wanted) + 8:
            out.mark(level, title, start)
            del entries[position]
            return True
    return False


def _mender(pages: list[list[Line]]) -> Callable[[str], str]:
    """Words broken at a line's end are joined, unless the document writes them with a hyphen elsewhere."""
    whole: set[str] = set()
    hyphened: set[str] = set()
    texts = [line.text for page in pages for line in page]
    if any("\ufffe" in text or "\x02" in text for text in texts):
        for text in texts:
            lower = text.lower()
            whole.update(_WORD.findall(lower))
            hyphened.update(_HYPHENED.findall(lower))

    def joined(broken: re.Match[str]) -> str:
        left, right = broken[1], broken[2]
        together = left + right
        if together.lower() in whole:
            return together
        keeps = f"{left}-{right}".lower() in hyphened or not (left[-1:].isalpha() and right[:1].islower())
        return f"{left}-{right}" if keeps else together

    def mend(text: str) -> str:
        if _TYPOGRAPHIC.search(text):
            text = _TYPOGRAPHIC.sub(lambda sign: _PLAIN.get(sign[0], "-"), text)
        if "\ufffe" in text or "\x02" in text:
            text = _BROKEN_WORD.sub(joined, text)
        return LEADERS.sub(" … ", text) if "....." in text or ". . . . ." in text else text

    return mend


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def _title(document: "PdfDocument") -> str | None:
    """What the author wrote; not the file name some program put there."""
    stated = " ".join(document.get_metadata_value("Title").split())
    printed = _PROGRAM.match(stated)
    stated = printed[1] if printed else stated
    return None if _NO_TITLE.match(stated) else stated


parser = Pdf()
