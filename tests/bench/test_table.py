"""The table tells what was measured, beside whom, and whether the target is held."""

import pytest

from bench.table import Check, Row, as_data, number, render


def row(own: float | None, **values: float) -> Row:
    checks = [Check(2.5, "floor"), Check(5.0, "sdk", is_cheaper=True), Check(100)]
    return Row("CPU per token", "µs", {"rivulet": own, **values}, checks)


@pytest.mark.parametrize(
    ("own", "held"),
    [(25.0, [True, True, True]), (26.0, [False, True, True]), (101.0, [False, False, False])],
)
def test_held(own: float, held: list[bool]) -> None:
    """A target is a multiple of a peer, a peer's multiple of us, or a limit; the limit is held."""
    one = row(own, floor=10.0, sdk=200.0)
    assert [one.is_held(check) for check in one.checks] == held


def test_missing() -> None:
    """What was not measured is neither held nor broken, and shown as a dash."""
    one = row(20.0)
    assert [one.is_held(check) for check in one.checks] == [None, None, True]
    none = row(None, floor=10.0)
    assert [none.is_held(check) for check in none.checks] == [None, None, None]
    assert "–" in render([one])


def test_aligned() -> None:
    """Every line has its columns where the head has them; a second target goes on in the line below."""
    lines = render([row(25.0, floor=10.0, sdk=200.0)]).splitlines()
    at = lines[0].index("target")
    assert [line[at : at + 7].strip() for line in lines[2:]] == ["≤ 2.50", "≥ 5 ×", "≤ 100"]
    assert "2.50 × of pass-through" in lines[2]
    assert "8 × below FastAPI+openai" in lines[3]


def test_notes() -> None:
    """Notes stand below the table, under the name of their row."""
    assert render([Row("replay", "ms", {}, note="the peers keep no log")]).endswith(
        "notes\n  replay: the peers keep no log"
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (0, "0"), (3.14159, "3.14"), (31.4159, "31.4"), (314.159, "314"), (12345.6, "12,346")],
)
def test_number(value: float | None, shown: str) -> None:
    """Three significant digits, and not one more."""
    assert number(value) == shown


def test_for_machines() -> None:
    """The same verdicts as data."""
    (data,) = as_data([row(25.0, floor=10.0)])
    assert data["values"] == {"rivulet": 25.0, "floor": 10.0}
    assert [check["held"] for check in data["checks"]] == [True, None, True]  # type: ignore[index]
