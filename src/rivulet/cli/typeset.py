"""Settled pieces of an answer as lines of a terminal: rich sets them, these are our choices of form.

Code stands between two rules, without a background, and its lines are not cut: it can be copied as it is.
Colours are the terminal's own, so that they can be read on dark and light ones.
"""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from markdown_it.token import Token
from rich import box, markdown
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment, Segments
from rich.style import Style
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from rivulet.cli.settled import Piece
from rivulet.cli.tokens import tokens
from rivulet.cli.visible import line

THEME = Theme(
    {
        "markdown.h1": "bold underline",
        "markdown.h2": "bold",
        "markdown.h3": "bold italic",
        "markdown.h4": "italic",
        "markdown.code": "cyan",
        "markdown.code_block": "cyan",
        "markdown.block_quote": "italic",
        "markdown.table.border": "dim",
        "markdown.table.header": "bold",
        "markdown.item.bullet": "dim",
        "markdown.item.number": "dim",
        "markdown.citation": "cyan",
        "markdown.link": "underline",
        "markdown.address": "dim",
    }
)

WIDEST = 100
"""Columns of running text; longer lines are hard to read. Tables and code take what there is."""

RULE = 24
"""Columns of a rule, and of the lines above and below code: seen, and never the longest line."""

NARROWEST_CELL = 8
"""Columns below which the columns of a table are no longer read; its rows are then shown one by one."""

LONGEST = 16_000
"""Characters of one piece that are set, some 2,500 words; a longer one is printed as it was written. The
worst that can be written in so many takes a second."""

DEEPEST = 16
"""Levels of items in items that are set; more would be narrower than words."""

LONGEST_COLOURED = 2_000
"""Characters in a line of code that gets colours; longer ones are data."""

Line = list[Segment]


class Typesetter:
    """`lines` of a piece at a width, `text` of lines as the terminal gets them."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def lines(self, piece: Piece, width: int) -> list[Line]:
        set_ = self._code(piece, width) if piece.is_code else self._markdown(piece.text, max(width, 1))
        return [[], *set_] if piece.gap else set_

    def text(self, lines: Iterable[Line]) -> str:
        """With the escape sequences that the terminal and NO_COLOR ask for."""
        with self._console.capture() as captured:
            segments = [segment for each in lines for segment in (*each, Segment.line())]
            self._console.print(Segments(segments), soft_wrap=True)
        return captured.get()

    def _markdown(self, text: str, width: int) -> list[Line]:
        if len(text) > LONGEST:
            return self._plain(text)
        try:
            parsed = tokens(text)
            is_table = any(token.type == "table_open" for token in parsed)
            options = self._console.options.update(width=width if is_table else min(width, WIDEST))
            lines = _trimmed(self._console.render_lines(Page(parsed), options, pad=False))
        except Exception:  # whatever a parser stumbles over, the answer is more than its looks
            return self._plain(text)
        said = sum(_letters(child.content) for token in parsed for child in token.children or [token])
        is_whole = sum(_letters(each.text) for row in lines for each in row) >= said
        return (
            lines
            if is_whole and max((token.level for token in parsed), default=0) < DEEPEST
            else self._plain(text)
        )

    def _code(self, piece: Piece, width: int) -> list[Line]:
        rule = min(width, RULE)
        dim = Style(dim=True)
        label = f"── {line(piece.language)} " if piece.language else ""
        above = [[Segment(label.ljust(rule, "─")[:rule], dim)]]
        below = [[Segment("─" * rule, dim)]]
        lines = self._coloured(piece) if piece.text else []
        return (above if piece.is_first else []) + lines + (below if piece.is_last else [])

    def _coloured(self, piece: Piece) -> list[Line]:
        text = piece.text.expandtabs(4)
        count = text.count("\n")
        whole = piece.context.expandtabs(4) + text
        if not piece.language or max(map(len, whole.split("\n"))) > LONGEST_COLOURED:
            return self._plain(text[:-1])
        coloured = Syntax("", piece.language, theme="ansi_dark").highlight(whole)
        if coloured.plain != whole:
            return self._plain(text[:-1])  # this language's reader leaves out what it does not know
        return [self.row(each) for each in coloured.split("\n")[-count:]]

    def _plain(self, text: str) -> list[Line]:
        return [self.row(Text(each)) for each in text.split("\n")]

    def row(self, text: Text) -> Line:
        """Text without line ends, in its own styles."""
        return [each for each in text.render(self._console) if each.text]


class Page(markdown.Markdown):
    """Our elements in rich's frame, with styles for what `tokens` marks."""

    inlines: ClassVar[set[str]] = {*markdown.Markdown.inlines, "citation", "link", "address"}

    def __init__(self, parsed: list[Token]) -> None:
        super().__init__("")
        self.parsed = parsed


