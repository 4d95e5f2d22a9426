"""Writes the stories and their golden renderings; with `--check` only says what is stale.

python -m conformance.make [--check]                   all of ours, in this folder
python -m conformance.make NAME FOLDER [--check]       those of one installed dialect, in a folder of its own
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import msgspec

from conformance.dialects import ANSWERING, DIALECTS
from conformance.page import page
from conformance.stories import LONG, STORIES
from rivulet.dialects.frames import line
from rivulet.domain.events import AnyEvent, TextDelta, decode, encode
from rivulet.domain.turn import check, fold
from rivulet.ports.dialect import AskDialect, Dialect
from rivulet.wiring import dialects

FOLDER = Path(__file__).parent
PAGE = FOLDER.parent / "docs" / "reference" / "dialects.md"
REQUEST_ID = "req_story"


def expected() -> dict[Path, bytes]:
    """Every generated file, by its path."""
    return {PAGE: page()} | {path: data for name in STORIES for path, data in _story(name)}


def expected_of(name: str, folder: Path) -> dict[Path, bytes]:
    """The golden files of one dialect, by the name of its entry point: two a story."""
    dialect = next((each for each in dialects() if each.name == name), None)
    if dialect is None:
        raise SystemExit(f"no installed dialect is called {name}")
    files: dict[Path, bytes] = {}
    for story in STORIES.keys() - LONG:
        log = STORIES[story]()
        files[folder / f"{story}.sse"] = rendered(dialect, log)
        if hasattr(dialect, "answer"):
            files[folder / f"{story}.json"] = _pretty(answered(cast(AskDialect, dialect), log))
    return files


def stale(wanted: Mapping[Path, bytes], there: set[Path]) -> list[Path]:
    """Files that are missing, differ, or belong to no story."""
    differing = {path for path, data in wanted.items() if not path.exists() or path.read_bytes() != data}
    return sorted(differing | (there - wanted.keys()))


def ours() -> set[Path]:
    """The files that are here."""
    return {path for path in FOLDER.glob("*/*") if "__pycache__" not in path.parts}


def rendered(dialect: Dialect, log: list[AnyEvent]) -> bytes:
    """The whole body a follower from the start gets."""
    renderer = dialect.renderer(is_resumed=False)
    return b"".join(frame.data for event in log for frame in renderer.render(event))


def answered(dialect: AskDialect, log: list[AnyEvent]) -> dict[str, Any]:
    """The answer to a client that waited for the end: HTTP status and body."""
    reply = dialect.answer(log, REQUEST_ID)
    return {"status": reply.status, "body": json.loads(line(reply.body))}


def unrolled(recipe: dict[str, Any]) -> list[AnyEvent]:
    """The log a `recipe.json` stands for (README.md, "Long stories")."""
    repeat = recipe["repeat"]
    lines = [*recipe["before"]]
    for i in range(repeat["times"]):
        event = repeat["event"]
        lines.append(event | {"delta": event["delta"].replace("{i}", str(i))})
    lines += recipe["after"]
    first_at, tick = recipe["before"][0]["at"], recipe["tick_ms"]
    return [
        decode(json.dumps(line | {"seq": seq, "at": first_at + (seq - 1) * tick}))
        for seq, line in enumerate(lines, start=1)
    ]


def _story(name: str) -> Iterator[tuple[Path, bytes]]:
    folder, log = FOLDER / name, STORIES[name]()
    check(log)
    yield folder / "final.json", _pretty(msgspec.to_builtins(fold(log)))
    bodies = {f"{dialect.name}.sse": rendered(dialect, log) for dialect in DIALECTS}
    bodies |= {f"{dialect.name}.json": _pretty(answered(dialect, log)) for dialect in ANSWERING}
    if name in LONG:
        yield folder / "recipe.json", _pretty(_recipe(log))
        digests = {
            file: {"bytes": len(b), "sha256": hashlib.sha256(b).hexdigest()} for file, b in bodies.items()
        }
        yield folder / "digests.json", _pretty(digests)
        return
    yield folder / "events.jsonl", b"".join(encode(event) + b"\n" for event in log)
    for file, body in bodies.items():
        yield folder / file, body


def _recipe(log: list[AnyEvent]) -> dict[str, Any]:
    deltas = [place for place, event in enumerate(log) if isinstance(event, TextDelta)]
    lines = [json.loads(encode(event)) for event in log]
    first, last = deltas[0], deltas[-1]
    template = lines[first] | {"delta": lines[first]["delta"].replace("0", "{i}")}
    del template["seq"], template["at"]
    recipe = {
        "before": lines[:first],
        "repeat": {"times": len(deltas), "event": template},
        "after": lines[last + 1 :],
        "tick_ms": log[1].at - log[0].at,
    }
    if unrolled(recipe) != log:
        raise ValueError("this log is not a repetition")
    return recipe


def _pretty(value: Any) -> bytes:
    """ASCII, so that no editor and no version control changes a line end inside it."""
    return json.dumps(value, indent=1).encode("ascii") + b"\n"


def main(arguments: list[str]) -> int:
    names = [argument for argument in arguments if argument != "--check"]
    if names:
        name, folder = names[0], Path(names[1])
        wanted, there = expected_of(name, folder), set(folder.glob("*.sse"))
    else:
        wanted, there = expected(), ours()
    if "--check" in arguments:
        for path in stale(wanted, there):
            sys.stdout.write(f"stale: {path}\n")
        return 1 if stale(wanted, there) else 0
    for path, data in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != data:
            path.write_bytes(data)
    for path in stale(wanted, there):
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
