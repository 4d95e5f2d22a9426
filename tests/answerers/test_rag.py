"""A question's way through our own answerer, over a search and providers that say what a test wrote down."""

import asyncio
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rivulet.answerers.rag import Rag
from rivulet.answerers.tools import SearchDocuments
from rivulet.domain import events as e
from rivulet.domain.errors import (
    LimitReached,
    RetrievalFailed,
    RivuletError,
    UpstreamFailed,
    UpstreamProtocol,
    UpstreamTruncated,
)
from rivulet.ports.answering import (
    Ended,
    Piece,
    Prompt,
    Take,
    Task,
    Text,
    Thought,
    ToolCallDelta,
    ToolCallStart,
    ToolSpec,
    Waiting,
)
from rivulet.testing.pulled import pulled

from .bridge import BRIDGE, HITS, Answered, Scripted, Shelf, answered, hit, rag, says, task

pytestmark = pytest.mark.anyio
CALLS = Ended(finish_reason="tool_calls")


class Echo:
    """A tool that gives its arguments back."""

    spec = ToolSpec(
        name="echo",
        description="Says it again.",
        parameters={"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
    )

    async def call(self, task: Task, arguments: Mapping[str, Any]) -> Any:
        return dict(arguments)


def calls(
    name: str = "echo", arguments: str = '{"word":"hi"}', id: str = "call_0", end: Ended = CALLS
) -> list[Piece]:
    """An answer that calls one tool, its arguments in two pieces."""
    half = len(arguments) // 2
    return [
        ToolCallStart(id, name),
        ToolCallDelta(id, arguments[:half]),
        ToolCallDelta(id, arguments[half:]),
        end,
    ]


def with_tools(*names: str, **limits: Any) -> Task:
    return task(bot={"tools": list(names), "limits": limits})


TOOLS = {"echo": Echo()}


async def broken_off(answerer: Rag, by: type[RivuletError]) -> list[e.AnyEvent]:
    """What was said before the failure."""
    drafts: list[e.AnyEvent] = []
    with pytest.raises(by):
        await answerer.answer(task(), drafts.append)
    return drafts


async def test_an_answer_is_searched_chosen_written_and_held_against_its_sources() -> None:
    """The whole story in order."""
    result = await answered(rag(Scripted(says("It opened in 1911", " [1]", "."))))
    assert result.types == [
        "stage.started", "stage.finished",
        "stage.started", "stage.finished",
        "sources.added",
        "stage.started",
        "text.started", "text.delta", "citation.added", "text.delta", "text.finished",
        "stage.finished",
        "data",
    ]  # fmt: skip
    assert [stage.stage for stage in result.of(e.StageStarted)] == ["retrieval", "reranking", "generation"]
    assert result.text == "It opened in 1911 [1]."
    assert result.finished.finish_reason == "stop"


async def test_every_stage_says_what_it_did_and_how_long_it_took() -> None:
    """What was looked for and where, documents and passages found, passages chosen, milliseconds by the
    clock."""
    retrieval, reranking, generation = (await answered(rag(Scripted(says("x"))))).of(e.StageFinished)
    assert retrieval.detail == {
        "query": task().question,
        "search_mode": "all",
        "doc_count": 3,
        "count": 3,
        "is_supported": True,
    }
    assert reranking.detail == {"selected": 3}
    assert [retrieval.duration_ms, reranking.duration_ms, generation.duration_ms] == [250, 250, 250]


async def test_sources_are_numbered_and_every_one_has_an_address() -> None:
    """From 1, best first, before the first word."""
    (added,) = (await answered(rag(Scripted(says("x"))))).of(e.SourcesAdded)
    assert [(source.n, source.url) for source in added.sources] == [
        (1, "/v1/documents/doc1"),
        (2, "/v1/documents/doc2"),
        (3, "/v1/documents/doc3"),
    ]


async def test_no_more_sources_than_the_bot_takes() -> None:
    """The search is asked for more, so that there is a choice."""
    shelf, provider = Shelf(), Scripted(says("x"))
    result = await answered(rag(provider, shelf), task(bot={"top_k": 2}))
    assert (shelf.queries[0].limit, len(result.of(e.SourcesAdded)[0].sources)) == (6, 2)
    assert len(provider.prompts[0].sources) == 2


async def test_the_provider_gets_rules_sources_history_and_settings() -> None:
    """One prompt with all there is to know."""
    provider = Scripted(says("x"))
    bot = {"instructions": "Be short.", "temperature": 0.3, "max_output_tokens": 99}
    await answered(
        rag(provider), task("And now?", bot=bot, history=[("user", "Hi"), ("assistant", "Ho [1]")])
    )
    (prompt,) = provider.prompts
    assert (prompt.question, prompt.model, prompt.temperature, prompt.max_output_tokens) == (
        "And now?",
        "m",
        0.3,
        99,
    )
    assert prompt.instructions.endswith("Be short.")
    assert [(said.role, said.text) for said in prompt.history] == [("user", "Hi"), ("assistant", "Ho")]
    assert prompt.sources[0].text == BRIDGE


async def test_the_search_gets_the_question_and_what_was_asked_before() -> None:
    shelf = Shelf()
    await answered(
        rag(Scripted(says("x")), shelf), task("And now?", history=[("user", "Old?"), ("assistant", "Yes")])
    )
    assert (
        shelf.queries[0].tenant_id,
        shelf.queries[0].text,
        shelf.queries[0].earlier,
    ) == ("t", "And now?", ("Old?",))


@pytest.mark.parametrize(
    ("mode", "selected", "asked"),
    [
        ("all", None, [None]),
        ("all", ("src2",), [("src2",)]),
        ("selected_only", ("src2",), [("src2",)]),
        ("selected_only", None, []),
        ("selected_only", (), []),
        ("hybrid", None, [None]),
        ("hybrid", ("src2",), [("src2",), None]),
        ("none", ("src2",), []),
    ],
)
async def test_the_search_keeps_to_its_mode(mode: Any, selected: Any, asked: list[Any]) -> None:
    """An empty selection is nothing to search in, not everything."""
    shelf = Shelf()
    await answered(rag(Scripted(says("x")), shelf), task(search_mode=mode, source_ids=selected))
    assert asked == [query.source_ids for query in shelf.queries]


async def test_a_hybrid_search_prefers_what_was_selected() -> None:
    """Over what is not half as good again; nothing is there twice."""
    result = await answered(rag(Scripted(says("x"))), task(search_mode="hybrid", source_ids=("src2",)))
    assert [source.document_id for source in result.of(e.SourcesAdded)[0].sources] == ["doc2", "doc1", "doc3"]


async def test_without_a_search_the_text_is_left_alone() -> None:
    """No stages of searching, no sources, no figures; `[1]` is a bracket."""
    result = await answered(rag(Scripted(says("The list is [1, 2", "]."))), task(search_mode="none"))
    assert result.text == "The list is [1, 2]."
    assert result.types == ["stage.started", "text.started", "text.delta", "text.finished", "stage.finished"]


async def test_a_provider_that_quotes_gets_no_sources_when_none_supports() -> None:
    """It then says that the documents hold no answer, instead of quoting the nearest."""
    provider = Scripted(says("Nothing here answers that."))
    result = await answered(rag(provider, Shelf(is_supported=False), quotes_only=True))
    assert (provider.prompts[0].sources, list(result.of(e.SourcesAdded)[0].sources)) == ((), [])
    assert (result.grounding["confidence"], result.grounding["hallucination"]) == (None, None)


async def test_a_model_gets_weak_sources_with_a_warning() -> None:
    """It may tell from them what is near; it is told how little they are worth."""
    provider, sure = Scripted(says("x")), Scripted(says("x"))
    await answered(rag(provider, Shelf(is_supported=False)))
    await answered(rag(sure))
    assert len(provider.prompts[0].sources) == 3
    assert provider.prompts[0].instructions != sure.prompts[0].instructions


async def test_nothing_found_is_said_and_still_answered() -> None:
    """An empty list of sources, so that every reader knows; a forged mark is dropped."""
    result = await answered(rag(Scripted(says("The documents hold nothing [1].")), Shelf(hits=())))
    assert list(result.of(e.SourcesAdded)[0].sources) == []
    assert result.text == "The documents hold nothing."
    assert result.grounding["dropped_marks"] == 1


async def test_a_search_that_fails_fails_the_turn() -> None:
    """The stage says so; nothing is written that would look like an answer from the documents."""
    shelf, provider = Shelf(), Scripted(says("x"))
    shelf.is_broken = True
    drafts = await broken_off(rag(provider, shelf), RetrievalFailed)
    assert isinstance(drafts[-1], e.StageFinished)
    assert (drafts[-1].status, provider.prompts) == ("failed", [])


async def test_thoughts_are_a_part_of_their_own() -> None:
    """Closed before the text begins, and again when the text does."""
    provider = Scripted(
        [Thought("Let me "), Thought("see."), Text("It "), Thought("Hm."), Text("is."), Ended()]
    )
    result = await answered(rag(provider), task(search_mode="none"))
    assert result.types[1:-1] == [
        "reasoning.started", "reasoning.delta", "reasoning.finished",
        "text.started", "text.delta", "text.finished",
        "reasoning.started", "reasoning.delta", "reasoning.finished",
        "text.started", "text.delta", "text.finished",
    ]  # fmt: skip
    assert len({draft.part_id for draft in result.drafts if hasattr(draft, "part_id")}) == 4


async def test_waiting_is_shown_with_its_reason() -> None:
    """Each wait a stage of its own, closed by whatever comes next."""
    waits = [Waiting(reason="rate_limited", seconds=1.5), Waiting(reason="upstream_failed", seconds=3.0)]
    result = await answered(rag(Scripted([*waits, *says("Now.")])), task(search_mode="none"))
    details = [stage.detail for stage in result.of(e.StageFinished) if stage.stage == "waiting"]
    assert details == [
        {"reason": "rate_limited", "seconds": 1.5},
        {"reason": "upstream_failed", "seconds": 3.0},
    ]
    assert result.types == [
        "stage.started", "stage.finished", "stage.started", "stage.finished",
        "text.started", "text.delta", "text.finished",
        "stage.finished",
    ]  # fmt: skip


async def test_empty_pieces_are_nothing() -> None:
    """No part is opened for them."""
    result = await answered(rag(Scripted([Text(""), Thought(""), Ended()])), task(search_mode="none"))
    assert result.types == ["stage.started", "stage.finished"]


async def test_a_tool_is_called_and_its_result_answered_from() -> None:
    """Started, argued, called, finished; then the model goes on with the result before it."""
    provider = Scripted([Text("Wait."), *calls()], says("It said hi."))
    result = await answered(rag(provider, tools=TOOLS), with_tools("echo"))
    tool_types = [e.type_of(draft) for draft in result.drafts if hasattr(draft, "tool_call_id")]
    assert tool_types == [
        "tool.started",
        "tool.input.delta",
        "tool.input.delta",
        "tool.called",
        "tool.finished",
    ]
    assert (
        result.of(e.ToolCalled)[0].input,
        result.of(e.ToolFinished)[0].output,
    ) == ({"word": "hi"}, {"word": "hi"})
    (told,) = provider.prompts[1].tool_results
    assert (told.name, told.arguments, told.output) == ("echo", '{"word":"hi"}', '{"word":"hi"}')
    assert [part.part_id for part in result.of(e.TextStarted)] == ["text_1", "text_2"]


async def test_the_model_is_offered_what_the_bot_names() -> None:
    """Not what the server has besides."""
    provider = Scripted(says("x"), says("x"))
    answerer = rag(provider, tools={**TOOLS, "search_documents": SearchDocuments(Shelf())})
    await answered(answerer, with_tools("echo"))
    await answered(answerer)
    assert [[spec.name for spec in prompt.tools] for prompt in provider.prompts] == [["echo"], []]


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("teapot", "{}", "There is no tool 'teapot'. There are: echo."),
        ("echo", '{"word": ', "The arguments are not JSON."),
        ("echo", "{}", "The argument 'word' is missing."),
        ("echo", '{"word": 3}', "The argument 'word' is not of type string."),
    ],
)
async def test_a_bad_call_fails_and_the_model_is_told(name: str, arguments: str, error: str) -> None:
    """It never runs; the answer goes on."""
    provider = Scripted(calls(name, arguments), says("Sorry."))
    result = await answered(rag(provider, tools=TOOLS), with_tools("echo"))
    (finished,) = result.of(e.ToolFinished)
    assert ("failed", error, []) == (finished.status, finished.error, result.of(e.ToolCalled))
    assert {"error": error} == json.loads(provider.prompts[1].tool_results[0].output)
    assert result.text == "Sorry."


