"""Parsed Markdown as a terminal can show it: where a link leads, what HTML says, citations that stand out."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from rivulet.cli.visible import line, visible

_CITATION = re.compile(r"(\[\d{1,3}\])")
_DEFINITION = re.compile(r"\[[^\]]+\]: ")
_BREAK = re.compile(r"<br\s*/?>", re.I)
_TASK = re.compile(r"\[([ xX])\] ")
LONGEST_ADDRESS = 200
"""Characters; pictures written into their own address have thousands."""

# `[name]: address` stays a line of its own, like a footnote: what uses the name may be printed long before.
_parser = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("reference")


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
            case "softbreak" if _begins_definition(children[index + 1 :]):
                yield Token("hardbreak", "br", 0)
            case "link_open":
                address, shown = str(token.attrs.get("href", "")), ""
                yield Token("text_open", "link", 1)
            case "link_close":
                yield Token("text_close", "link", -1)
                if address not in (shown, f"mailto:{shown}"):
                    yield from _address(address)
            case "image":
                yield from _plain(f"image: {token.content}" if token.content else "image")
                yield from _address(str(token.attrs.get("src", "")))
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
        if index % 2:
            yield Token("text_open", "citation", 1)
        yield from _plain(part)
        if index % 2:
            yield Token("text_close", "citation", -1)


def _plain(content: str) -> Iterator[Token]:
    if content:
        yield Token("text", "", 0, content=line(content))


def _address(address: str) -> Iterator[Token]:
    is_long = len(address) > LONGEST_ADDRESS
    yield Token("text_open", "address", 1)
    yield from _plain(f" ({address[:LONGEST_ADDRESS]}{'…' if is_long else ''})")
    yield Token("text_close", "address", -1)


def _begins_definition(following: list[Token]) -> bool:
    return bool(following) and following[0].type == "text" and bool(_DEFINITION.match(following[0].content))


def _tick(children: list[Token]) -> None:
    """`[x] done` as a box."""
    if children and children[0].type == "text" and (box := _TASK.match(children[0].content)):
        sign = "☐ " if box[1] == " " else "☑ "
        children[0].content = sign + children[0].content[box.end() :]
