"""Our own client where there is neither a browser nor Node."""

import json
import os
import platform
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import WORDS, Place
from tests.clients.nodes import FOLDER, Node

DENO = FOLDER / "node_modules/@deno/linux-x64-glibc/deno"

pytestmark = pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"),
    reason="Deno is locked for Linux on x86-64 only",
)


@pytest.mark.parametrize("where", ["program", "worker"])
def test_the_client_resumes_in_deno(place: Place, node: Node, tmp_path: Path, where: str) -> None:
    """A stream that is cut is taken up again, in a program and in a worker: every event, once."""
    place.cut(9, "reset")
    said = subprocess.run(
        [
            DENO,
            "run",
            "--no-check",
            "--allow-net=127.0.0.1",
            "--allow-read",
            "deno.ts",
            place.proxy.url,
            where,
        ],
        cwd=FOLDER,
        env=os.environ | {"DENO_DIR": str(tmp_path), "NO_COLOR": "1", "DENO_NO_UPDATE_CHECK": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    turn = json.loads(said.stdout)
    assert turn["text"].split() == "".join(WORDS).split()
    assert turn["text"] == place.answer(turn["id"])
    assert turn["numbers"] == list(range(1, len(turn["numbers"]) + 1))
    assert place.proxy.streams > 1
