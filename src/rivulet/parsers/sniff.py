"""What a file is, by its content: the name only decides where the content leaves it open."""

import io
import re
import zipfile
from typing import Literal

import msgspec

from rivulet.parsers.encoding import wide_encoding


class Kind(msgspec.Struct, frozen=True):
    """`certain` content is read by the parser of `suffix` or not at all; a `container` (a ZIP, an OLE file)
    may be what a parser for the name's suffix expects; `text` is whatever its name says."""

    sort: Literal["certain", "container", "text", "binary"]
    suffix: str
    told: str


_TEXT = Kind("text", "", "text")
_BINARY = Kind("binary", "", "binary data")

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", ".png", "a PNG image"),
    (b"\xff\xd8\xff", ".jpg", "a JPEG image"),
    (b"GIF87a", ".gif", "a GIF image"),
    (b"GIF89a", ".gif", "a GIF image"),
    (b"II*\x00", ".tif", "a TIFF image"),
    (b"MM\x00*", ".tif", "a TIFF image"),
    (b"8BPS\x00", ".psd", "a Photoshop image"),
    (b"\x1f\x8b\x08", ".gz", "a gzip archive"),
    (b"BZh91AY&SY", ".bz2", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", ".xz", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", ".zst", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", ".7z", "a 7z archive"),
    (b"Rar!\x1a\x07", ".rar", "a RAR archive"),
    (b"\x7fELF", ".so", "a program"),
    (b"MZ\x90\x00", ".exe", "a program"),
    (b"\xca\xfe\xba\xbe", ".class", "a program"),
    (b"\xcf\xfa\xed\xfe", ".dylib", "a program"),
    (b"\x00asm", ".wasm", "a program"),
    (b"SQLite format 3\x00", ".sqlite", "a SQLite database"),
    (b"PAR1\x15", ".parquet", "a Parquet file"),
    (b"OggS\x00", ".ogg", "an audio file"),
    (b"fLaC\x00", ".flac", "an audio file"),
    (b"ID3\x03", ".mp3", "an audio file"),
    (b"ID3\x04", ".mp3", "an audio file"),
    (b"\x1aE\xdf\xa3", ".mkv", "a video"),
    (b"wOF2", ".woff2", "a font"),
    (b"wOFF", ".woff", "a font"),
    (b"{\\rtf", ".rtf", "an RTF document"),
)
_OPEN_DOCUMENT = {
    b"application/epub+zip": ".epub",
    b"application/vnd.oasis.opendocument.spreadsheet": ".ods",
    b"application/vnd.oasis.opendocument.text": ".odt",
    b"application/vnd.oasis.opendocument.presentation": ".odp",
}
_OFFICE = (("word/", ".docx"), ("ppt/", ".pptx"), ("xl/", ".xlsx"))
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = (
    ("EncryptedPackage", "certain", ".encrypted", "a password-protected Office document"),
    ("WordDocument", "certain", ".doc", "an old Word document; save it as .docx"),
    ("PowerPoint Document", "certain", ".ppt", "an old PowerPoint file; save it as .pptx"),
    ("Workbook", "certain", ".xls", "an old Excel workbook"),
    ("Book", "certain", ".xls", "an old Excel workbook"),
    ("__properties_version1.0", "certain", ".msg", "an Outlook message; save it as .eml"),
)
_HTML = re.compile(rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html[\s>])", re.I | re.S)
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def sniff(data: bytes) -> Kind:
    head = data[:1024]
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"%PDF-"):
        return Kind("certain", ".pdf", "a PDF")
    for signature, suffix, told in _SIGNATURES:
        if head.startswith(signature):
            return Kind("certain", suffix, told)
    if head[:4] == b"RIFF" and len(head) >= 12:
        return Kind("certain", "." + head[8:12].decode("latin-1").strip().lower(), "an image, sound or video")
    if head[:3] == b"\x00\x00\x00" and head[4:8] == b"ftyp":
        return Kind("certain", ".mp4", "a video or image")
    if head.startswith(_OLE):
        return _ole(data)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip(data)
    if _HTML.match(data[3:4096] if data.startswith(b"\xef\xbb\xbf") else data[:4096]):
        return Kind("text", ".html", "HTML")
    return _TEXT if _is_text(data) else _BINARY


def _is_text(data: bytes) -> bool:
    """A few stray NULs or controls are a blemish, a tenth is a program."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")) or wide_encoding(data):
        return True
    sample = data[:16384]
    return len(_CONTROL.findall(sample)) <= max(2, 0.03 * len(sample)) and (
        sample.count(0) <= max(2, 0.3 * len(sample))
    )


def _ole(data: bytes) -> Kind:
    for stream, sort, suffix, told in _OLE_STREAMS:
        if stream.encode("utf-16-le") in data:
            return Kind(sort, suffix, told)  # type: ignore[arg-type]
    return Kind("container", "", "an OLE file")


def _zip(data: bytes) -> Kind:
    """Also of a damaged archive, whose first names still say what it was."""
    first = data[30:120]
    if first.startswith(b"mimetype"):
        stated = data[38:120]
        for media_type, suffix in _OPEN_DOCUMENT.items():
            if stated.startswith(media_type):
                return Kind("certain", suffix, "an OpenDocument file")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name.lower().lstrip("/") for name in archive.namelist()]
    except Exception:
        names = []
    if "[content_types].xml" in names:
        for folder, suffix in _OFFICE:
            if any(name.startswith(folder) for name in names):
                return Kind("certain", suffix, "an Office document")
    if "meta-inf/container.xml" in names:
        return Kind("certain", ".epub", "an EPUB book")
    return Kind("container", ".zip", "a ZIP archive")
