"""The Markdown view in a real document: what grows character by character ends as what is shown at once."""

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page

import hatch_build
from tests.web.bundle import markdown
from tests.web.clock import ThreadClock

__all__ = ["markdown"]

CONSTRUCTS = {
    "bold": "This is **bold text** here.",
    "italic": "An *italic* word and _another one_ too.",
    "code": "Use `npm install` and ``a ` b`` now.",
    "link": "See [the docs](https://example.com/a_(b)) please.",
    "image": "Look ![a photo](https://example.com/x.png) here!",
    "strike": "It is ~~wrong~~ right.",
    "fence": "Run:\n\n```python\ndef f(a):\n    return a * 2 # **x**\n```\n\nDone.",
    "tilde fence": "~~~js\nx\n~~~\nend",
    "table": "Values:\n\n| Name | **Size** |\n|:-----|---:|\n| `a` | 1 |\n| b | *two* |\n\nEnd.",
    "bare table": "a | b\n--- | ---\n1 | 2\n\nx",
    "heading": "# Title *here*\n\nText\n\n## Second\nMore",
    "underlined heading": "Title\n=====\n\nSub\n---\nText",
    "list": "- one\n- **two** three\n- [x](https://e.com) four\n\n1. first\n2. second",
    "nested list": "- a\n  - b *c*\n    - d\n- e\n  1. f",
    "loose list": "1. one\n\n   more **one**\n\n2. two\n\n   ```sh\n   ls\n   ```\n\n3. three",
    "tasks": "- [ ] open\n- [x] done *now*",
    "quote": "> A **quote** with\n> two lines [1].\n\nAfter",
    "list in quote": "> - a **b**\n> - c\n\nx",
    "math": "Energy $E = mc^2$ and\n\n$$\nx_1 + x_2\n$$\n\nend",
    "nested emphasis": "**Bold *and italic* text** with ***both*** and `code *not*`.",
    "linked emphasis": "**[bold link](https://e.com/x)** and [*em* in](https://e.com)",
    "citations": "Change it [1][2]. Never [9], always[3].",
    "raw html": "A <script>alert(1)</script> and <b>bold</b> a < b &amp; c &lt; d.",
    "rule": "a\n\n---\n\nb",
    "escapes": r"1 \* 2 \[x\] and \\ end",
    "addresses": "Go <https://example.com> or https://example.com/x.",
    "stars that mean times": "2 * 3 * 4 = 24 and snake_case_name, __init__ and snake_a _b",
    "pipes in text": "Use a | b in text.\nNext line.",
    "chinese": "这是**粗体**文字。[1]",
    "exclamations": "Hello! World! [1]!",
    "reference links": (
        "See [the docs][manual], [**bold**][manual] and [it][].\n\nAgain [the docs][manual].\n\n"
        "- a [third][manual]\n- b\n\nThe end.\n\n[manual]: https://e.com/m\n[it]: https://e.com/i"
    ),
    "emphasis over lines": "*a b c\nd e f*\n\nx",
}


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_11_raw_syntax_never_flashes(markdown: Page, name: str) -> None:
    """No prefix shows marks that the finished text does not have."""
    assert markdown.evaluate("text => markdown.flashes(text)", CONSTRUCTS[name]) == []


def test_what_is_on_the_page_stays_there(markdown: Page) -> None:
    """More text keeps the nodes that are there, so a selection or a focus survives it."""
    assert markdown.evaluate("() => markdown.keepsNodes()")
    assert markdown.evaluate("text => markdown.removals(text)", CONSTRUCTS["table"]) == 0


@pytest.mark.alone
def test_a_token_costs_the_same_after_a_long_answer(markdown: Page) -> None:
    """Parsing and patching do not grow with what is settled: a text 25 times as long may cost twice as much,
    where parsing all of it would cost 25 times as much."""
    clock = ThreadClock(markdown)

    def cost(paragraphs: int) -> float:
        markdown.evaluate("(paragraphs) => markdown.prepare(paragraphs)", paragraphs)
        begun = clock.now()
        markdown.evaluate("() => markdown.grow(300)")
        return (clock.now() - begun) / 300

    short = min(cost(20) for _ in range(3))
    long = min(cost(500) for _ in range(3))
    assert long < 2 * short + 0.2


def test_bytes_of_code_are_kept(markdown: Page) -> None:
    """What is copied from a code block is what the model wrote, tabs, spaces and marks included."""
    code = "\tif a<b && c:  \n        return '*x*'  # [1] &amp;\n\n\n    end"
    html = markdown.evaluate("text => markdown.rendered(text)", f"```py\n{code}\n```")
    shown = markdown.evaluate("() => document.querySelector('pre code').textContent")
    assert code == shown
    assert "&amp;amp;" in html


def test_18_right_to_left_text_is_right_to_left(markdown: Page) -> None:
    """Each block has the direction of its own first letter; code stays left to right."""
    markdown.evaluate("text => markdown.rendered(text)", "مرحبا بالعالم `npm i`\n\nHello\n\n```\nx\n```")
    direction = "(one) => getComputedStyle(document.querySelector(one)).direction"
    assert markdown.evaluate(direction, "p") == "rtl"
    assert markdown.evaluate(direction, "p code") == "ltr"
    assert markdown.evaluate(direction, "p:nth-of-type(2)") == "ltr"
    assert markdown.evaluate(direction, "figure") == "ltr"


def test_sizes_are_within_their_budgets(node: str, built_page: None) -> None:
    """What a first visit loads, compressed as a server would: scripts ≤ 90 kB, styles ≤ 15 kB, the client
    alone ≤ 4 kB."""
    command = [node, str(hatch_build.SOURCES / "web/scripts/sizes.mjs"), "--gate"]
    done = subprocess.run(command, cwd=Path(hatch_build.SOURCES), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