async def test_calls_of_all_rounds_have_ids_of_their_own() -> None:
    """Services that number their calls from 0 in each answer do not confuse the log."""
    provider = Scripted(calls(), calls(), says("Done."))
    result = await answered(rag(provider, tools=TOOLS), with_tools("echo"))
    ids = [started.tool_call_id for started in result.of(e.ToolStarted)]
    assert ids == [told.tool_call_id for told in provider.prompts[2].tool_results]
    assert len(set(ids)) == 2


async def test_calls_count_even_when_the_service_says_stop() -> None:
    """Some say `stop` after a call; the call is there, so it is run."""
    provider = Scripted(calls(end=Ended(finish_reason="stop")), says("Done."))
    assert (await answered(rag(provider, tools=TOOLS), with_tools("echo"))).text == "Done."


async def test_a_cut_answer_takes_its_calls_along() -> None:
    """Arguments that may be half there are not run, and the turn ends as the provider said."""
    provider = Scripted(calls(end=Ended(finish_reason="length")))
    result = await answered(rag(provider, tools=TOOLS), with_tools("echo"))
    assert (
        result.finished.finish_reason,
        result.of(e.ToolFinished)[0].status,
        result.of(e.ToolCalled),
    ) == ("length", "failed", [])


@pytest.mark.parametrize(
    ("answers", "limits", "error"),
    [
        ([calls(id=f"c{n}") for n in range(9)], {}, LimitReached),
        ([[ToolCallStart(f"c{n}", "echo") for n in range(1000)]], {}, LimitReached),
        ([calls()], {"tool_steps": 0}, LimitReached),
        ([calls(arguments='{"word":"' + "x" * 70_000 + '"}')], {}, LimitReached),
        ([[CALLS]], {}, UpstreamProtocol),
        ([[ToolCallDelta("c", "{}"), CALLS]], {}, UpstreamProtocol),
        ([[ToolCallStart("c", "echo"), ToolCallStart("c", "echo"), CALLS]], {}, UpstreamProtocol),
        ([[Text("x")]], {}, UpstreamTruncated),
        ([[]], {}, UpstreamTruncated),
    ],
)
async def test_a_provider_cannot_go_on_for_ever_or_lie(
    answers: Any, limits: Any, error: type[RivuletError]
) -> None:
    """Too many calls, too large ones, calls that are none, an end that is none: a named failure."""
    provider = Scripted(*answers)
    with pytest.raises(error):
        await answered(rag(provider, tools=TOOLS), with_tools("echo", **limits))
    assert provider.open == 0


