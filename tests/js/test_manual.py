"""The pages for JavaScript, typed in by a newcomer: their blocks against a server that runs."""

import json
import re
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.web.conftest import Server, ToldModel, built_page, documents, model, server, upstream

from .conftest import JS

__all__ = ["built_page", "documents", "model", "server", "upstream"]

PAGES = (JS.parent / "docs/guides/clients.md", JS / "client/README.md", JS / "vue/README.md")
BLOCKS = [
    text
    for page in PAGES
    for text in re.findall(r"^```ts\n(.*?)^```$", page.read_text(), re.M | re.S)
    # A hook needs its framework's page, and what names no server is for a page of the server's own.
    if "@rivulet/react" not in text and "8321" in text
]
TURN = "trn_" + "a" * 26


def turn_of(server: Server) -> str:
    """A turn that somebody has begun."""
    body = json.dumps({"input": "What is a turn?"}).encode()
    asked = urllib.request.Request(f"{server.url}/v1/turns", body, {"content-type": "application/json"})
    with urllib.request.urlopen(asked) as response:
        return json.load(response)["turn_id"]


@pytest.fixture(scope="module")
def compiled(packed: Path, run: Callable[..., str]) -> Path:
    """The blocks as JavaScript, beside the packages."""
    folder = packed / "typed-in"
    folder.mkdir()
    for number, text in enumerate(BLOCKS):
        (folder / f"block{number}.ts").write_text(f"{text}\nexport {{}}\n")
    libraries = ["ES2023", "DOM", "DOM.Iterable", "DOM.AsyncIterable"]
    options = {"target": "ES2022", "module": "NodeNext", "lib": libraries, "types": []}
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "include": ["."]}))
    run(JS / "node_modules/typescript/bin/tsc", "-p", ".", folder=folder)
    return folder


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block_of_the_guide_does_what_it_says(
    compiled: Path, run: Callable[..., str], server: Server, model: ToldModel, number: int
) -> None:
    """It ends by itself, without an error, and what is answered is printed where it prints something."""
    model.tell("A turn is ", "one question.")
    script = compiled / f"block{number}.js"
    text = script.read_text().replace("http://localhost:8321", server.url)
    script.write_text(text.replace(TURN, turn_of(server)))
    said = run(script, folder=compiled)
    if "What is a turn?" in BLOCKS[number] and "onConnection" not in BLOCKS[number]:
        assert "one question." in said


def test_the_guide_has_blocks_to_run() -> None:
    """Those of the client, of many tabs, of Vue and of no framework."""
    assert len(BLOCKS) >= 8
