"""The widget's Markdown: whatever way a text comes, the same elements, and never a piece of raw syntax."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import hatch_build
from tests.web.attacks import ANSWERS, HEAVY
from tests.web.clock import ThreadClock

CONSTRUCTS = {
    "bold": "This is **very important** indeed.",
    "italic": "This is *quite important* and _so is this_ indeed.",
    "code": "Run `pip install it` and wait.",
    "link": "See [the manual](https://example.com/manual) for more.",
    "picture": "Look: ![a bicycle](https://example.com/x.png) there.",
    "strike": "It costs ~~ten~~ nine.",
    "fence": "Run:\n\n```python\nprint(1)\n```\n\nDone.",
    "table": "Prices:\n\n| part | price |\n|---|---|\n| chain | 9 |\n| bell | 4 |\n\nDone.",
    "heading": "## The oil\n\nIt is yellow.",
    "list": "Parts:\n\n- chain\n- bell\n\nDone.",
    "numbers": "Steps:\n\n1. Open it\n2. Close it\n\nDone.",
    "tasks": "To do:\n\n- [x] chain\n- [ ] bell\n\nDone.",
    "nested": "- wheels\n  - front\n  - back\n- bell",
    "quote": "> Said the *manual*\n\nand so on.",
    "source": "Once a year [1], or so [2].",
}
CORPUS = [
    *CONSTRUCTS.values(),
    "\n\n".join(CONSTRUCTS.values()),
    "1. one\n\n   more of one\n\n2. two\n\n```\nin between\n\nstill code\n```\n3. three",
    "a ** b, 2 * 3 * 4, snake_case_name, **never closed, `nor this, [nor that](http",
    "```\nnever closed\n\n# not a heading\n",
    "| not | a table\nbecause the second line is none",
    "مرحبا **بالعالم** [1]\n\n日本語の*文章*です。\n\n😀 _ok_",
    "***both*** and **bold *and italic* bold** \\*not\\* https://example.com/a_(b).",
    "#hashtag\n-5 degrees\n1999. A year\n---\n***",
]
SYNTAX = "*_`~[]|#>"

WALK = """([text, whole]) => {
  const read = (pieces) => {
    const box = document.createElement('div')
    const chip = (n) => Object.assign(document.createElement('b'), { textContent: n })
    const markdown = new widget.Markdown(box, chip)
    const seen = []
    let at = ''
    for (const piece of pieces) { at += piece; markdown.update(at, false); seen.push(box.textContent) }
    markdown.update(at, true)
    return { html: box.innerHTML, text: box.textContent, seen }
  }
  const letters = Array.from(text)
  const cut = (size) => text.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? []
  const ways = [letters, [text], cut(3), cut(7), text.split(/(?<=\\n)/)]
  return ways.map(read)
}"""


@pytest.fixture(scope="module")
def page(
    browser: Browser, node: str, built_page: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    """An empty page with the renderer in it."""
    made = tmp_path_factory.mktemp("widget") / "markdown.js"
    rolldown = hatch_build.SOURCES / "node_modules/rolldown/bin/cli.mjs"
    source = hatch_build.SOURCES / "widget/src/markdown.ts"
    command = [node, rolldown, source, "--format", "iife", "--name", "widget", "--file", made]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    page = browser.new_page()
    page.add_script_tag(content=Path(made).read_text())
    yield page
    page.close()


@pytest.mark.parametrize("text", CORPUS, ids=range(len(CORPUS)))
def test_however_it_comes_the_end_is_the_same(page: Page, text: str) -> None:
    """By letters, by words, by lines or whole: the same elements."""
    ways = page.evaluate(WALK, [text, True])
    assert {way["html"] for way in ways} == {ways[1]["html"]}


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_syntax_is_never_shown_on_the_way(page: Page, name: str) -> None:
    """Fed letter by letter, no text on the screen has a mark that the finished one lacks."""
    way = page.evaluate(WALK, [CONSTRUCTS[name], True])[0]
    flashes = [shown for shown in way["seen"] if set(SYNTAX) & set(shown) - set(way["text"])]
    assert flashes == []
    assert not set(SYNTAX) & set(way["text"])


def test_elements_are_what_they_should_be(page: Page) -> None:
    """A document with everything, as elements."""
    html = page.evaluate(WALK, [CORPUS[len(CONSTRUCTS)], True])[1]["html"]
    for part in (
        "<strong>very important</strong>",
        "<em>quite important</em> and <em>so is this</em>",
        '<code dir="ltr">pip install it</code>',
        '<a href="https://example.com/manual"',
        "<del>ten</del>",
        '<pre tabindex="0" dir="ltr" data-language="python"><code>print(1)</code></pre>',
        '<tr><th scope="col">part</th><th scope="col">price</th></tr>',
        "<td>bell</td>",
        '<h4 dir="auto">The oil</h4>',
        '<ol dir="auto"><li>Open it</li>',
        "<li>☑ chain</li><li>☐ bell</li>",
        "<li>wheels<ul><li>front</li>",
        "<blockquote",
        "Once a year <b>1</b>",
    ):
        assert part in html, part


LONG = """(text) => [997, text.length].map((size) => {
  const box = document.createElement('div')
  const markdown = new widget.Markdown(box, () => undefined)
  for (let end = size; end < text.length; end += size) markdown.update(text.slice(0, end), false)
  markdown.update(text, true)
  return [...box.children].map((one) => one.textContent)
})"""


@pytest.mark.parametrize("word", ["word ", "字", "🚲"])
def test_a_block_that_never_ends_becomes_two(page: Page, word: str) -> None:
    """However it comes, it is cut at the same place, and no letter is lost or broken."""
    text = word * 24_000
    pieces, whole = page.evaluate(LONG, text)
    assert pieces == whole
    assert 1 < len(whole) <= 8
    assert "".join(whole).replace(" ", "") == text.replace(" ", "")


HARM = """(text) => {
  const box = document.createElement('div')
  const markdown = new widget.Markdown(box, () => undefined)
  const found = new Set()
  for (let end = 1; end <= text.length; end++) {
    markdown.update(text.slice(0, end), end === text.length)
    for (const one of box.querySelectorAll('*')) {
      if (!one.matches(ALLOWED)) found.add(`<${one.localName}>`)
      for (const { name, value } of one.attributes) {
        if (!/^(?:class|dir|tabindex|scope|start|data-language|target|rel|href)$/.test(name)) found.add(name)
        if (name === 'href' && !/^(?:https?|mailto):/i.test(value)) found.add(value)
      }
      if (one.localName === 'a' && !/noopener noreferrer/.test(one.rel)) found.add('a link that tells')
    }
  }
  return [[...found], box.textContent]
}""".replace(
    "ALLOWED",
    "'p,h3,h4,h5,h6,ul,ol,li,blockquote,hr,br,pre,code,div,table,thead,tbody,tr,th,td,strong,em,del,a'",
)


@pytest.mark.parametrize("case", ANSWERS)
def test_86_to_91_no_prefix_of_an_answer_does_harm(page: Page, case: str) -> None:
    """After every letter there are only the widget's own elements and attributes; the words are there."""
    found, text = page.evaluate(HARM, ANSWERS[case])
    assert found == []
    assert "Before" in text
    assert "after" in text


BEGIN = """(text) => {
  const box = document.body.appendChild(document.createElement('div'))
  const markdown = new widget.Markdown(box, () => undefined)
  window.grow = (more) => { text += more; markdown.update(text, false) }
  grow('')
}"""


@pytest.mark.parametrize("case", HEAVY)
def test_90_nothing_makes_a_delta_slow(page: Page, case: str) -> None:
    """A hundred thousand letters of what costs most take under a second; a token after them under 100 ms."""
    page.evaluate("() => document.body.replaceChildren()")
    clock = ThreadClock(page)
    begun = clock.now()
    page.evaluate(BEGIN, HEAVY[case])
    assert clock.now() - begun < 1000
    costs: list[float] = []
    for _ in range(3):
        begun = clock.now()
        page.evaluate("() => grow(' more')")
        costs.append(clock.now() - begun)
    assert min(costs) < 100
