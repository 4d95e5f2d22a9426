"""The tables of losses are true: a field is lost when changing it changes nothing a client sees."""

import re
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from conformance.dialects import DIALECTS
from conformance.make import rendered
from conformance.stories import LONG, STORIES
from rivulet.domain.events import AnyEvent, decode, encode
from rivulet.ports.dialect import Dialect

every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)

LOGS = {name: tell() for name, tell in STORIES.items() if name not in LONG}
TAGS = {kind.__struct_config__.tag: kind for kind in AnyEvent.__args__}
LINKS = {"part_id", "tool_call_id", "stage_id"}
UNSEEN = {"type", "seq", "dialects"}
"""The log's own book-keeping: a frame's place stands for `seq`, and `dialects` is for our renderers."""

OTHER = {
    "status": ("completed", "cancelled"),
    "finish_reason": ("stop", "length"),
    "runs_on": ("server", "client"),
}
"""Fields of few words, and two of them."""


def losses_of(dialect: Dialect) -> dict[str, str]:
    return sys.modules[type(dialect).__module__].LOSSES


def named_losses(dialect: Dialect) -> set[str]:
    """`type` or `type.field`, from keys such as `text.started, text.finished` and `data (id, name)`."""
    found: set[str] = set()
    for key in losses_of(dialect):
        types, _, fields = key.partition(" (")
        for kind in types.split(", "):
            found |= (
                {f"{kind}:{field.strip()}" for field in fields.rstrip(")").split(",")} if fields else {kind}
            )
    return found


def fields(value: Any, path: str = "") -> Iterator[str]:
    """`usage.input_tokens`, `usage.cost.amount`, `sources.title`… for every field that has a value."""
    for name, inner in value.items():
        here = f"{path}.{name}" if path else name
        if name in {"usage", "cost", "timing", "error"} and isinstance(inner, dict):
            yield from fields(inner, here)
        elif name == "sources":
            yield from fields(inner[0], here) if inner else ()
        elif name not in UNSEEN:
            yield here


def changed(name: str, value: Any) -> Any:
    if name in OTHER:
        return next(word for word in OTHER[name] if word != value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + "zq"
    if isinstance(value, (int, float)):
        return value + 1
    return {"zq": value}


def with_change(log: list[AnyEvent], place: int, path: str) -> list[AnyEvent]:
    """The log in which one field says something else; ids that tie events together change everywhere."""
    events = [msgspec.to_builtins(event) for event in log]
    *way, name = path.split(".")
    holder = events[place]
    for step in way:
        holder = holder[step][0] if step == "sources" else holder[step]
    old = holder[name]
    holder[name] = new = changed(name, old)
    for event in events:
        for key in LINKS & event.keys():
            event[key] = new if name in LINKS and event[key] == old else event[key]
        if path == "sources.id" or (name == "source_id" and not way):
            _rename_source(event, old, new)
    return [decode(msgspec.json.encode(event)) for event in events]


def _rename_source(event: dict[str, Any], old: str, new: str) -> None:
    for source in event.get("sources", ()):
        source["id"] = new if source["id"] == old else source["id"]
    if event["type"] == "citation.added" and event["source_id"] == old:
        event["source_id"] = new


def told_and_lost(dialect: Dialect) -> tuple[set[str], set[str]]:
    """Fields that make a difference in some story, and those that make none in any."""
    told: set[str] = set()
    seen: set[str] = set()
    for log in LOGS.values():
        before = rendered(dialect, log)
        for place, event in enumerate(log):
            kind = event.__struct_config__.tag
            for path in fields(msgspec.json.decode(encode(event))):
                pair = f"{kind}:{path}"
                seen.add(pair)
                if pair not in told and rendered(dialect, with_change(log, place, path)) != before:
                    told.add(pair)
    return told, seen - told


@every_dialect
def test_every_field_that_is_not_told_is_named(dialect: Dialect) -> None:
    """What a client cannot see stands in the table, by its event type, the field or the field around it."""
    _, lost = told_and_lost(dialect)
    named = named_losses(dialect)
    missing = [pair for pair in sorted(lost) if not _is_named(pair, named)]
    assert missing == []


def _is_named(pair: str, named: set[str]) -> bool:
    kind, _, path = pair.partition(":")
    steps = path.split(".")
    ways = {f"{kind}:{'.'.join(steps[: length + 1])}" for length in range(len(steps))}
    everywhere = {"every event:at"} if path == "at" else set()
    return bool(named & ({kind, f"{kind.partition('.')[0]}.*"} | ways | everywhere))


@every_dialect
def test_tables_speak_of_what_exists(dialect: Dialect) -> None:
    """Every type and field that a table names is one of the vocabulary."""
    for name in named_losses(dialect):
        kind, _, path = name.partition(":")
        kinds = [tag for tag in TAGS if tag == kind or (kind.endswith(".*") and tag.startswith(kind[:-1]))]
        assert kinds or kind in {"every event", "the request"}, name
        if path and kinds:
            field = re.split(r"\.", path)[0]
            assert any(field in TAGS[tag].__struct_fields__ for tag in kinds), name


def test_the_stories_use_the_whole_vocabulary() -> None:
    """Every event type, and every field of it, has a value in some story, so nothing goes unproven."""
    used: set[str] = set()
    for log in LOGS.values():
        for event in log:
            kind = event.__struct_config__.tag
            used |= {f"{kind}:{path}" for path in fields(msgspec.json.decode(encode(event)))}
    for tag, kind in TAGS.items():
        for field in kind.__struct_fields__:
            if field not in UNSEEN:
                assert any(pair.startswith(f"{tag}:{field}") for pair in used), f"{tag}.{field}"
