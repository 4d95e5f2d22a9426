"""How the blocks of Markdown begin and end, as far as a single line can say it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt

from rivulet.cli import labels

HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
UNDERLINE = re.compile(r" {0,3}(?:-+|=+)[ \t]*$")
"""Below a paragraph it makes a heading of it."""
QUOTE = re.compile(r" {0,3}>")
ITEM = re.compile(r"( {0,3}(?:[-+*]|\d{1,9}[.)]))(?:([ \t]+)(?=\S)|[ \t]*$)")
TAG = re.compile(r" {0,3}<(?:[a-zA-Z][\w-]*(?:\s[^<>]*)?/?|/[a-zA-Z][\w-]*\s*)>\s*$")
"""A tag alone on its line; after a paragraph it is a part of it."""
COLUMNS = re.compile(r"(?![ \t]*-[ \t])[ \t:-]*\|[ \t|:-]*$")
"""The second line of a table, which may look like a rule; what looks like an item is one."""
HALF = re.compile(r"[\s#>*_`~+=|:.)-]*(?:\[[ xX]?\]?\s*)?")
"""Marks alone: the line that begins with them may become anything."""

_HALF_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^)\s]*$")
_INNER_FENCE = re.compile(r"^[ >]*(?:```|~~~)", re.M)
_SPAN = re.compile(r"`[^`]*`")
_BEGUN = re.compile(r"(?<![\w*])\*(?=[^\s*])")
_ENDED = re.compile(r"(?<=[^\s*])\*(?![\w*])")
_parser = MarkdownIt("commonmark").disable("reference")
_FENCE = re.compile(r"( {0,3})(`{3,}(?=[^`]*$)|~{3,})[ \t]*([^\s`]*)")
_INTERRUPTING_ITEM = re.compile(r" {0,3}(?:[-+*]|1[.)])[ \t]+\S")
_BLOCK_TAG = re.compile(
    r" {0,3}</?(?:address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details"
    r"|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html"
    r"|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section"
    r"|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul)(?=\s|/?>|$)",
    re.I,
)
_UNTIL = (
    (re.compile(r" {0,3}<(?:script|pre|style|textarea)(?:\s|>|$)", re.I), "</(?:script|pre|style|textarea)>"),
    (re.compile(r" {0,3}<!--"), "-->"),
    (re.compile(r" {0,3}<\?"), r"\?>"),
    (re.compile(r" {0,3}<!\[CDATA\["), r"\]\]>"),
    (re.compile(r" {0,3}<![a-zA-Z]"), ">"),
)


@dataclass(slots=True)
class Fence:
    """An open fence. `gap` stands before its next part; `count` is the number of lines in the parts before,
    `context` the text of the last of them."""

    indent: int
    mark: str
    language: str
    gap: bool = False
    count: int = 0
    context: str = ""
    is_begun: bool = False

    def is_ended_by(self, line: str) -> bool:
        bare = line.strip(" \t")
        return indent(line) < 4 and len(bare) >= len(self.mark) and not bare.strip(self.mark[0])

    def inner(self, line: str) -> str:
        """The line without the indentation that the fence itself has."""
        return line[min(self.indent, len(line) - len(line.lstrip(" "))) :]


def fence(line: str) -> Fence | None:
    """The fence that begins with this line."""
    found = _FENCE.match(line)
    return Fence(len(found[1]), found[2], found[3]) if found else None


def indent(line: str) -> int:
    """In columns, as tabs count."""
    white = line[: len(line) - len(line.lstrip(" \t"))]
    return len(white.expandtabs(4))


def inside(item: re.Match[str]) -> int:
    """The column from which on a line belongs to the item."""
    marked = len(item[1])
    spaces = len((item[1] + (item[2] or " ")).expandtabs(4)) - marked
    return marked + (spaces if spaces <= 4 else 1)


def until(line: str) -> re.Pattern[str] | None:
    """What ends the HTML that begins with this line, if a blank line does not."""
    return next((re.compile(end, re.I) for start, end in _UNTIL if start.match(line)), None)


def is_tags(line: str) -> bool:
    """Whether it begins HTML that goes on to the next blank line."""
    return bool(TAG.match(line) or _BLOCK_TAG.match(line))


def takes(lines: Sequence[str], line: str) -> bool:
    """Whether an item, or a quote, takes a line that is not indented as more of its last paragraph."""
    parsed = _parser.parse("\n".join((*lines, line)))
    return sum(token.level == 0 and token.nesting >= 0 for token in parsed) == 1


def closed(text: str) -> str:
    """A text in the middle of a word, with the ends of what has begun in it: marks are not seen to come."""
    if text.startswith("|") and "\n" not in text:
        return ""  # the head of a table, as soon as its second line is there
    if _INNER_FENCE.search(text):
        return text  # code in an item, whose marks are its own
    text = labels.HALF.sub(r"\2", _HALF_LINK.sub(r"\1", text)).rstrip("*_~` ")
    if text.count("`") % 2:
        return f"{text}`"
    bare = _SPAN.sub("", text)
    ends = "*" if len(_BEGUN.findall(bare)) > len(_ENDED.findall(bare)) else ""
    return text + ends + "".join(mark for mark in ("**", "~~") if bare.count(mark) % 2)


def interrupts(line: str) -> bool:
    """Whether it begins a block although no blank line stands before it."""
    starts = (HEADING, RULE, _FENCE, QUOTE, _INTERRUPTING_ITEM, _BLOCK_TAG)
    return any(start.match(line) for start in starts) or until(line) is not None
