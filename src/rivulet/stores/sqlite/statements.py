"""Named SQL: the statements of a `.sql` file, each under a line that says its name and its purpose."""

import re
from collections.abc import Mapping, Sequence
from importlib import resources
from types import MappingProxyType
from typing import Any, cast

import apsw

Values = Sequence[Any] | Mapping[str, Any]
"""What a statement's `?1` or `:name` stand for."""

_HEAD = re.compile(r"^-- ([a-z][a-z0-9_]*): \S.*$", re.MULTILINE)


def statements(filename: str) -> Mapping[str, str]:
    """The statements of a file beside this module, by name. A statement begins with `-- name: its purpose`
    and ends where the next one begins."""
    text = (resources.files(__package__ or "") / filename).read_text(encoding="utf-8")
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    found: dict[str, str] = {}
    for head, end in zip(heads, ends, strict=True):
        if head[1] in found:
            raise ValueError(f"{filename} names {head[1]!r} twice")
        found[head[1]] = text[head.end() : end].strip().rstrip(";")
    return MappingProxyType(found)


def rows(connection: apsw.Connection, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
    """Every row the statement gives."""
    return cast("list[tuple[Any, ...]]", connection.execute(sql, values).fetchall())


def first(connection: apsw.Connection, sql: str, values: Values = ()) -> tuple[Any, ...] | None:
    """Its first row, if there is one."""
    return connection.execute(sql, values).fetchone()


def value(connection: apsw.Connection, sql: str, values: Values = ()) -> Any:
    """The first column of its first row; None when there is no row."""
    found = first(connection, sql, values)
    return None if found is None else found[0]
