"""The guide to a dialect of one's own, followed to the letter: its file and its entry point are installed."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from conformance.make import rendered
from rivulet.config import BadSettings
from rivulet.domain.events import TextDelta, decode
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import parsed, serving
from .speaking import MODEL, Spoken, told

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guides" / "dialect.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The guide's first block of that language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", GUIDE, re.M | re.S)
    assert found is not None
    return found[1]


def install(monkeypatch: pytest.MonkeyPatch, folder: Path, *points: str) -> None:
    """As an installer leaves a package behind: the module, and beside it what its entry points are."""
    folder.mkdir()
    (folder / "plain.py").write_text(block("python"), encoding="utf-8")
    about = folder / "plain-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: plain\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("\n".join(["[rivulet.dialects]", *points]), encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "plain", raising=False)


@pytest.fixture
def points() -> list[str]:
    """What the guide writes into a package's settings."""
    added = block("sh").split("END")[1].lstrip("'")
    groups = tomllib.loads(added)["project"]["entry-points"]
    return [f"{name} = {place}" for name, place in groups["rivulet.dialects"].items()]


@pytest.mark.anyio
async def test_the_guides_dialect_answers(
    tmp_path: Path, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch, points: list[str]
) -> None:
    """Streamed, waited for, refused in its own shape, stopped and read like any other."""
    install(monkeypatch, tmp_path / "site", *points)
    async with serving(tmp_path / "data", model, model=MODEL) as site:
        status, stream, headers = await told(site, Spoken("POST", "/plain", {"text": "Why?"}))
        frames = parsed(stream)
        assert (status, frames[-1]) == (200, {"end": "completed"})
        _, turn = await site.json("GET", headers["location"])
        assert "".join(frame.get("text", "") for frame in frames) == turn["text"]
        assert (await site.events(turn["turn_id"]))[0]["dialects"]["plain"] == 1
        _, answer = await site.json("POST", "/plain", json={"text": "Why?", "stream": False})
        assert answer == {"text": turn["text"], "end": "completed"}
        for bad in (b"{", b"{}", b'{"text": 7}', b'{"text": " "}'):
            status, body = await site.json(
                "POST", "/plain", data=bad, headers={"content-type": "application/json"}
            )
            assert (status, body.keys()) == (400, {"wrong", "request"})
        status, body = await site.json(
            "POST", "/plain", data=b"text=7", headers={"content-type": "text/plain"}
        )
        assert (status, body.keys()) == (415, {"wrong", "request"})
        assert (await site.json("GET", "/plain"))[0] == 404
    async with serving(tmp_path / "off", model, dialects_off=("plain",)) as site:
        status, body = await site.json("POST", "/plain", json={"text": "Why?"})
        assert (status, "switched off" in body["wrong"]) == (404, True)


@pytest.mark.anyio
async def test_two_dialects_may_not_claim_one_address(
    tmp_path: Path, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch, points: list[str]
) -> None:
    """Said at start, with both names."""
    install(monkeypatch, tmp_path / "site", *points, "plainer = plain:Plainer")
    with (tmp_path / "site" / "plain.py").open("a") as module:
        module.write('\n\nclass Plainer(Plain):\n    name = "plainer"\n')
    with pytest.raises(BadSettings, match="POST /plain is claimed by plain and by plainer"):
        async with serving(tmp_path / "data", model):
            pass


@pytest.mark.anyio
async def test_a_dialect_that_cannot_be_loaded_is_named(
    tmp_path: Path, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server does not start without what its operator has installed, and says what is wrong with it."""
    install(monkeypatch, tmp_path / "site", "plain = plain:Missing")
    with pytest.raises(BadSettings, match=r"plain \(plain:Missing\)"):
        async with serving(tmp_path / "data", model):
            pass


def test_the_guides_dialect_has_a_golden_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, points: list[str]
) -> None:
    """By the guide's own command, two files a story; later the same command says what has changed."""
    install(monkeypatch, tmp_path / "site", *points)
    found = re.search(r"^python -m (conformance.make plain )goldens/$", GUIDE, re.M)
    assert found is not None
    folder = tmp_path / "goldens"
    command = [sys.executable, "-m", *found[1].split(), str(folder)]

    def run(*more: str) -> str | None:
        done = subprocess.run(
            [*command, *more],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
            capture_output=True,
            text=True,
        )
        return None if done.returncode == 0 else done.stdout

    assert run() is None
    stories = {path.parent.name for path in (ROOT / "conformance").glob("*/events.jsonl")}
    assert {path.name for path in folder.iterdir()} == {
        f"{s}.{end}" for s in stories for end in ("sse", "json")
    }
    assert parsed((folder / "plain-answer.sse").read_bytes())[-1] == {"end": "completed"}
    assert run("--check") is None
    (folder / "plain-answer.sse").write_bytes(b"")
    assert run("--check") == f"stale: {folder}/plain-answer.sse\n"


def test_the_guides_dialect_tells_every_story() -> None:
    """Its clients put together everything that was said, and how it ended."""
    names: dict[str, type] = {}
    exec(compile(block("python"), "plain.py", "exec"), names)
    for story in sorted((ROOT / "conformance").glob("*/events.jsonl")):
        log = [decode(line) for line in story.read_bytes().splitlines()]
        frames = parsed(rendered(names["Plain"](), log))
        final = json.loads(story.with_name("final.json").read_bytes())
        said = "".join(frame.get("text", "") for frame in frames)
        assert said == "".join(event.delta for event in log if isinstance(event, TextDelta)), story
        assert frames[-1] == {"end": final["status"]}
