"""What happened, as told to every dialect: one function a story, its docstring the caption in the README."""

from collections.abc import Callable
from typing import Any

import msgspec

from rivulet.domain.events import AnyEvent, Cost, Failure, Usage
from rivulet.testing.story import Story, passage, story_id

GEARS = passage(
    1,
    "Gearbox manual",
    "The gearbox takes 0.6 litres of SAE 80 oil. Change the oil every 5,000 km or once a year.",
    filename="gearbox.pdf",
    media_type="application/pdf",
    page=12,
    rerank_score=0.97,
    metadata={"edition": 3},
)
SERVICE = passage(
    2,
    "Service schedule",
    "A yearly service includes the chain, the brakes and the oil.",
    filename="service.md",
    media_type="text/markdown",
)
WARRANTY = passage(
    3, "Warranty", "The warranty ends when a service is missed.", url="https://example.com/warranty?v=2#end"
)


def figures(confidence: float | None, hallucination: float | None) -> dict[str, Any]:
    """What grounding says of a whole answer."""
    return {"confidence": confidence, "support": confidence, "hallucination": hallucination}


PRICED = Usage(
    input_tokens=412, output_tokens=38, total_tokens=450, cost=Cost(amount=0.000179, currency="USD")
)


def plain_answer() -> list[AnyEvent]:
    """A greeting, answered without any documents."""
    story = Story("plain").stage("generation")
    story.text("Hello", "! How", " can I", " help?").text_done().stage_done("generation")
    return story.ends(usage=Usage(input_tokens=9, output_tokens=7, total_tokens=16))


def cited_answer() -> list[AnyEvent]:
    """Two sources found and reranked, one sentence cited."""
    story = Story("cited").stage("routing").stage_done("routing", agent="rag")
    story.stage("retrieval", label="Searching documents").wait(41)
    query = "How often is the oil changed?"
    story.stage_done("retrieval", query=query, search_mode="all", doc_count=4, count=6, is_supported=True)
    story.stage("reranking", label="Choosing passages").wait(12).stage_done("reranking", selected=2)
    story.sources(GEARS, SERVICE)
    story.stage("generation").text("Change the oil ", "every 5,000 km ", "or once a year [1]")
    story.cite(GEARS, support=0.94, quote="Change the oil every 5,000 km or once a year.").say(
        "."
    ).text_done()
    story.stage_done("generation").data("grounding", figures(0.94, 0.0))
    return story.ends(usage=PRICED)


def reasoning() -> list[AnyEvent]:
    """The model thinks in two parts before it speaks."""
    story = Story("reasoning").stage("generation").think("They ask for ", "the sum.").think("17 + 25 = 42.")
    story.text("It is ", "42.").text_done().stage_done("generation")
    return story.ends(
        usage=Usage(
            input_tokens=20,
            output_tokens=31,
            total_tokens=51,
            reasoning_tokens=24,
            cached_input_tokens=16,
            cache_write_input_tokens=2,
        )
    )


def server_tool() -> list[AnyEvent]:
    """The model asks the server to run a tool, which works, and goes on."""
    story = (
        Story("tool")
        .stage("generation")
        .call("convert_units", '{"value":5000,', '"to":"miles"}', arguments={"value": 5000, "to": "miles"})
    )
    story.wait(230).returns({"miles": 3106.9}).text("That is ", "3,107 miles.").text_done()
    return story.stage_done("generation").ends(usage=PRICED)


def server_tool_error() -> list[AnyEvent]:
    """The tool fails; the model says so and the turn still completes."""
    story = (
        Story("tool error").stage("generation").call("weather", '{"city":"Graz"}', arguments={"city": "Graz"})
    )
    story.wait(1800).fails("The weather service cannot be reached.")
    story.text("I could not look up ", "the weather.").text_done().stage_done("generation")
    return story.ends(usage=PRICED)


def tool_bad_arguments() -> list[AnyEvent]:
    """The model's arguments are no JSON, so the tool is never called."""
    story = Story("tool arguments").stage("generation").call("weather", '{"city":', is_called=False)
    story.fails("The arguments are not valid JSON.").text("Sorry.").text_done().stage_done("generation")
    return story.ends(usage=PRICED)


def client_tool() -> list[AnyEvent]:
    """The model asks the client to run two tools, so the turn ends there."""
    story = Story("client tool").stage("generation")
    story.call("open_map", '{"place":', '"Graz"}', arguments={"place": "Graz"}, runs_on="client")
    story.call("set_zoom", arguments={"level": 12}, runs_on="client")
    return story.ends("completed", "tool_calls", usage=PRICED)


def cancelled_before_first_token() -> list[AnyEvent]:
    """Stopped while the documents are searched."""
    story = Story("cancelled early").stage("retrieval", label="Searching documents").wait(90)
    return story.ends("cancelled", "cancelled")


def cancelled_mid_answer() -> list[AnyEvent]:
    """Stopped in mid-sentence; the text stays."""
    story = Story("cancelled late").stage("retrieval").sources(GEARS).stage_done("retrieval", count=1)
    story.stage("generation").text("First drain ", "the old")
    return story.ends(
        "cancelled", "cancelled", usage=Usage(input_tokens=300, output_tokens=5, total_tokens=305)
    )


