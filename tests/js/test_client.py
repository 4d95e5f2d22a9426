"""The TypeScript side: its own tests on Node, its types, and what its lock file may not say."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import hatch_build

JS = hatch_build.SOURCES


@pytest.fixture(scope="session")
def node() -> str:
    """Node as the page's build finds it: on PATH, or the one that comes with the type checker. The packages
    are there when the page was built; a test run by hand may be the first to need them."""
    folder = hatch_build.find_node()
    if folder is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Node")
        pytest.skip("there is no Node 20.19 or newer here")
    hatch_build.install_packages(folder, for_tests=True)
    return str(shutil.which("node", path=folder))


def run(node: str, *arguments: str | Path, folder: Path) -> None:
    done = subprocess.run([node, *map(str, arguments)], cwd=folder, capture_output=True, text=True)
    failed = re.findall(r"(?:^|\n) *not ok .*\n(?:(?! *(?:not )?ok ).*\n){0,30}", done.stdout)
    assert done.returncode == 0, "\n".join(failed) or done.stdout + done.stderr


def test_the_client_keeps_its_promises(node: str) -> None:
    """Every case of the parser, every conformance story, and following through every kind of bad network."""
    run(node, JS / "node_modules/typescript/bin/tsc", "-p", "test", folder=JS / "client")
    tests = sorted((JS / "client/build/test").glob("*.test.js"))
    assert len(tests) >= 4
    run(node, "--test", *tests, folder=JS / "client")


@pytest.mark.parametrize("project", ["client", "web"])
def test_types_are_strict_and_clean(node: str, project: str) -> None:
    """No error under the strictest settings the compiler has for us."""
    run(node, JS / "node_modules/typescript/bin/tsc", "--noEmit", "-p", project, folder=JS)


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
