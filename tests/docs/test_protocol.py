"""PROTOCOL.md, held against the code: its tables have what there is, and nothing else."""

import re
from collections.abc import Iterable
from typing import get_args

import msgspec
from pydantic import BaseModel

from rivulet.domain import errors, events
from rivulet.http import shapes
from tests.docs.make import CODE, ENVIRONMENT, ROOT, every_error, name_of

PROTOCOL = (ROOT / "PROTOCOL.md").read_text(encoding="utf-8")
BODIES = [
    kind
    for kind in vars(shapes).values()
    if isinstance(kind, type) and re.fullmatch(r"PROTOCOL\.md §[\d.]+\.", kind.__doc__ or "")
]


def section(number: str) -> str:
    """What stands under its heading, to the next heading of any level."""
    found = re.search(rf"^#+ {re.escape(number)} .*?(?=^#+ \d)", PROTOCOL + "\n# 0", re.M | re.S)
    assert found, f"there is no §{number}"
    return found[0]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def rows(number: str) -> Iterable[list[str]]:
    return (line.strip("|").split("|")[:2] for line in section(number).splitlines() if line.startswith("| `"))


def test_every_field_of_an_event_is_named() -> None:
    """§3.2 has the fields of every type; a client that reads it misses none."""
    kinds = {name_of(kind): fields_of(kind) for kind in get_args(events.AnyEvent)}
    kinds["sources.added"] |= {field.name for field in msgspec.structs.fields(events.Passage)}
    for tags, said in rows("3.2"):
        first, *others = re.findall(r"`([\w.]+)`", tags)
        row = [first, *(first.partition(".")[0] + other for other in others)]
        fields = {field for tag in row for field in kinds.pop(tag)}
        assert set(words(re.sub(r"list of|JSON text", "", said))) == fields, tags
    assert not kinds


def fields_of(kind: type[msgspec.Struct]) -> set[str]:
    return set(kind.__struct_fields__) - set(events.Event.__struct_fields__)


def test_every_code_is_named_with_its_status() -> None:
    """§9 has each code that a request or a turn can end with."""
    table = {row[0].strip(" `"): int(row[1]) for row in rows("9")}
    at_the_end = re.findall(r"`(\w+)`", section("9").partition("may have: ")[2].partition("\n")[0])
    kinds = {kind.code: kind for kind in every_error() if kind.__module__ == errors.__name__}
    inside = {"lost_claim"}  # a store tells a runner; whoever has the turn now ends it
    assert set(table) | set(at_the_end) == set(kinds) - inside
    assert {code: kind.status for code, kind in kinds.items() if code in table} == table | {
        "rate_limited": 429
    }
    of_models = {kind.code for kind in kinds.values() if issubclass(kind, errors.ProviderError)}
    ours = {"internal", "interrupted", "storage_failed", "storage_full", "timeout"}
    assert of_models | ours <= set(at_the_end)


def test_a_shape_names_the_section_that_describes_it() -> None:
    """Whoever follows a docstring to a section finds the shape's fields there."""
    assert BODIES
    for kind in BODIES:
        number = (kind.__doc__ or "").removeprefix("PROTOCOL.md §").removesuffix(".")
        fields = kind.model_fields if issubclass(kind, BaseModel) else kind.__struct_fields__
        assert set(fields) <= set(words(section(number))), kind.__name__


def test_every_variable_that_is_read_is_explained() -> None:
    """Keys and addresses that the code takes from the environment stand in settings.md."""
    read = re.compile(r"environ(?:ment)?\.get\(\"(\w+_(?:KEY|URL|HOST))\"")
    found = {name for path in CODE.rglob("*.py") for name in read.findall(path.read_text(encoding="utf-8"))}
    assert found
    assert found <= set(ENVIRONMENT)