async def test_the_model_may_search_again() -> None:
    """What it finds continues the numbers and can be cited; what was there keeps its number."""
    shelf = Shelf([*HITS, hit(4, "A toll of two coins was taken until 1930.", 0.9)])
    provider = Scripted(
        calls("search_documents", '{"query":"toll"}'), says("A toll of two coins was taken [4].")
    )
    bot = {"tools": ["search_documents"], "top_k": 6}
    first = Shelf()
    result = await answered(
        rag(provider, first, tools={"search_documents": SearchDocuments(shelf)}), task(bot=bot)
    )
    assert [[s.n for s in added.sources] for added in result.of(e.SourcesAdded)] == [[1, 2, 3], [4]]
    told = json.loads(provider.prompts[1].tool_results[0].output)
    assert {1, 2, 3, 4} == {source["n"] for source in told["sources"]}
    assert [(c.source_id, c.support) for c in result.of(e.CitationAdded)] == [("s4", 1.0)]


async def test_a_second_search_that_fails_is_told_to_the_model() -> None:
    """The answer goes on with the sources it has."""
    broken = Shelf()
    broken.is_broken = True
    provider = Scripted(calls("search_documents", '{"query":"toll"}'), says("It opened in 1911 [1]."))
    tools = {"search_documents": SearchDocuments(broken)}
    result = await answered(rag(provider, tools=tools), task(bot={"tools": ["search_documents"]}))
    assert (
        result.of(e.ToolFinished)[0].status,
        result.of(e.ToolFinished)[0].error,
    ) == ("failed", "Searching the documents failed.")


