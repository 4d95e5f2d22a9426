"""A page with nothing but the Markdown view and its checks, as the bundle of js/web/test/markdown.ts."""

import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

import hatch_build


@pytest.fixture(scope="module")
def markdown(
    browser: Browser, node: str, built_page: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    """A blank page with the checks as `markdown`."""
    bundle = tmp_path_factory.mktemp("bundle") / "markdown.js"
    rolldown = hatch_build.SOURCES / "node_modules/rolldown/bin/cli.mjs"
    command = [node, str(rolldown), "test/markdown.ts"]
    command += ["--format", "iife", "--name", "markdown", "-o", str(bundle)]
    subprocess.run(command, cwd=hatch_build.SOURCES / "web", check=True, capture_output=True)
    page = browser.new_page()
    page.set_content("<body></body>")
    page.add_script_tag(path=bundle)
    yield page
    page.close()