def cancelled_in_tool() -> list[AnyEvent]:
    """Stopped while a tool runs, before a word is said."""
    story = Story("cancelled tool").stage("generation").call("weather", "{}", arguments={}).wait(400)
    return story.ends("cancelled", "cancelled")


def failed_mid_answer() -> list[AnyEvent]:
    """The provider goes silent in mid-sentence."""
    story = Story("failed late").stage("generation").text("The first step ", "is to").wait(30_000)
    return story.ends(
        "failed",
        "error",
        error=Failure(code="upstream_timeout", message="The model's service went silent.", retryable=True),
    )


def provider_refused() -> list[AnyEvent]:
    """The provider refuses the key before anything is said."""
    story = (
        Story("refused")
        .stage("retrieval")
        .sources(SERVICE)
        .stage_done("retrieval", count=1)
        .stage("generation")
    )
    return story.ends(
        "failed", "error", error=Failure(code="upstream_auth", message="The model's service refuses our key.")
    )


def length_limit() -> list[AnyEvent]:
    """The model reaches its token limit."""
    story = Story("length").stage("generation").text("One, two, ", "three, ", "fo").text_done()
    story.stage_done("generation")
    return story.ends("incomplete", "length", usage=Usage(input_tokens=10, output_tokens=8, total_tokens=18))


def output_limit() -> list[AnyEvent]:
    """The bot's own limit of output is reached: an incomplete answer that says why."""
    story = Story("output limit").stage("generation").text("again ", "again ", "again ")
    message = "The answer reached a limit of this bot; the text up to there is kept."
    return story.ends("incomplete", "length", error=Failure(code="limit_reached", message=message))


def content_filter() -> list[AnyEvent]:
    """The provider stops its own answer."""
    story = Story("filter").stage("generation").text("Well, ").text_done().stage_done("generation")
    return story.ends("incomplete", "content_filter", usage=PRICED)


def empty_answer() -> list[AnyEvent]:
    """The model completes without a word."""
    story = Story("empty").stage("generation").stage_done("generation")
    return story.ends(usage=Usage(input_tokens=9, total_tokens=9))


def abstained() -> list[AnyEvent]:
    """Nothing in the documents supports an answer, and the answer says so."""
    story = Story("abstained", model="extractive").stage("retrieval")
    story.stage_done("retrieval", doc_count=0, count=0, is_supported=False).sources()
    story.stage("generation").text("The documents do not answer this.").text_done().stage_done("generation")
    return story.data("grounding", figures(None, None)).ends(usage=Usage(estimated=True))


def unicode_traps() -> list[AnyEvent]:
    """Text that breaks careless parsers: line ends of six kinds, things that look like frames, joined
    emoji, right-to-left, combining marks, a citation after them."""
    joined = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    title = 'Сопло "A"\u2028\u0085</script>'
    source = passage(1, "trap", "Größe\u2029 ≥ 3\r\n\tmm", url="/s/a%20b?q=[1]&x='\"", filename="ü\u0085.txt")
    source = msgspec.structs.replace(source, title=title)
    story = Story("unicode").stage("retrieval", label="Søk\u2028").sources(source)
    story.stage_done("retrieval", count=1).stage("generation")
    story.think("data: [DONE]\n\n", "event: error\ndata: {}\n\n")
    story.text("\ufeffdata: [DONE]", "\n\nevent: done\ndata: {}\n\n", "a\rb\r\nc\u2028d\u2029e\u0085f")
    story.say(
        "\u202b\u05e9\u05dc\u05d5\u05dd\u202c ", "e", "\u0301 ", joined[:2], joined[2:], ' \\u0041 "\\" '
    )
    story.say("\x01\x1b[0m\x7f ", ": ping\n", "id: 99\n", "\U0001f600 is so [1]").cite(source, support=1.0)
    return story.text_done().stage_done("generation").ends(usage=PRICED)


def several_parts() -> list[AnyEvent]:
    """Three parts of text around a tool call; the middle one stays empty."""
    story = Story("parts").stage("generation").text("Let me look.").text_done()
    story.call("lookup", '{"q":"oil"}', arguments={"q": "oil"}).returns("0.6 litres")
    story.text().text_done().text("It takes ", "0.6 litres.").text_done().stage_done("generation")
    return story.ends(usage=PRICED)


def several_citations() -> list[AnyEvent]:
    """Three sources, first cited in ascending order, one of them twice."""
    story = Story("citations").stage("retrieval").sources(GEARS, SERVICE, WARRANTY)
    story.stage_done("retrieval", count=3).stage("generation")
    story.text("Oil once a year [1]").cite(GEARS, support=0.9).say(" with the service [2]")
    story.cite(SERVICE, support=0.71).say(". Skipping it ", "ends the warranty [3]")
    story.cite(WARRANTY, support=0.66, quote="The warranty ends when a service is missed.")
    story.say(" and harms the gears [1]").cite(GEARS).say(".").text_done().stage_done("generation")
    return story.data("grounding", figures(0.76, 0.25)).ends(usage=PRICED)