async def test_usage_of_all_rounds_is_added_up() -> None:
    usage = e.Usage(input_tokens=10, output_tokens=5, total_tokens=15, cached_input_tokens=4)
    provider = Scripted(calls(end=Ended(finish_reason="tool_calls", usage=usage)), says("x", usage=usage))
    result = await answered(rag(provider, tools=TOOLS), with_tools("echo"))
    assert (
        e.Usage(input_tokens=20, output_tokens=10, total_tokens=30, cached_input_tokens=8)
        == result.finished.usage
    )


async def test_usage_that_nobody_counted_is_estimated() -> None:
    """From everything the model read and wrote, and marked so; quoting costs no tokens."""
    result = await answered(rag(Scripted(says("word " * 20))))
    assert result.finished.usage is not None
    assert (result.finished.usage.estimated, result.finished.usage.output_tokens) == (True, 25)
    assert result.finished.usage.input_tokens > len(BRIDGE) // 4
    quoting = rag(Scripted(says("x")), quotes_only=True)
    assert (await answered(quoting)).finished.usage is None
    assert quoting.asks_no_model
    assert not rag(Scripted(says("x"))).asks_no_model


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter"])
async def test_the_answer_ends_for_the_providers_reason(reason: Any) -> None:
    result = await answered(rag(Scripted(says("x", finish_reason=reason))))
    assert reason == result.finished.finish_reason


