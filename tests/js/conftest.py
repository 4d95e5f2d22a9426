"""Node and its packages; ours packed as they would be published."""

import json
import os
import re
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

import hatch_build
from tests.door import alone_in

JS = hatch_build.SOURCES
PACKAGES = ("client", "react", "vue", "widget")


@pytest.fixture(scope="session")
def run(node: str) -> Callable[..., str]:
    """Runs Node in a folder and gives what it printed; a failure shows what failed."""

    def run(*arguments: str | Path, folder: Path) -> str:
        done = subprocess.run([node, *map(str, arguments)], cwd=folder, capture_output=True, text=True)
        failed = re.findall(r"(?:^|\n) *not ok .*\n(?:(?! *(?:not )?ok ).*\n){0,30}", done.stdout)
        assert done.returncode == 0, "\n".join(failed) or done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def packed(node: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of somebody else's: our four packages from their tarballs, and of this checkout only the
    frameworks."""
    project = tmp_path_factory.mktemp("project")
    ours = project / "node_modules" / "@rivulet"
    ours.mkdir(parents=True)
    npm = hatch_build.npm_of(Path(node).parent)
    for name in PACKAGES:
        command = [*npm, "pack", "--silent", "--pack-destination", str(project)]
        environment = os.environ | {"PATH": f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"}
        with alone_in(JS):  # packing compiles, in place
            done = subprocess.run(command, cwd=JS / name, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        with tarfile.open(project / f"rivulet-{name}-0.1.0.tgz") as tarball:
            tarball.extractall(ours, filter="data")
        (ours / "package").rename(ours / name)
    for framework in ("react", "react-dom", "vue", "@types", "csstype", "@vue"):
        (project / "node_modules" / framework).symlink_to(JS / "node_modules" / framework)
    (project / "package.json").write_text(json.dumps({"type": "module"}))
    return project