def citations_out_of_order() -> list[AnyEvent]:
    """Of three sources the third is cited first and the second never; the first comes last, twice."""
    story = Story("out of order").stage("retrieval").sources(GEARS, SERVICE, WARRANTY)
    story.stage_done("retrieval", count=3).stage("generation")
    story.text("A missed service ends the warranty [3]").cite(WARRANTY, support=0.8)
    story.say(". Oil ", "once a year [1]").cite(GEARS, support=0.9).say(", or every 5,000 km [1]")
    return story.cite(GEARS).say(".").text_done().stage_done("generation").ends(usage=PRICED)


def free_data() -> list[AnyEvent]:
    """An answerer hands over its own data: a value that changes, one for now only, one of plain text."""
    story = Story("data", model="callable:shop.agent:answer").data("cart", {"items": 1}, id="cart")
    story.data("progress", 0.5, transient=True).text("Two items ", "are in your cart.")
    story.data("cart", {"items": 2, "open": True}, id="cart").text_done()
    return story.data("note", "free of charge").ends()


def interrupted() -> list[AnyEvent]:
    """The server is killed in mid-answer; the next start keeps the text and closes the turn."""
    story = (
        Story("interrupted").stage("generation").think("Hm.").text("Check the oil ", "level with").wait(7_300)
    )
    message = "The server stopped while this answer was being written; the text up to there is kept."
    return story.ends("failed", "error", error=Failure(code="interrupted", message=message, retryable=True))


def retried() -> list[AnyEvent]:
    """The same question again, after a turn that failed."""
    story = Story("retried", retry_of=story_id("trn", "interrupted")).stage("generation")
    story.text("Check the oil level ", "with the dipstick.").text_done().stage_done("generation")
    return story.ends(usage=PRICED)


def rate_limit_wait() -> list[AnyEvent]:
    """The provider asks to wait twice before it answers."""
    story = Story("waiting").stage("generation").stage("waiting", label="rate_limited").wait(1000)
    story.stage_done("waiting", reason="rate_limited", seconds=1.0).stage("waiting", label="rate_limited")
    story.wait(2000).stage_done("waiting", reason="rate_limited", seconds=2.0)
    story.text("Here ", "we are.").text_done().stage_done("generation")
    return story.ends(usage=PRICED)


def queued() -> list[AnyEvent]:
    """The question waits for the chat's earlier answer, then follows it."""
    story = Story("queued").stage("queued").wait(5200).stage_done("queued").stage("condensing")
    story.wait(35).stage_done("condensing").stage("generation").text("Yes.").text_done()
    return story.stage_done("generation").ends(usage=PRICED)


def graph_nodes() -> list[AnyEvent]:
    """A user's own graph answers: its nodes are stages, one inside another, one failed and gone around."""
    story = (
        Story("graph", model="graph:shop.agent:graph")
        .stage("supervisor")
        .stage_done("supervisor", next="web")
    )
    story.stage("web").stage("fetch", label="Fetching 2 pages").stage_done(
        "fetch", "failed", reason="HTTP 503"
    )
    story.stage_done("web").stage("writer").call("recall", arguments={"topic": "pages"}).returns(["yes"])
    story.text("From memory: ", "yes.").text_done().stage_done("writer")
    return story.ends()


def estimated_usage() -> list[AnyEvent]:
    """The provider gave no token counts, so they are estimated."""
    story = Story("estimated", model="ollama:qwen3").stage("generation").text("Fine.").text_done()
    return story.stage_done("generation").ends(
        usage=Usage(input_tokens=12, output_tokens=2, total_tokens=14, estimated=True)
    )


def ten_thousand_deltas() -> list[AnyEvent]:
    """A very long answer, stored as its recipe and the digests of its renderings."""
    story = Story("long").stage("generation").text()
    story.say(*(f"w{i} " for i in range(10_000)))
    return (
        story.text_done()
        .stage_done("generation")
        .ends(usage=Usage(input_tokens=50, output_tokens=10_000, total_tokens=10_050))
    )


STORIES: dict[str, Callable[[], list[AnyEvent]]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        plain_answer,
        cited_answer,
        reasoning,
        server_tool,
        server_tool_error,
        tool_bad_arguments,
        client_tool,
        cancelled_before_first_token,
        cancelled_mid_answer,
        cancelled_in_tool,
        failed_mid_answer,
        provider_refused,
        length_limit,
        output_limit,
        content_filter,
        empty_answer,
        abstained,
        unicode_traps,
        several_parts,
        several_citations,
        citations_out_of_order,
        free_data,
        interrupted,
        retried,
        rate_limit_wait,
        queued,
        graph_nodes,
        estimated_usage,
        ten_thousand_deltas,
    )
}
"""Folder name → what happened."""

LONG = frozenset({"ten-thousand-deltas"})
"""Stored as `recipe.json` and `digests.json`; everything else as whole files."""
