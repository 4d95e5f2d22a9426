"""Plain text, as it stands."""

import re

from rivulet.parsers.encoding import decode
from rivulet.ports.knowledge import Parsed

# A title over a line of one sign, as in reStructuredText and many a README; or AsciiDoc's `== Title`.
_UNDERLINED = re.compile(r"^(?P<title>\S[^\n]{0,198})\n(?P<line>([=\-~^\"'`#*+_:.<>])\3{2,})[ \t]*$", re.M)
_EQUALS = re.compile(r"^(?P<signs>={1,6})[ \t]+(?P<title>\S[^\n]{0,198})$", re.M)


class Text:
    suffixes = (".txt", ".text", ".log", ".rst", ".adoc", ".asciidoc", ".org", ".tex", ".srt", ".vtt")
    media_type = "text/plain"

    def parse(self, data: bytes, filename: str) -> Parsed:
        text, warnings = decode(data)
        headings: tuple[tuple[int, int, str], ...] = ()
        if filename.lower().endswith((".rst", ".txt")):
            headings = _underlined(text)
        elif filename.lower().endswith((".adoc", ".asciidoc")):
            headings = tuple(
                (match.start(), len(match["signs"]), match["title"]) for match in _EQUALS.finditer(text)
            )
        return Parsed(
            text=text,
            title=headings[0][2] if headings else None,
            media_type=self.media_type,
            headings=headings,
            warnings=tuple(warnings),
        )


def _underlined(text: str) -> tuple[tuple[int, int, str], ...]:
    """The first sign used is level 1, the next new one level 2: that is how reStructuredText counts."""
    levels: dict[str, int] = {}
    found: list[tuple[int, int, str]] = []
    for match in _UNDERLINED.finditer(text.replace("\r\n", " \n") if "\r\n" in text else text):
        title, line = match["title"].rstrip(), match["line"]
        if len(line) >= len(title) and not set(title) <= set(line):
            found.append((match.start(), min(levels.setdefault(line[0], len(levels) + 1), 6), title))
    return tuple(found)


parser = Text()