async def test_an_answer_that_breaks_off_keeps_what_was_held_back() -> None:
    """The beginning of a mark is text when nothing follows."""
    provider = Scripted([Text("It opened in a[1"), UpstreamFailed()])
    drafts = await broken_off(rag(provider), UpstreamFailed)
    assert "".join(draft.delta for draft in drafts if isinstance(draft, e.TextDelta)) == "It opened in a[1"


async def test_leaving_the_answer_closes_the_provider_first() -> None:
    """When it is left the upstream connection is closed, in the middle of a word or of a wait."""
    for stop_at in (e.TextDelta, e.StageStarted, e.SourcesAdded, e.ToolCalled):
        provider = Scripted([Text("word ")] * 50, says("x"))
        if stop_at is e.ToolCalled:
            provider = Scripted(calls(), says("x"))
        answerer = rag(provider, tools=TOOLS)
        async with pulled(partial(answerer.answer, with_tools("echo"))) as drafts:
            async for draft in drafts:
                if isinstance(draft, stop_at):
                    break
        assert provider.open == 0, stop_at


async def test_cancelling_the_answer_closes_the_provider_first() -> None:
    """Also while the provider waits for its first word."""
    events: list[str] = []

    class Silent:
        async def stream(self, prompt: Prompt, take: Take) -> None:
            try:
                reached.set()
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                events.append("closed")

    reached = asyncio.Event()
    running = asyncio.create_task(answered(rag(Silent())))
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert events == ["closed"]


async def test_two_answers_of_one_turn_do_not_share_stages() -> None:
    """A turn answered again after a crash has the first attempt's stages in its log."""
    answerer = rag(Scripted(says("x"), says("x")))
    first = {stage.stage_id for stage in (await answered(answerer)).of(e.StageStarted)}
    answerer.clock.starts_ms += 1  # type: ignore[attr-defined]
    again = {stage.stage_id for stage in (await answered(answerer)).of(e.StageStarted)}
    assert not first & again


PIECES = st.lists(
    st.one_of(
        st.builds(Text, st.text(alphabet="ab [1]2,.\n`【】 ", max_size=8)),
        st.builds(Thought, st.text(max_size=3)),
        st.just(Waiting(reason="rate_limited", seconds=1.0)),
        st.sampled_from(["echo", "teapot", "search_documents"]).map(lambda name: ToolCallStart("", name)),
        st.builds(
            ToolCallDelta, st.just(""), st.sampled_from(['{"word":', '"x"}', '{"query":"x"}', "x", ""])
        ),
    ),
    max_size=14,
)


def well_formed(pieces: list[Piece]) -> list[Piece]:
    """As a provider's contract has it: calls with ids of their own, arguments only for calls that were made,
    a waiting before anything else, an end."""
    result: list[Piece] = [piece for piece in pieces if isinstance(piece, Waiting)]
    count = 0
    for piece in pieces:
        if isinstance(piece, ToolCallStart):
            count += 1
            result.append(ToolCallStart(f"call_{count}", piece.name))
        elif isinstance(piece, ToolCallDelta) and count:
            result.append(ToolCallDelta(f"call_{count}", piece.delta))
        elif isinstance(piece, (Text, Thought)):
            result.append(piece)
    return [*result, Ended(finish_reason="tool_calls" if count else "stop")]


@given(st.lists(PIECES.map(well_formed), min_size=1, max_size=3), st.sampled_from(["all", "none", "hybrid"]))
def test_whatever_the_provider_streams_the_log_keeps_its_rules(answers: list[list[Piece]], mode: Any) -> None:
    """Any order of text, thoughts, waits and calls, any search: a legal log, nothing left open upstream, and
    citations that stand where they say."""

    async def story() -> Answered:
        provider = Scripted(*answers, *[says("end")] * 4)
        tools = {**TOOLS, "search_documents": SearchDocuments(Shelf())}
        bot = {"tools": list(tools), "limits": {"tool_steps": 100}}
        result = await answered(
            rag(provider, tools=tools), task(bot=bot, search_mode=mode, source_ids=("src1",))
        )
        assert provider.open == 0
        return result

    result = asyncio.run(story())
    parts: dict[str, str] = {}
    for delta in result.of(e.TextDelta):
        parts[delta.part_id] = parts.get(delta.part_id, "") + delta.delta
    for citation in result.of(e.CitationAdded):
        assert f"[{citation.n}]" == parts[citation.part_id][citation.start : citation.end]
