import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from rivulet.answerers.tools import LARGEST, SearchDocuments, Toolbox, misfit, succeeded
from rivulet.domain.errors import InvalidRequest, NotFound
from rivulet.ports.answering import Task, ToolSpec
from rivulet.ports.knowledge import Found

from .bridge import Shelf, task

SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "days": {"type": "integer"},
        "metric": {"type": ["boolean", "null"]},
        "share": {"type": "number"},
        "anything": {},
    },
    "required": ["city"],
    "additionalProperties": False,
}


class Weather:
    """Gives back what it was made with, or raises it."""

    spec = ToolSpec(name="weather", description="The weather.", parameters=SCHEMA)

    def __init__(self, result: object = "rain") -> None:
        self.result = result
        self.asked: list[Mapping[str, Any]] = []

    async def call(self, task: Task, arguments: Mapping[str, Any]) -> Any:
        self.asked.append(arguments)
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


def box(result: object = "rain") -> Toolbox:
    return Toolbox({"weather": Weather(result)}, ["weather"], may_find=True)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"city": "Norwick"}, None),
        ({"city": "Norwick", "days": 3, "metric": None, "share": 1, "anything": [1]}, None),
        ({"city": "Norwick", "days": 3.0, "metric": True}, None),
        ({}, "The argument 'city' is missing."),
        ({"city": 3}, "The argument 'city' is not of type string."),
        ({"city": "Norwick", "days": 3.5}, "The argument 'days' is not of type integer."),
        ({"city": "Norwick", "days": True}, "The argument 'days' is not of type integer."),
        ({"city": "Norwick", "metric": "yes"}, "The argument 'metric' is not of type boolean or null."),
        ({"city": "Norwick", "hours": 3}, "There is no argument 'hours'."),
    ],
)
def test_arguments_are_held_against_the_schema(arguments: dict[str, Any], complaint: str | None) -> None:
    """Missing, mistyped and unknown ones are named; JSON's one kind of number may be whole."""
    assert complaint == misfit(arguments, SCHEMA)


@pytest.mark.parametrize(
    ("name", "arguments", "complaint"),
    [
        ("weather", '{"city": "Norwick"}', None),
        ("weather", "", "The argument 'city' is missing."),
        ("weather", '{"city": ', "The arguments are not JSON."),
        ("weather", '["Norwick"]', "The arguments are not a JSON object."),
        ("weather", "NaN", "The arguments are not JSON."),
        ("weather", '{"city": "\\ud800"}', "The arguments are not JSON."),
        ("weather", '{"city":' * 100_000, "The arguments are not JSON."),
        ("delete_all", "{}", "There is no tool 'delete_all'. There are: weather."),
    ],
)
def test_a_call_is_read_before_it_is_run(name: str, arguments: str, complaint: str | None) -> None:
    """An unknown tool and arguments that are no JSON object never reach a tool."""
    assert complaint == box().read(name, arguments)[1]


def test_a_bot_that_names_a_tool_nobody_has_is_told_so() -> None:
    with pytest.raises(InvalidRequest, match=r"'teapot'.*weather"):
        Toolbox({"weather": Weather()}, ["teapot"], may_find=True)


def test_only_what_the_bot_names_is_there() -> None:
    """The server having a tool does not offer it."""
    empty = Toolbox({"weather": Weather()}, [], may_find=True)
    assert (empty.specs, empty.read("weather", "{}")[1]) == (
        (),
        "There is no tool 'weather'. There are: none.",
    )


def test_a_turn_that_may_not_search_has_no_tool_that_finds() -> None:
    tools = {"search_documents": SearchDocuments(Shelf()), "weather": Weather()}
    names = ["search_documents", "weather"]
    assert Toolbox(tools, names, may_find=True).can_find
    assert [spec.name for spec in Toolbox(tools, names, may_find=False).specs] == ["weather"]


def test_a_result_is_json_for_the_model() -> None:
    assert succeeded({"sky": ("grey", None)}) == ({"sky": ["grey", None]}, None, '{"sky":["grey",null]}')


def test_a_huge_result_is_cut() -> None:
    """To 64 KiB of JSON text, whole characters, and it says so."""
    outcome = succeeded({"page": "🌉" * 1_000_000})
    assert len(outcome.told.encode()) <= LARGEST + 20
    assert outcome.told == outcome.output
    assert outcome.told.endswith("… (cut)")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("result", "error"),
    [
        (NotFound("There is no such city."), "There is no such city."),
        (RuntimeError("password=hunter2"), "The tool failed."),
        (object(), "The tool's result cannot be written as JSON."),
        ("\ud800", "The tool's result cannot be written as JSON."),
    ],
)
async def test_a_tool_that_fails_tells_the_model(result: object, error: str) -> None:
    """In its own words when it chose them; a bug's words stay in the server's log."""
    outcome = await box(result).call(task(), "weather", {"city": "Norwick"})
    assert not isinstance(outcome, Found)
    assert (outcome.error, outcome.output) == (error, None)


@pytest.mark.anyio
async def test_cancelling_reaches_the_tool() -> None:
    """Stopping the answer is no failure of the tool."""
    with pytest.raises(asyncio.CancelledError):
        await box(asyncio.CancelledError()).call(task(), "weather", {})


@pytest.mark.anyio
async def test_searching_again_keeps_to_what_the_turn_may_search() -> None:
    """The model's words, the person's selection."""
    shelf = Shelf()
    await SearchDocuments(shelf).find(task(source_ids=("src2",)), {"query": "deck"})
    (query,) = shelf.queries
    assert (query.text, query.source_ids, query.tenant_id) == ("deck", ("src2",), "t")


@pytest.mark.anyio
async def test_search_documents_is_a_tool_like_any_other() -> None:
    """Called as one, it gives the passages it found."""
    given = await SearchDocuments(Shelf()).call(task(), {"query": "deck"})
    assert len(given) == 3