class Heading(markdown.Heading):
    """At the left, where the eye is."""

    LEVEL_ALIGN: ClassVar[dict[str, Any]] = {}


class Code(markdown.CodeBlock):
    """Code inside an item or a quote, and indented code."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Syntax("", self.lexer_name, theme="ansi_dark").highlight(
            self.text.plain.rstrip("\n").expandtabs(4)
        )


class Rule(markdown.HorizontalRule):
    new_line = True

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text("─" * min(options.max_width, RULE), "markdown.hr")


class Quote(markdown.BlockQuote):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        inner = options.update(width=max(options.max_width - 2, 1))
        for each in console.render_lines(self.elements, inner, style=self.style, pad=False):
            yield Segment("▌ ", console.get_style("markdown.table.border"))
            yield from each
            yield Segment.line()


class List(markdown.ListElement):
    """An item's marker as it was written, `•` for any bullet."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        first = self.list_start if self.list_start is not None else 1
        for number, item in enumerate(self.items, first):
            is_bullet = self.list_type == "bullet_list_open"
            marker, name = (" • ", "bullet") if is_bullet else (f"{number}.".rjust(3) + " ", "number")
            yield from _hung(item, marker, console.get_style(f"markdown.item.{name}"), console, options)


def _hung(
    item: markdown.ListItem, marker: str, style: Style, console: Console, options: ConsoleOptions
) -> Iterator[Segment]:
    """The item's lines beside its marker."""
    inner = options.update(width=max(options.max_width - len(marker), 1))
    lines = console.render_lines(item.elements, inner, style=item.style, pad=False)
    for index, each in enumerate(lines or [[]]):
        yield Segment(" " * len(marker)) if index else Segment(marker, style)
        yield from each
        yield Segment.line()


class Grid(markdown.TableElement):
    """A table; one that is too wide for the terminal row by row, each cell with its column's name."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        header = [cell.content for cell in self.header.row.cells] if self.header and self.header.row else []
        rows = [[cell.content for cell in row.cells] for row in self.body.rows] if self.body else []
        if len(header) * NARROWEST_CELL > options.max_width and len(header) > 1:
            yield from self._records(header, rows)
            return
        table = Table(
            box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, border_style="markdown.table.border"
        )
        for each in header:
            table.add_column(each, header_style="markdown.table.header", justify=each.justify or "default")
        for row in rows:
            table.add_row(*row)
        yield table

    def _records(self, header: list[Text], rows: list[list[Text]]) -> Iterator[Text]:
        for index, row in enumerate(rows or [[Text()] * len(header)]):
            if index:
                yield Text()
            for name, cell in zip(header, row, strict=False):
                yield Text.assemble((f"{name.plain}: ", "markdown.table.header"), cell)


Page.elements = markdown.Markdown.elements | {
    "heading_open": Heading,
    "fence": Code,
    "code_block": Code,
    "hr": Rule,
    "blockquote_open": Quote,
    "bullet_list_open": List,
    "ordered_list_open": List,
    "table_open": Grid,
}


def _letters(text: str) -> int:
    """Letters and digits: what a cell too narrow for a word may lose."""
    return sum(map(str.isalnum, text))


def _trimmed(lines: list[Line]) -> list[Line]:
    """Without the white space that only fills the width, and the empty lines around."""
    found = [_stripped(each) for each in lines]
    while found and not found[-1]:
        found.pop()
    while found and not found[0]:
        found.pop(0)
    return found


def _stripped(row: Line) -> Line:
    found = list(row)
    while found and not found[-1].text.strip(" "):
        found.pop()
    if found:
        found[-1] = Segment(found[-1].text.rstrip(" "), found[-1].style)
    return found
