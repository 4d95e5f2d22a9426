"""What people get who install Rivulet as a package: everything, without Node."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import hatch_build

UV = Path(sys.executable).with_name("uv")
LOOK = """
import rivulet, rivulet.http.page
print(rivulet.__file__)
print(rivulet.http.page.Page().is_built)
"""


def test_the_wheel_carries_the_page_and_the_command(tmp_path: Path) -> None:
    """A wheel made from this checkout, in an environment of its own beside the locked dependencies."""
    wheels, venv = tmp_path / "wheels", tmp_path / "venv"
    environment = {name: value for name, value in os.environ.items() if name != "RIVULET_SKIP_WEB"}

    def run(*command: str | Path) -> str:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run(UV, "build", "--quiet", "--wheel", "--out-dir", wheels, hatch_build.ROOT)
    (wheel,) = wheels.glob("rivulet-*.whl")
    run(UV, "venv", "--quiet", "--python", sys.executable, venv)
    run(UV, "pip", "install", "--quiet", "--no-deps", "--python", venv / "bin/python", wheel)
    (packages,) = venv.glob("lib/python*/site-packages")
    (packages / "locked.pth").write_text(sysconfig.get_path("purelib"))
    place, is_built = run(venv / "bin/python", "-c", LOOK).split()
    assert Path(place).is_relative_to(packages)
    assert is_built == "True"
    assert "serve" in run(venv / "bin/rivulet", "--help")
