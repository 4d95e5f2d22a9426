"""`./dev`, the checkout's door: the first start installs, the next one does not, and it works from anywhere.

What it runs is written down instead of run: installing for real takes minutes, and the wheel has a test.
"""

import os
import subprocess
from pathlib import Path

import pytest

import hatch_build

DEV = Path(hatch_build.ROOT) / "dev"
PROGRAM = """#!/bin/sh
# Every program that `./dev` runs: writes down what it was asked, and leaves what it would have left.
echo "$(basename "$0") $* in $PWD" >> "$NOTES"
here=$(dirname "$0")
case "$*" in
    *version_info*) exit "${IS_OLD:-0}" ;;
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && cp "$0" "$3/bin/rivulet" ;;
    "-m pip install "*) cp "$0" "$here/uv" && echo "${*##*==}" > "$here/version" ;;
    --version) echo "uv $(cat "$here/version")" ;;
    nonsense*) exit 2 ;;
esac
"""


class Checkout:
    """This one, with an environment of its own that is not there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.venv, self.notes = folder / "venv", folder / "notes"
        programs = folder / "programs"
        programs.mkdir()
        for name in ("python3", "python3.11"):
            (programs / name).write_text(PROGRAM)
            (programs / name).chmod(0o755)
        self.environment = {
            "PATH": f"{programs}:/usr/bin:/bin",
            "RIVULET_VENV": str(self.venv),
            "NOTES": str(self.notes),
        }

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """From a folder that is not the checkout; what was run before is forgotten."""
        self.notes.write_text("")
        self.elsewhere = self.folder / "elsewhere"
        self.elsewhere.mkdir(exist_ok=True)
        relative = os.path.relpath(DEV, self.elsewhere)
        env = self.environment | environment
        return subprocess.run([relative, *words], env=env, cwd=self.elsewhere, capture_output=True, text=True)

    @property
    def ran(self) -> list[str]:
        return self.notes.read_text().splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.mark.parametrize("words", [(), ("help",), ("-h",), ("--help",)])
def test_help_installs_nothing(checkout: Checkout, words: tuple[str, ...]) -> None:
    """It names the commands and leaves no trace."""
    done = checkout.run(*words)
    assert (done.returncode, done.stderr, checkout.ran) == (0, "", [])
    for name in ("serve", "test", "check", "fix", "bench", "web", "lock"):
        assert f"\n  {name} " in done.stdout
    assert not checkout.venv.exists()


def test_a_first_start_installs_what_is_locked_and_a_second_one_nothing(checkout: Checkout) -> None:
    """With hashes, once; then again when what it was made of has changed. The command runs where you are."""
    first = checkout.run("serve", "my docs", "--port", "0")
    assert first.returncode == 0, first.stderr
    (locked,) = (line for line in checkout.ran if "--require-hashes" in line)
    assert "locks/serve.txt" in locked
    command = f"rivulet serve my docs --port 0 in {checkout.elsewhere}"
    assert checkout.ran[-1] == command
    assert checkout.run("serve", "my docs", "--port", "0").returncode == 0
    assert checkout.ran == [command]
    checkout.run("serve", RIVULET_SKIP_WEB="1")
    assert any("--require-hashes" in line for line in checkout.ran)
    assert not any("-m venv" in line or "-m pip" in line for line in checkout.ran)


def test_an_unknown_command_is_rivulets_to_refuse(checkout: Checkout) -> None:
    """With its words and its exit status."""
    assert checkout.run("nonsense", "--now").returncode == 2
    assert checkout.ran[-1] == f"rivulet nonsense --now in {checkout.elsewhere}"


def test_a_python_that_is_too_old_is_said(checkout: Checkout) -> None:
    """Which one was found, and what is needed; nothing is made with it."""
    done = checkout.run("serve", IS_OLD="1")
    assert done.returncode == 1
    old = Path(checkout.environment["PATH"].split(":")[0]) / "python3.11"
    assert done.stderr == f"Rivulet needs Python 3.11 or newer; {old} is older.\n"
    assert not checkout.venv.exists()
