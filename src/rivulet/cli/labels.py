"""Links by a label, `[words][label]`, and the lines that say where a label leads.

Such a line is often the last of an answer, when what uses it has long been printed. So both are shown as a
book shows a note: the words with their label behind them, and the line with the address.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.rules_inline import StateInline

# Not `[1][2]`, two citations; not `[^1]`, a footnote; not `grid[i][j]`, which is none at all.
_BEGIN = r"(?<![A-Za-z0-9_)\]\\])(!?)\[(?!\d{1,4}\]|\^)"
_INNER = r"(?:\\.|[^\[\]\\])"
_LABELLED = re.compile(rf"{_BEGIN}({_INNER}+)\]\[({_INNER}*)\]", re.S)
_ADDRESS = r"(?:<([^<>\n]+)>|(?=\S*[/.:#])([^\s<]\S*))"
_TITLE = r"([ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)))?"
_DEFINITION = re.compile(rf"(\[(?!\^){_INNER}+\]:)[ \t]*{_ADDRESS}{_TITLE}[ \t]*(?=\n|$)", re.S)

HALF = re.compile(rf"{_BEGIN}({_INNER}+)\]\[{_INNER}*$", re.S)
"""One whose label is still being written; its second group are the words."""


def add_labels(parser: MarkdownIt) -> MarkdownIt:
    """Makes it read them as tokens `label` and `definition`; it needs no definition to know a link."""
    parser.inline.ruler.before("link", "definition", _define)
    parser.inline.ruler.before("link", "labelled", _refer)
    return parser


def _refer(state: StateInline, silent: bool) -> bool:
    found = _LABELLED.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    if not silent:
        _, words, label = found.groups()
        is_own = label.casefold() in ("", words.casefold())
        if is_own:
            state.append_pending("[")
        if found[1]:
            state.push("image", "img", 0).content = unescapeAll(words)
        else:
            _link(state, *found.span(2))
        if is_own:
            state.append_pending("]")
        else:
            state.push("label", "", 0).content = unescapeAll(label)
    state.pos = found.end()
    return True


def _link(state: StateInline, start: int, end: int) -> None:
    """With what its words are made of."""
    end_of_all = state.posMax
    state.pos, state.posMax = start, end
    state.push("link_open", "a", 1)
    state.linkLevel += 1
    state.md.inline.tokenize(state)
    state.linkLevel -= 1
    state.push("link_close", "a", -1)
    state.posMax = end_of_all


def _define(state: StateInline, silent: bool) -> bool:
    before = state.src[max(state.pos - 4, 0) : state.pos].rstrip(" ")
    found = (
        _DEFINITION.match(state.src, state.pos, state.posMax)
        if before in ("", "\n") or before.endswith("\n")
        else None
    )
    if not found:
        return False
    if not silent:
        label, pointed, plain, title = found.groups()
        token = state.push("definition", "", 0)
        token.content = f"{unescapeAll(label)} "
        token.meta = {"address": unescapeAll(pointed or plain), "title": unescapeAll(title or "")}
    state.pos = found.end()
    return True
