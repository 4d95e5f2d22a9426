"""Source code and structured text stay as they are; definitions are marked."""

from collections.abc import Callable

from rivulet.ports.knowledge import Parsed

Read = Callable[[bytes, str], Parsed]


def test_definitions_are_marked(read: Read) -> None:
    """Classes and functions of many languages are marks, the inner ones a level deeper."""
    source = "import os\n\nclass Cat:\n    async def purr(self, loud: bool) -> None:\n        pass\n"
    parsed = read(source.encode(), "cat.py")
    assert [mark[1:] for mark in parsed.headings] == [
        (1, "class Cat"),
        (2, "async def purr(self, loud: bool) -> None"),
    ]
    assert source == parsed.text


def test_other_languages(read: Read) -> None:
    """One pattern serves them all."""
    source = "pub fn run() -> u8 {\n}\nexport default class App {\n}\nfunc (s *Server) Stop() error {\n}\n"
    names = [mark[2] for mark in read(source.encode(), "x.rs").headings]
    assert names == ["pub fn run() -> u8", "export default class App", "func (s *Server) Stop() error"]


def test_named_by_the_whole_file_name(read: Read) -> None:
    """`config.py` and `config.toml` are different documents, so the suffix stays in their titles."""
    assert tuple(read(b"a = 1", name).title for name in ("src/config.py", "config.toml")) == (
        "config.py",
        "config.toml",
    )


def test_escaped_json_can_be_found(read: Read) -> None:
    """JSON with every letter escaped, or all in one line, is set again: to be searched and read."""
    assert '"stadt": "東京"' in read(b'{"stadt": "\\u6771\\u4eac"}', "a.json").text
    assert "\n" in read(b'{"a": "' + b"x" * 3000 + b'", "b": 1}', "a.json").text


def test_readable_or_broken_json_stays(read: Read) -> None:
    """Nothing is changed without need, nor lost when it is no JSON."""
    for text in ('{\n  "a": 1,\n  "a": 2\n}', '{"a": "\\u00e4"', "[" * 100_000 + '"\\u00e4"'):
        assert text == read(text.encode(), "a.json").text


def test_markup_in_code_stays_code(read: Read) -> None:
    """A component that begins like a page is still source code."""
    parsed = read(b"<!doctype html><template><p>{{ x }}</p></template>", "App.vue")
    assert "<template>" in parsed.text
