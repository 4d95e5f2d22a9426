"""The TypeScript side: its own tests on Node, its types, and what its lock file may not say."""

import json
import re
from collections.abc import Callable

import pytest

from .conftest import JS


def test_the_client_keeps_its_promises(run: Callable[..., str]) -> None:
    """Every case of the parser, every conformance story, and following through every kind of bad network."""
    run(JS / "node_modules/typescript/bin/tsc", "-p", "test", folder=JS / "client")
    tests = sorted((JS / "client/build/test").glob("*.test.js"))
    assert len(tests) >= 4
    run("--test", *tests, folder=JS / "client")


@pytest.mark.parametrize("project", ["client", "client/test", "react", "vue", "widget", "web"])
def test_types_are_strict_and_clean(run: Callable[..., str], project: str) -> None:
    """No error under the strictest settings the compiler has for us."""
    run(JS / "node_modules/typescript/bin/tsc", "--noEmit", "-p", project, folder=JS)


def test_the_lock_names_no_registry() -> None:
    """Everybody's own registry is asked; the lock has versions and hashes only."""
    lock = (JS / "package-lock.json").read_text()
    resolved = re.findall(r'"resolved": "([^"]+)"', lock)
    assert sorted(resolved) == ["client", "react", "vue", "web", "widget"]
    assert len(re.findall(r'"integrity": "sha512-', lock)) > 20


def test_the_client_needs_nothing() -> None:
    """No dependency, and no import from outside its own folder."""
    package = json.loads((JS / "client/package.json").read_text())
    assert not [name for name in package if name.lower().endswith("dependencies")]
    for path in (JS / "client/src").glob("*.ts"):
        for module in re.findall(r"from '([^']+)'", path.read_text()):
            assert module.startswith("./"), f"{path.name} imports {module}"
