"""What Ollama is asked, and how its lines are understood."""

import json

import pytest

from rivulet.domain.errors import UpstreamProtocol
from rivulet.domain.events import Usage
from rivulet.ports.answering import Ended, Text, Thought, ToolCallDelta, ToolCallStart, ToolResult, ToolSpec
from rivulet.providers.ollama import Ollama, base_url
from rivulet.providers.upstream import Upstream
from rivulet.testing.model_scripts import calling, refusing, sending
from rivulet.testing.scripted_model import ScriptedModel
from tests.providers.hearing import hear

pytestmark = pytest.mark.anyio

FIND = ToolSpec(name="find", description="Finds.", parameters={"type": "object"})


def lines(*objects: dict) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in objects)


def said(**message: object) -> dict:
    return {"model": "m", "message": {"role": "assistant", "content": "", **message}, "done": False}


DONE = {"done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 4}


async def test_what_is_asked(ollama: Ollama, model: ScriptedModel) -> None:
    """The chat, the options under Ollama's names, the tools."""
    await hear(ollama, instructions="Be brief.", temperature=0.1, max_output_tokens=5, tools=(FIND,))
    request = model.calls[0].json
    assert model.calls[0].path == "/api/chat"
    assert [message["role"] for message in request["messages"]] == ["system", "user"]
    assert request["options"] == {"temperature": 0.1, "num_predict": 5}
    assert request["stream"] is True
    assert request["tools"][0]["function"]["name"] == "find"


@pytest.mark.parametrize(("given", "sent"), [('{"q":1}', {"q": 1}), ("", {}), ('{"q":', {}), ("[1]", {})])
async def test_results_of_tools(ollama: Ollama, model: ScriptedModel, given: str, sent: dict) -> None:
    """A call's arguments go back as an object, and as an empty one when they were none."""
    result = ToolResult(tool_call_id="c1", name="find", arguments=given, output='"salt"')
    await hear(ollama, tool_results=(result,))
    assert model.calls[0].json["messages"][1:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"function": {"name": "find", "arguments": sent}}],
        },
        {"role": "tool", "tool_name": "find", "content": '"salt"'},
    ]


async def test_thinking_text_and_usage(ollama: Ollama, model: ScriptedModel) -> None:
    """What one read brings is joined by kind; the counts of the last line are the usage."""
    model.then(
        sending(
            lines(said(thinking="Hm"), said(thinking="…"), said(content="It "), said(content="is."), DONE)
        )
    )
    assert (await hear(ollama)).pieces == [
        Thought("Hm…"),
        Text("It is."),
        Ended(finish_reason="stop", usage=Usage(input_tokens=3, output_tokens=4, total_tokens=7)),
    ]


async def test_tool_calls(ollama: Ollama, model: ScriptedModel) -> None:
    """Calls come whole and without ids; each gets one."""
    model.then(calling(("find", {"q": "é"}), ("now", {})))
    heard = await hear(ollama)
    assert heard.pieces[:4] == [
        ToolCallStart("call_0", "find"),
        ToolCallDelta("call_0", '{"q": "\\u00e9"}'),
        ToolCallStart("call_1", "now"),
        ToolCallDelta("call_1", "{}"),
    ]
    assert heard.outcome == "tool_calls"


async def test_a_last_line_without_its_end(ollama: Ollama, model: ScriptedModel) -> None:
    """A whole last object counts although no line end follows it."""
    model.then(sending(lines(said(content="Salt."), DONE).rstrip()))
    heard = await hear(ollama)
    assert (heard.text, heard.outcome) == ("Salt.", "stop")


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("model 'x' not found, try pulling it first", "model_not_found"),
        ("llama runner process has terminated", "upstream_failed"),
        ("the input length exceeds the context length", "context_length"),
        ("unauthorized", "upstream_failed"),
    ],
)
async def test_an_error_line_keeps_its_meaning(
    ollama: Ollama, model: ScriptedModel, message: str, code: str
) -> None:
    """Ollama's errors are sentences; the ones with a meaning of their own are known."""
    model.then(*[sending(lines({"error": message}))] * 3)
    assert (await hear(ollama)).outcome == code


async def test_a_model_it_does_not_have(ollama: Ollama, model: ScriptedModel) -> None:
    """A missing model is said so at once."""
    model.then(refusing(404, "model 'nope' not found"))
    heard = await hear(ollama, "nope")
    assert (heard.outcome, len(model.calls)) == ("model_not_found", 1)


async def test_the_models(ollama: Ollama, model: ScriptedModel) -> None:
    """The installed models, sorted."""
    model.models = ["qwen3:8b", "llama3:latest"]
    assert await ollama.models() == ["llama3:latest", "qwen3:8b"]
    assert model.calls[0].path == "/api/tags"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"models":[{}]}'])
async def test_a_list_of_models_that_is_none(ollama: Ollama, model: ScriptedModel, body: bytes) -> None:
    """Anything else than a list of models is an error of ours."""
    model.then(sending(body))
    with pytest.raises(UpstreamProtocol):
        await ollama.models()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("myhost", "http://myhost:11434"),
        ("myhost:80", "http://myhost:80"),
        (":5000", "http://127.0.0.1:5000"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:5000", "http://127.0.0.1:5000"),
        ("http://0.0.0.0:5000", "http://127.0.0.1:5000"),
        ("http://myhost", "http://myhost"),
        ("https://my.host/ollama/", "https://my.host/ollama"),
        ("::1", "http://[::1]:11434"),
        ("[::]:5000", "http://[::1]:5000"),
        (" myhost/base ", "http://myhost:11434/base"),
    ],
)
def test_ollama_host_means_what_it_means_to_ollama(host: str, url: str) -> None:
    """`OLLAMA_HOST` may be a host, a port, both, or a URL; the server's `0.0.0.0` is this machine."""
    assert base_url(host) == url


async def test_the_environment_says_where(model: ScriptedModel, upstream: Upstream) -> None:
    """`OLLAMA_HOST` is all it takes."""
    host = model.url.removeprefix("http://")
    heard = await hear(Ollama.from_environment(upstream, {"OLLAMA_HOST": host}))
    assert heard.outcome == "stop"
    assert "authorization" not in model.calls[0].headers
