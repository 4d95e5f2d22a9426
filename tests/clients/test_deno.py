"""Our own client where there is neither a browser nor Node."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import WORDS, Place
from tests.clients.nodes import FOLDER, Node, deno


@pytest.mark.parametrize("where", ["program", "worker"])
def test_the_client_resumes_in_deno(place: Place, node: Node, tmp_path: Path, where: str) -> None:
    """A stream that is cut is taken up again, in a program and in a worker: every event, once."""
    place.cut(9, "reset")
    said = subprocess.run(
        [
            deno(),
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


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_where_deno_is_missing_ci_fails(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    """On another kind of machine the proof is skipped by hand, and never in CI."""
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(outcome, match="Deno is locked"):
        deno()
