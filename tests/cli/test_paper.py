"""What stands on a terminal in the end, and what reaches it on the way."""

import io
import re
import sys
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rivulet.cli import rendered, screen
from rivulet.cli.paper import Plain
from rivulet.cli.rendered import Rendered
from rivulet.cli.screen import Screen

from .terminal import Emulator
from .texts import ANSWER, LABELS, TEXTS

OURS = re.compile(r"\x1b\[(?:[0-9;]*m|\d+A|J|K|\?7[hl])|\r(?=\x1b)")
"""All that we say to a terminal: styles, up, clear, and whether rows wrap."""

TAIL = re.compile(r"\x1b\[\?7l.*?\x1b\[\?7h", re.S)

Writing = Callable[..., str]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Writing:
    """What chunks become on a terminal of this many columns, with a look at the tail after each of them."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(rendered, "REDRAW_S", 0)
    monkeypatch.setattr(rendered, "SHARE", 0)

    def write(*chunks: str, columns: int = 80, looks: bool = True) -> str:
        out = io.StringIO()
        for module in (rendered, screen):
            monkeypatch.setattr(module, "size", lambda: (columns, 24))
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", out)
            paper = Rendered(Screen())
            for chunk in chunks:
                paper.feed(chunk)
                if looks:
                    paper.tick()
            paper.finish()
        return out.getvalue()

    return write


def seen(written: str, columns: int = 80) -> list[str]:
    """The rows that a terminal has in the end."""
    emulator = Emulator(columns, 24)
    emulator.feed(written.replace("\n", "\r\n").encode())
    assert emulator.screen.cursor.x == 0
    return emulator.rows


def pieces(text: str, places: list[int]) -> list[str]:
    ends = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[start:end] for start, end in pairwise(ends)]


@settings(
    deadline=None,
    max_examples=20,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.sampled_from([*TEXTS.values()]),
    st.lists(st.integers(0, 5_000), max_size=12),
    st.sampled_from([20, 80]),
)
@example(ANSWER, list(range(0, len(ANSWER), 5)), 80)
def test_the_screen_is_the_same_however_the_text_came(
    written: Writing, text: str, places: list[int], columns: int
) -> None:
    """Nothing is left of what was shown meanwhile, and nothing of what settled is missing."""
    whole = seen(written(text, columns=columns, looks=False), columns)
    assert seen(written(*pieces(text, places), columns=columns), columns) == whole


def test_an_answer_as_it_is_read(written: Writing) -> None:
    """Set, without a mark of Markdown, its code without a margin."""
    assert "\n".join(seen(written(ANSWER))) == SET


def test_marks_do_not_flash(written: Writing) -> None:
    """Letter by letter, nothing is seen that is not there in the end: no asterisk, no half of a link."""
    drawn = OURS.sub("", written(*ANSWER))
    for mark in ("*", "`", "](", "[x", "|", "# "):
        assert mark not in drawn
    assert not re.search(r"(?<!1|i|o|a)\]\[", OURS.sub("", written(*LABELS)))


def test_a_label_is_shown_like_a_note(written: Writing) -> None:
    """Behind its words wherever its address stands, and the address in full on a line of its own."""
    assert "\n".join(seen(written(LABELS))) == LABELLED
    assert "\x1b[4mhttps://rules.example/_private_/x_y\x1b[0m" in written(LABELS)


def test_nothing_in_an_answer_commands_the_terminal(written: Writing) -> None:
    """Not as a character, not as an entity, not in code, not in a link; what is meant is seen."""
    bad = TEXTS["controls"]
    texts = [
        bad,
        f"```{bad}\n{bad}\n```",
        f"    {bad}",
        f"| {bad} |\n|--|\n| {bad} |",
        f"<p {bad}>",
        f"[a](<{bad}>)",
    ]
    for text in texts:
        shown = OURS.sub("", written(text))
        assert [char for char in shown if not char.isprintable() and char != "\n"] == []
    assert "␛]0;owned␇" in written(bad)


def test_colours_can_be_turned_off(written: Writing, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR leaves weight and slant, which are none."""
    coloured = re.compile(r"\x1b\[(?:\d+;)*[349]\dm")
    assert coloured.search(written(ANSWER))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not coloured.search(written(ANSWER))
    assert "\x1b[1mat four" in written(ANSWER)


