"""Parsed Markdown as a terminal can show it: where a link leads, what HTML says, citations that stand out."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from rivulet.cli.labels import add_labels
from rivulet.cli.visible import line, visible

_CITATION = re.compile(r"(\[\d{1,3}\])")
_NOTE = re.compile(r"\[[^\]]+\]: ")
"""A line of an answer that begins so stays a line of its own."""
_BREAK = re.compile(r"<br\s*/?>", re.I)
_TASK = re.compile(r"\[([ xX])\] ")
LONGEST_ADDRESS = 200
"""Characters; pictures written into their own address have thousands."""

_parser = add_labels(MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("reference"))


def tokens(text: str) -> list[Token]:
    """Nothing of the text is left out, and nothing in it commands a terminal, not even as an entity."""
    parsed = _parser.parse(text)
    for index, token in enumerate(parsed):
        if token.type == "inline":
            token.children = list(_inline(token.children or []))
            if index > 1 and parsed[index - 2].type == "list_item_open":
                _tick(token.children)
        elif token.type == "html_block":
            token.type = "code_block"
        token.content = visible(token.content)
    return parsed


def _inline(children: list[Token]) -> Iterator[Token]:
    address, shown = "", ""
    for index, token in enumerate(children):
        match token.type:
            case "text":
                shown += token.content
                yield from _text(token.content)
            case "softbreak" if _is_beside_note(children, index):
                yield Token("hardbreak", "br", 0)
            case "link_open":
                address, shown = str(token.attrs.get("href", "")), ""
                yield Token("text_open", "link", 1)
            case "link_close":
                yield Token("text_close", "link", -1)
                if address not in ("", shown, f"mailto:{shown}"):
                    yield from _address(address)
            case "label" if token.content.isdigit():
                yield from _text(f" [{token.content}]")
            case "label":
                yield from _styled("address", f" [{token.content}]")
            case "definition":
                yield from _text(token.content)
                yield from _styled("link", token.meta["address"])
                yield from _plain(token.meta["title"])
            case "image":
                yield from _plain(f"image: {token.content}" if token.content else "image")
                if address := str(token.attrs.get("src", "")):
                    yield from _address(address)
            case "html_inline" if _BREAK.fullmatch(token.content):
                yield Token("hardbreak", "br", 0)
            case "html_inline":
                yield from _plain(token.content)
            case _:
                token.content = line(token.content)
                shown += token.content
                yield token


def _text(content: str) -> Iterator[Token]:
    for index, part in enumerate(_CITATION.split(content)):
        yield from _styled("citation", part) if index % 2 else _plain(part)


def _plain(content: str) -> Iterator[Token]:
    if content:
        yield Token("text", "", 0, content=line(content))


def _address(address: str) -> Iterator[Token]:
    is_long = len(address) > LONGEST_ADDRESS
    yield from _styled("address", f" ({address[:LONGEST_ADDRESS]}{'…' if is_long else ''})")


def _styled(style: str, content: str) -> Iterator[Token]:
    yield Token("text_open", style, 1)
    yield from _plain(content)
    yield Token("text_close", style, -1)


def _is_beside_note(children: list[Token], index: int) -> bool:
    before, after = children[index - 1 : index], children[index + 1 : index + 2]
    is_note = any(each.type == "text" and _NOTE.match(each.content) for each in after)
    return is_note or any(each.type == "definition" for each in before + after)


def _tick(children: list[Token]) -> None:
    """`[x] done` as a box."""
    if children and children[0].type == "text" and (box := _TASK.match(children[0].content)):
        sign = "☐ " if box[1] == " " else "☑ "
        children[0].content = sign + children[0].content[box.end() :]
