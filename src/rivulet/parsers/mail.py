"""Mail messages: who, when, what about, the text; attached text and forwarded messages below."""

import email
import email.policy
from email.errors import MessageError
from email.message import EmailMessage
from typing import cast

from rivulet.domain.errors import Unreadable
from rivulet.parsers import html
from rivulet.parsers.encoding import decode
from rivulet.parsers.manuscript import Manuscript
from rivulet.ports.knowledge import Parsed

_HEADERS = ("Subject", "From", "To", "Cc", "Date")
_MAX_PARTS = 1_000
_MAX_DEPTH = 20
_FIELD_CHARS = 2_000
_BROKEN = (MessageError, LookupError, ValueError, AttributeError, TypeError, IndexError, RecursionError)
"""What the standard library's reader is known to raise over malformed headers."""


class Mail:
    suffixes = (".eml",)
    media_type = "message/rfc822"

    def parse(self, data: bytes, filename: str) -> Parsed:
        try:
            message = email.message_from_bytes(data, policy=email.policy.default)
        except _BROKEN:
            raise Unreadable("This file is damaged: it cannot be read as a mail message.") from None
        if not message.keys():
            raise Unreadable("This file is damaged: it has no mail headers.")
        writer = _Writer()
        writer.message(message, 0)
        writer.finish()
        return writer.out.parsed(self.media_type, _header(message, "Subject") or None)


class _Writer:
    def __init__(self) -> None:
        self.out = Manuscript()
        self._left = _MAX_PARTS
        self._unread: list[str] = []

    def message(self, message: EmailMessage, depth: int) -> None:
        for name in _HEADERS:
            value = _header(message, name)
            if value:
                self.out.line(f"{name}: {value}")
        self.out.space()
        if depth < _MAX_DEPTH:
            self._part(message, depth)

    def finish(self) -> None:
        if self._unread:
            self.out.paragraph("Attachments: " + ", ".join(self._unread))
            count = len(self._unread)
            self.out.warn(f"{count} attachment{'s were' if count > 1 else ' was'} not read.")

    def _part(self, part: EmailMessage, depth: int) -> None:
        self._left -= 1
        if self._left < 0 or depth > _MAX_DEPTH:
            self.out.warn("Some parts of this message were not read: it has too many.")
            return
        kind = part.get_content_type()
        if kind == "message/rfc822":
            for inner in _inner(part):
                self.out.heading(2, _header(inner, "Subject") or "Forwarded message")
                self.message(inner, depth + 1)
        elif part.is_multipart():
            inner_parts = _inner(part)
            if kind == "multipart/alternative":
                inner_parts = _preferred(inner_parts)
            for inner in inner_parts:
                self._part(inner, depth + 1)
        else:
            self._leaf(part, kind)

    def _leaf(self, part: EmailMessage, kind: str) -> None:
        name = _filename(part)
        if kind not in ("text/plain", "text/html", "text/csv", "text/markdown"):
            if name or not kind.startswith("text/"):
                self._unread.append(name or kind)
            return
        if name:
            self.out.heading(2, name)
        text, warnings = _text(part)
        for warning in warnings:
            self.out.warn(warning)
        if kind == "text/html":
            html.write(text, self.out, level=1)
        else:
            self.out.paragraph(text)


def _preferred(parts: list[EmailMessage]) -> list[EmailMessage]:
    """Of the same text in several forms the plain one, unless it is empty."""
    for part in parts:
        if part.get_content_type() == "text/plain" and _text(part)[0].strip():
            return [part]
    return parts[-1:]


def _inner(part: EmailMessage) -> list[EmailMessage]:
    payload: object = part.get_payload()
    inner = cast("list[object]", payload) if isinstance(payload, list) else []
    return [each for each in inner if isinstance(each, EmailMessage)]


def _text(part: EmailMessage) -> tuple[str, list[str]]:
    try:
        raw = part.get_payload(decode=True)
        declared = part.get_content_charset()
    except _BROKEN:
        return "", ["A part of this message is damaged and was left out."]
    return decode(raw if isinstance(raw, bytes) else b"", declared)


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())[:_FIELD_CHARS]
    except _BROKEN:
        return ""


def _filename(part: EmailMessage) -> str:
    try:
        return " ".join((part.get_filename() or "").split())[:200]
    except _BROKEN:
        return ""


parser = Mail()
