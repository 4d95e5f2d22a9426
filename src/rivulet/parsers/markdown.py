"""Markdown stays Markdown: the text is the file's own, so an answer can quote it and a page can render it."""

import re

from rivulet.parsers.encoding import decode
from rivulet.ports.knowledge import Parsed

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.M)
_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t\r]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t\r]*")
_NO_TITLE = re.compile(r"\s*$|[ \t]*([-*+>|#]|\d+[.)])(\s|$)| {4}|\t")
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?)\r?\n(---|\.\.\.)[ \t]*\r?(\n|$)", re.S)
_FRONT_TITLE = re.compile(r"^title:[ \t]*[\"']?(.*?)[\"']?[ \t\r]*$", re.M)
_MARKUP = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)|[*`]+|(?<!\w)_+|_+(?!\w)|\\(?=[^\w\s])|<[^>\n]*>")
_COMMENT = re.compile(r"<!--.*?-->", re.S)


class Markdown:
    suffixes = (".md", ".markdown", ".mdx", ".mkd", ".mdown", ".rmd", ".qmd")
    media_type = "text/markdown"

    def parse(self, data: bytes, filename: str) -> Parsed:
        text, warnings = decode(data)
        body = 0
        title = None
        front = _FRONT_MATTER.match(text)
        if front:
            body = front.end()
            stated = _FRONT_TITLE.search(front[1])
            title = stated[1] if stated else None
        headings = _headings(text, body)
        if not title and headings:
            title = min(headings[:10], key=lambda heading: heading[1])[2]
        comments = len(_COMMENT.findall(text))
        if comments:
            warnings.append(
                f"Contains {comments} hidden comment{'s' if comments > 1 else ''}; kept in the text."
            )
        return Parsed(
            text=text,
            title=title,
            media_type=self.media_type,
            headings=tuple(headings),
            warnings=tuple(warnings),
        )


def _headings(text: str, start: int) -> list[tuple[int, int, str]]:
    """`# Title` and underlined titles, outside code."""
    found: list[tuple[int, int, str]] = []
    fence = ""
    before: tuple[int, str] | None = None
    offset = start
    for line in text[start:].split("\n"):
        opened = _FENCE.match(line)
        if fence:
            if opened and opened[1].startswith(fence) and not line.strip("`~ \t\r"):
                fence = ""
        elif opened:
            fence, before = opened[1], None
        elif atx := _ATX.fullmatch(line):
            found.append((offset, len(atx[1]), _plain(atx[2])))
            before = None
        elif before and (under := _UNDERLINE.fullmatch(line)):
            found.append((before[0], 1 if under[1][0] == "=" else 2, _plain(before[1])))
            before = None
        else:
            before = None if _NO_TITLE.match(line) or len(line) > 200 else (offset, line)
        offset += len(line) + 1
    return [heading for heading in found if heading[2]]


def _plain(title: str) -> str:
    return _MARKUP.sub(lambda match: match[1] or "", title).strip()


parser = Markdown()