@pytest.mark.parametrize("columns", [1, 2, 7, 20, 300])
def test_no_width_is_too_small(written: Writing, columns: int) -> None:
    """Every word is there, in rows that fit or that the terminal may wrap."""
    letters = re.sub(r"\W", "", OURS.sub("", written(ANSWER, columns=columns, looks=False)))
    assert letters.startswith("TeaatfourTeaisservedatfouroclockinthelibrary1andcoffeeneveris")
    assert "FirstcupSecondcupwithmore" in letters
    assert "small" in letters


def test_a_table_too_wide_for_columns_is_shown_row_by_row(written: Writing) -> None:
    """Each of 200 cells with the name of its column."""
    names = [f"name{n}" for n in range(200)]
    table = "\n".join(
        f"| {' | '.join(row)} |" for row in (names, ["---"] * 200, [f"cell{n}" for n in range(200)])
    )
    assert seen(written(table))[:200] == [f"name{n}: cell{n}" for n in range(200)]


@pytest.mark.parametrize(
    "text",
    [
        "```py\n" + "x = 1  # so\n" * 10_000,
        "a" * 100_000,
        "- " * 5_000 + "deep",
        "| a |\n|---|\n" + "| b |\n" * 4_000,
        "[" * 15_000 + "a",
    ],
    ids=["long unclosed code", "long line", "deep list", "long table", "brackets"],
)
def test_size_is_no_matter(written: Writing, text: str) -> None:
    """It is there in full, once."""
    shown = OURS.sub("", TAIL.sub("", written(text, looks=False)))
    assert re.sub(r"\W", "", shown) == re.sub(r"\W", "", text.removeprefix("```"))


def test_a_tail_keeps_to_half_of_the_terminal(written: Writing) -> None:
    """What has settled stays in sight, and rows that go up are final."""
    for text in ("word " * 3_000, "- one\n" + "  word\n\n" * 60):
        for drawn in written(*pieces(text, [*range(0, len(text), 500)])).split("\x1b[?7l")[1:]:
            assert drawn.split("\x1b[?7h")[0].count("\n") < 12


def test_a_narrower_window_takes_the_tail_with_it(written: Writing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that the terminal has set anew are counted as it has set them."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    shown = Screen()
    monkeypatch.setattr(screen, "size", lambda: (80, 24))
    shown.draw(["x" * 70, "\x1b[1m" + "y" * 30 + "\x1b[0m"])
    monkeypatch.setattr(screen, "size", lambda: (20, 24))
    shown.clear()
    assert out.getvalue().endswith("\x1b[5A\r\x1b[J")


def test_a_pipe_gets_what_was_written(capfd: pytest.CaptureFixture[str]) -> None:
    """Every character of it, and one line end after it."""
    text = TEXTS["controls"] + TEXTS["windows"]
    plain = Plain(Screen())
    for chunk in pieces(text, [7, 30, 400]):
        plain.feed(chunk)
    plain.finish()
    assert capfd.readouterr().out == text + "\n"


SET = """\
Tea at four

Tea is served at four o'clock in the library [1], and coffee() never is. See the
house rules (https://example.org/rules). 中文字符也在这里，宽度是二。 🎉 Done.

Steps:

 1. Boil the water, which takes a while because the kettle is old and was never
    a good one [2].
 2. Pour.
     • First cup
     • Second cup with more
 3. Wait:
    sleep 240

 • ☑ done
 • ☐ not done

Code

── python ──────────────
def tea(at: int = 4) -> str:
    \"\"\"Says when.

    Over lines.
    \"\"\"
    return f"tea at {at}"
────────────────────────

Cup     Price   Note
─────────────────────────
small    2.50   hot
large   13.00   with milk

▌ Quoted words that go on.

────────────────────────

مرحبا بالعالم هذا نص عربي

[a]: https://x.example"""

LABELLED = """\
See rules [rules], [Docs], 参见文档 [docs], a page [1] and image: a cat [pic].

What is none: [1][2], m[i][j], [a][b], [no][x], [see].

a              b
───────────────────
cell [rules]   none

That was it.
[rules]: https://rules.example/_private_/x_y "Rules"
[docs]: https://docs.example/__init__.py
[1]: https://page.example
[pic]: /cat.png
Goes on."""
