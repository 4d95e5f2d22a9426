"""Answers as models write them, and as they should not."""

ANSWER = """\
# Tea at four

Tea is served **at four o'clock** in the *library* [1], and `coffee()` never is.
See [the house rules](https://example.org/rules). 中文字符也在这里，宽度是二。 🎉 Done.

Steps:
1. Boil the water, which takes a while because the kettle is old and was never a good one [2].
2. Pour.
   - First cup
   - Second cup
     with more
3. Wait:

   ```sh
   sleep 240
   ```

- [x] done
- [ ] not done

## Code

```python
def tea(at: int = 4) -> str:
    \"\"\"Says when.

    Over lines.
    \"\"\"
    return f"tea at {at}"
```

| Cup | Price | Note |
|:----|------:|------|
| small | 2.50 | **hot** |
| large | 13.00 | with `milk` |

> Quoted *words* that
> go on.

---

مرحبا بالعالم هذا نص عربي

[a]: https://x.example
"""

LABELS = """\
See [*rules*][rules], [Docs][], 参见[文档][docs], [a page][1] and ![a cat][pic].

What is none: [1][2], m[i][j], `[a][b]`, \\[no][x], [see].

| a | b |
|---|---|
| [cell][rules] | none |

That was it.
[rules]: https://rules.example/_private_/x_y "Rules"
[docs]: <https://docs.example/__init__.py>
[1]: https://page.example
[pic]: /cat.png
Goes on.
"""
"""Links whose addresses stand at the end."""

TEXTS = {
    "answer": ANSWER,
    "labels": LABELS,
    "windows": ANSWER.replace("\n", "\r\n"),
    "setext": "Title\n=====\n\nSub\n---\nText\n***\nmore\n",
    "loose list": "- one\n\n- two\n\n  more of two\n\n      code in two\n- three\nlazy\n\nafter",
    "indented code": "Text\n\n    code\n\n    more code\nText",
    "html": "<div>\n**raw**\n\n<!-- one\n\n# no heading -->\n\n<br>text<br>more",
    "nested fences": "````md\n```py\nx\n```\n````\nText\n~~~\n```\n~~~",
    "unclosed fence": "Look:\n```python\ndef f():\n    return 1",
    "code of many lines": "```py\n" + "".join(f"line_{n} = {n}\n" for n in range(60)) + "```\nDone.",
    "marks alone": "**\n`\n-\n#\n>\n|",
    "table without text": "|a|b|\n|-|-|\n",
    "quote and list": "> - one\n> - two\nlazy\n\n1) one\n2) two\n5. five\n",
    "one line": "word " * 400,
    "controls": "a\0b \x1b]0;owned\x07 \x9b31m \x1b]52;c;eA==\x1b\\ &#13;over \u202eback &#x1b;[2J",
    "nothing": "",
    "blank": "\n \n\n",
}

LINES = (
    *("", "", "", "a paragraph", "goes **on**", "# Heading", "Setext", "---", "===", "***"),
    *(
        "- item",
        "  more of it",
        "    deeper",
        "  - inner",
        "* star",
        "1. one",
        "2. two",
        "   inside",
        "10. ten",
    ),
    *(
        "```py",
        "```",
        "~~~",
        "  ```",
        "> quote",
        "> - item",
        ">",
        "<div>",
        "</div>",
        "<b>x</b> y",
        "<!--",
        "-->",
    ),
    *(
        "| a | b |",
        "|---|---|",
        "`code`",
        "[x]: http://y",
        "<https://a.example>",
        "- ```",
        "      six",
        "<pre>",
    ),
)
"""What a text can be made of, line by line."""
