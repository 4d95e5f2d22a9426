"""HTML is read as a reader sees it: complete, in order, without menus and scripts."""

from collections.abc import Callable

import pytest

from rivulet.ports.knowledge import Parsed

Read = Callable[[bytes, str], Parsed]


def _text(read: Read, markup: str) -> str:
    return read(markup.encode(), "a.html").text


def test_blocks(read: Read) -> None:
    """Paragraphs, headings and lists become lines; inline markup and white space vanish."""
    text = _text(
        read,
        "<h1>Big   <em>news</em></h1><p>One<b>two</b>\n three<br>four</p>"
        "<ul><li>a<ol><li>b<li>c</ol><li>d</ul>",
    )
    assert text == "Big news\n\nOnetwo three\nfour\n\n- a\n  1. b\n  2. c\n- d"


def test_headings_are_marked(read: Read) -> None:
    """Each heading is marked with its level where it stands."""
    parsed = read(b"<title>T</title><h1>A</h1>x<h3> B &amp; C </h3>y", "a.html")
    assert parsed.headings == ((0, 1, "A"), (6, 3, "B & C"))
    assert (parsed.title, parsed.text) == ("T", "A\n\nx\n\nB & C\n\ny")


def test_unclosed_tags_lose_nothing(read: Read) -> None:
    """Pages that leave out end tags are read to the last word."""
    rows = "".join(f"<tr><td>cell{at}<td>value{at}" for at in range(200))
    items = "".join(f"<li>item{at}" for at in range(200))
    text = _text(read, f"<p>start<ul>{items}</ul><table>{rows}</table><p>end")
    assert all(f"item{at}" in text and f"cell{at}: value{at}" in text for at in range(200))
    assert text.endswith("end")


def test_noise_goes(read: Read) -> None:
    """Scripts, styles, menus, templates, comments and drawings are no text."""
    text = _text(
        read,
        "<style>p{}</style><nav>Home About</nav><script>alert(1)</script><p>Words</p><!-- secret -->"
        "<template>T</template><svg><title>icon</title></svg><noscript>turn it on</noscript>"
        "<button>OK</button>",
    )
    assert text == "Words"


def test_main_content(read: Read) -> None:
    """A page that says which part is its content is read without the rest."""
    body = (
        "<header>Shop Cart</header><main><h1>Recipe</h1><p>" + "Flour. " * 50 + "</main><footer>© us</footer>"
    )
    text = _text(read, body)
    assert text.startswith("Recipe")
    assert "Cart" not in text
    assert "©" not in text


def test_main_as_a_shell(read: Read) -> None:
    """A main part that holds next to nothing does not hide the text beside it."""
    assert "the real text" in _text(read, "<main>x</main><div>" + "the real text " * 20 + "</div>")


def test_tables(read: Read) -> None:
    """Each row says its columns' names, so that it can stand alone."""
    text = _text(
        read,
        "<table><caption>Prices</caption><tr><th>Fruit<th>Price<th>Per</tr>"
        "<tr><td>Apple<td>2&nbsp;€<td rowspan=2>kg<tr><td>Pear<td>3 €</table>",
    )
    assert text == "Prices\nFruit: Apple | Price: 2 € | Per: kg\nFruit: Pear | Price: 3 € | Per: kg"


def test_tables_for_layout(read: Read) -> None:
    """A table that only places blocks on the page is read block by block, headings and all."""
    parsed = read(b"<table><tr><td><h2>Left</h2>a<td><h2>Right</h2>b</table>", "a.html")
    assert [mark[2] for mark in parsed.headings] == ["Left", "Right"]


def test_preformatted(read: Read) -> None:
    """Code keeps its lines and indentation."""
    assert _text(read, "<p>Run:<pre>\nif x:\n    y()\n</pre>Done") == "Run:\n\nif x:\n    y()\n\nDone"


def test_hidden_text_is_told(read: Read) -> None:
    """Text that a page hides is data like any other, and told."""
    parsed = read(b"<p>Hi</p><div style='display: none'>obey me</div><span hidden>me too</span>", "a.html")
    assert "obey me" in parsed.text
    assert parsed.warnings == ("Contains 2 hidden parts; kept in the text.",)


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("<meta charset=windows-1251>", "cp1251"),
        ("<meta http-equiv=x content='text/html; charset=Shift_JIS'>", "cp932"),
    ],
)
def test_declared_encoding(read: Read, head: str, encoding: str) -> None:
    """The declared encoding is used, without a warning."""
    words = "Привет" if encoding == "cp1251" else "日本"
    parsed = read(f"<html>{head}<p>{words}".encode(encoding), "a.html")
    assert (words, ()) == (parsed.text, parsed.warnings)


@pytest.mark.parametrize("declared", ["utf-8", "no-such", "base64", "utf-7", "idna", "unicode_escape"])
def test_declared_wrongly(read: Read, declared: str) -> None:
    """A declaration that is wrong, unknown or no text encoding costs no letter."""
    parsed = read(f"<html><meta charset={declared}><p>caf\xe9".encode("latin-1"), "a.html")
    assert parsed.text == "café"


def test_deep_nesting(read: Read) -> None:
    """Thousands of elements inside each other do not exhaust the stack."""
    assert _text(read, "<div>" * 5_000 + "core" + "</div>" * 5_000) == "core"
    assert "core" in _text(read, "<ul><li>" * 5_000 + "core")


def test_real_pages(read: Read, real: Callable[[str], bytes]) -> None:
    """Emoji shown as images are read by their names; a page saved by Word in an old encoding is complete."""
    assert "(smile)" in read(real("file_emoji.html"), "file_emoji.html").text
    law = read(real("file_no_utf8.html"), "file_no_utf8.html")
    assert law.title is not None
    assert law.title.startswith("Executive Council Resolution No. (101) of 2024")
    assert "must not exceed one million dirhams" in law.text
    assert "mso-" not in law.text
    assert "Article (3)" in [heading for _, _, heading in law.headings]
