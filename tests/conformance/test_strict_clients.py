"""Clients that check what they read accept every story and any legal log."""

import json

import pytest
from ag_ui.core import Event
from anthropic.types import ErrorResponse, RawMessageStreamEvent
from hypothesis import given, settings
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from conformance.make import FOLDER, rendered
from conformance.stories import LONG, STORIES
from rivulet.dialects.ag_ui import AgUi
from rivulet.dialects.ai_sdk import AiSdk
from rivulet.dialects.anthropic import Anthropic
from rivulet.dialects.openai_responses import OpenAiResponses
from rivulet.domain.events import AnyEvent
from rivulet.testing.logs import logs
from tests.conformance.readers import payloads
from tests.conformance.verifiers import check_ag_ui, check_ai_sdk, check_anthropic, check_responses

STRICT = [
    (AiSdk(), check_ai_sdk),
    (AgUi(), check_ag_ui),
    (Anthropic(), check_anthropic),
    (OpenAiResponses(), check_responses),
]
every_client = pytest.mark.parametrize(("dialect", "check"), STRICT, ids=lambda one: getattr(one, "name", ""))


@every_client
@pytest.mark.parametrize("story", [name for name in STORIES if name not in LONG])
def test_every_story_passes(dialect, check, story: str) -> None:
    """A strict client reads the golden file to its end."""
    check(payloads((FOLDER / story / f"{dialect.name}.sse").read_bytes()))


@every_client
@settings(max_examples=40, deadline=None)
@given(log=logs())
def test_any_log_passes(dialect, check, log: list[AnyEvent]) -> None:
    """Whatever happened in whatever order, a strict client reads it to its end."""
    check(payloads(rendered(dialect, log)))


blocks = TypeAdapter(RawMessageStreamEvent)
runs = TypeAdapter(Event)


@pytest.mark.parametrize("story", sorted(STORIES.keys() - LONG))
def test_anthropics_and_ag_uis_own_types_take_every_story(story: str) -> None:
    """Each frame validates. (Anthropic knows the names of its own server tools only, as the losses say.)"""
    for value in payloads((FOLDER / story / "anthropic.sse").read_bytes()):
        if value["type"] == "error":
            ErrorResponse.model_validate(value | {"request_id": None})
        elif value.get("content_block", {}).get("type") != "server_tool_use":
            blocks.validate_python(value)
    for value in payloads((FOLDER / story / "ag_ui.sse").read_bytes()):
        runs.validate_python(value)


responses = TypeAdapter(ResponseStreamEvent)


@settings(max_examples=15, deadline=None)
@given(log=logs(max_steps=15))
def test_any_log_is_strictly_typed(log: list[AnyEvent]) -> None:
    """No log makes a Responses event that OpenAI's models refuse."""
    for value in payloads(rendered(OpenAiResponses(), log)):
        responses.validate_json(json.dumps(value), strict=True)
