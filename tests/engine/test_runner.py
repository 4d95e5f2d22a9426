"""How a turn is answered and how it ends: exactly once, whatever happens."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from rivulet.domain import events as e
from rivulet.domain.bot import Limits
from rivulet.domain.errors import LimitReached, StorageFull, UpstreamAuth, UpstreamRateLimited
from rivulet.domain.prices import Price
from rivulet.domain.tenant import LOCAL
from rivulet.domain.turn import check, fold
from rivulet.ports.answering import Finished, Task

from .conftest import Bench

pytestmark = pytest.mark.anyio
Drafts = AsyncGenerator[e.AnyEvent | Finished, None]


def terminal(log: list[e.AnyEvent]) -> e.TurnFinished:
    check(log)
    assert isinstance(log[-1], e.TurnFinished)
    return log[-1]


async def slow(task: Task) -> Drafts:
    yield e.StageStarted(stage="generation", stage_id="g")
    yield e.TextStarted(part_id="t")
    for word in range(1000):
        await asyncio.sleep(1)
        yield e.TextDelta(part_id="t", delta=f"{word} ")


async def test_an_answer_becomes_a_legal_log(bench: Bench) -> None:
    """What the answerer says stands in the log between one start and one end, with times."""
    log = await bench.ended(await bench.ask())
    assert terminal(log).status == "completed"
    assert fold(log).text == "Because so."
    assert all(event.at >= 1_700_000_000_000 for event in log)


async def test_what_is_left_open_is_closed(bench: Bench) -> None:
    """An answerer that just returns leaves no part, stage or tool open."""

    async def careless(task: Task) -> Drafts:
        yield e.StageStarted(stage="generation", stage_id="g")
        yield e.TextStarted(part_id="t")
        yield e.TextDelta(part_id="t", delta="Well")

    bench.says("careless", careless)
    log = await bench.ended(await bench.ask("careless"))
    assert terminal(log).status == "completed"
    assert [e.type_of(event) for event in log[-3:]] == ["text.finished", "stage.finished", "turn.finished"]


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("stop", "completed"),
        ("tool_calls", "completed"),
        ("length", "incomplete"),
        ("content_filter", "incomplete"),
    ],
)
async def test_the_reason_decides_the_status(bench: Bench, reason: e.FinishReason, status: str) -> None:
    """An answer cut by the provider is never called complete."""

    async def ends(task: Task) -> Drafts:
        yield Finished(finish_reason=reason, usage=e.Usage(input_tokens=3, output_tokens=4, total_tokens=7))

    bench.says("ends", ends)
    finished = terminal(await bench.ended(await bench.ask("ends")))
    assert (finished.status, finished.finish_reason) == (status, reason)
    assert (finished.usage.total_tokens, finished.usage.estimated) == (7, False)


async def test_usage_is_estimated_when_nobody_counted(bench: Bench) -> None:
    """A turn always has a usage, and says when it is a guess."""
    finished = terminal(await bench.ended(await bench.ask()))
    assert (finished.usage.output_tokens, finished.usage.estimated) == (3, True)


async def test_where_no_model_is_asked_nothing_is_estimated(bench: Bench) -> None:
    """However the turn ends."""
    bench.scripted.asks_no_model = True
    bench.says("slow", slow)
    assert terminal(await bench.ended(await bench.ask())).usage == e.Usage()
    started = await bench.ask("slow")
    await asyncio.sleep(2.5)
    await bench.service.stop(LOCAL, started.turn_id)
    assert terminal(await bench.log(started)).usage == e.Usage()


async def test_a_known_failure_keeps_its_code_and_the_text(bench: Bench) -> None:
    """A provider's error ends the turn as failed; what was said stays."""

    async def fails(task: Task) -> Drafts:
        yield e.TextStarted(part_id="t")
        yield e.TextDelta(part_id="t", delta="Half ")
        raise UpstreamAuth

    bench.says("fails", fails)
    log = await bench.ended(await bench.ask("fails"))
    finished = terminal(log)
    assert finished.error is not None
    assert (finished.status, finished.error.code, finished.error.retryable) == (
        "failed",
        "upstream_auth",
        False,
    )
    assert fold(log).text == "Half "


async def test_a_failure_says_how_long_to_wait_where_that_is_known(bench: Bench) -> None:
    """A limit of the provider's names its seconds in the terminal event; other errors name nothing."""

    async def limited(task: Task) -> Drafts:
        raise UpstreamRateLimited(retry_after=90.0)
        yield

    async def refused(task: Task) -> Drafts:
        raise UpstreamAuth
        yield

    bench.says("limited", limited)
    bench.says("refused", refused)
    known, unknown = [terminal(await bench.ended(await bench.ask(name))) for name in ("limited", "refused")]
    assert known.error is not None
    assert (known.error.code, known.error.retry_after) == ("rate_limited", 90.0)
    assert b"retry_after" not in e.encode(unknown)
    assert b"phase" not in e.encode(unknown)


async def test_an_unknown_failure_tells_no_internals(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """A bug in an answerer is `internal` to readers; the log has the rest."""

    async def breaks(task: Task) -> Drafts:
        raise ValueError("secret path /etc/passwd")
        yield

    bench.says("breaks", breaks)
    finished = terminal(await bench.ended(await bench.ask("breaks")))
    assert finished.error is not None
    assert finished.error.code == "internal"
    assert "secret" not in finished.error.message
    assert "secret path" in caplog.text


@pytest.mark.parametrize(
    "draft",
    [
        e.TextDelta(part_id="never opened", delta="x"),
        e.TurnFinished(status="completed", finish_reason="stop"),
        e.TextFinished(part_id="t"),
    ],
)
async def test_an_illegal_draft_fails_the_turn_and_never_the_log(bench: Bench, draft: e.AnyEvent) -> None:
    """The log stays legal even when the answerer does not keep to the rules."""

    async def lawless(task: Task) -> Drafts:
        yield draft

    bench.says("lawless", lawless)
    assert terminal(await bench.ended(await bench.ask("lawless"))).status == "failed"


async def test_silence_before_the_first_word_has_a_limit(bench: Bench) -> None:
    """Thirty seconds without a word: failed as upstream_timeout, at thirty seconds. Stages are no words."""

    async def mute(task: Task) -> Drafts:
        yield e.StageStarted(stage="generation", stage_id="g")
        await asyncio.sleep(3600)

    bench.says("mute", mute)
    finished = terminal(await bench.ended(await bench.ask("mute")))
    assert finished.error is not None
    assert finished.timing is not None
    assert (finished.error.code, finished.timing.duration_ms) == ("upstream_timeout", 30_000)
    assert finished.error.phase == "first_token"
    assert finished.timing.time_to_first_token_ms is None


async def test_silence_in_the_middle_has_a_limit(bench: Bench) -> None:
    """Thirty seconds after the last word; what was said stays."""

    async def stalls(task: Task) -> Drafts:
        yield e.TextStarted(part_id="t")
        for _ in range(3):
            await asyncio.sleep(20)
            yield e.TextDelta(part_id="t", delta="x")
        await asyncio.sleep(3600)

    bench.says("stalls", stalls)
    log = await bench.ended(await bench.ask("stalls"))
    finished = terminal(log)
    assert finished.error is not None
    assert finished.timing is not None
    assert (finished.error.code, finished.timing.duration_ms) == ("upstream_timeout", 90_000)
    assert finished.error.phase == "mid_stream"
    assert fold(log).text == "xxx"


async def test_a_trickle_ends_at_the_total_limit(make_bench: Callable[..., Bench]) -> None:
    """A turn that is never silent still ends when its bot says so."""
    bench = make_bench(Limits(total_s=100.0))
    bench.says("slow", slow)
    log = await bench.ended(await bench.ask("slow"))
    finished = terminal(log)
    assert finished.error is not None
    assert finished.timing is not None
    assert (finished.error.code, finished.timing.duration_ms) == ("timeout", 100_000)


async def test_an_endless_answer_is_cut_at_its_size(make_bench: Callable[..., Bench]) -> None:
    """A model that repeats itself for ever ends as incomplete, by length."""

    async def babbles(task: Task) -> Drafts:
        yield e.TextStarted(part_id="t")
        while True:
            yield e.TextDelta(part_id="t", delta="blah ")

    bench = make_bench(Limits(output_bytes=1000))
    bench.says("babbles", babbles)
    log = await bench.ended(await bench.ask("babbles"))
    finished = terminal(log)
    assert (finished.status, finished.finish_reason) == ("incomplete", "length")
    assert 1000 <= len(fold(log).text) <= 1000 + 5 * 64


async def test_the_cap_counts_bytes_of_all_output(make_bench: Callable[..., Bench]) -> None:
    """Reasoning without an end is cut too, and a letter of three bytes counts as three."""

    async def ponders(task: Task) -> Drafts:
        yield e.ReasoningStarted(part_id="r")
        while True:
            yield e.ReasoningDelta(part_id="r", delta="想")

    bench = make_bench(Limits(output_bytes=3000))
    bench.says("ponders", ponders)
    log = await bench.ended(await bench.ask("ponders"))
    finished = terminal(log)
    assert (finished.status, finished.finish_reason) == ("incomplete", "length")
    thought = "".join(event.delta for event in log if isinstance(event, e.ReasoningDelta))
    assert 1000 <= len(thought) <= 1000 + 64


async def test_a_reached_limit_is_incomplete_not_failed(bench: Bench) -> None:
    """Too many tool steps: the answer so far counts, and says that it was cut."""

    async def loops(task: Task) -> Drafts:
        yield e.TextStarted(part_id="t")
        raise LimitReached

    bench.says("loops", loops)
    finished = terminal(await bench.ended(await bench.ask("loops")))
    assert finished.error is not None
    assert (finished.status, finished.error.code) == ("incomplete", "limit_reached")


async def test_an_answer_has_its_cost(make_bench: Callable[..., Bench]) -> None:
    """Where its model has a price and its tokens were counted: not another model's, not an estimate's, not
    that of an answer that was stopped."""

    async def counted(task: Task) -> Drafts:
        yield e.TextStarted(part_id="t")
        await asyncio.sleep(1)
        yield Finished(
            finish_reason="stop", usage=e.Usage(input_tokens=400, output_tokens=40, total_tokens=440)
        )

    bench = make_bench(prices={name: Price(input=1, output=10) for name in ("dear", "plain")})
    for name in ("dear", "free"):
        bench.says(name, counted)
    dear = terminal(await bench.ended(await bench.ask("dear")))
    assert dear.usage.cost == e.Cost(amount=0.0008, currency="USD")
    for name in ("free", "plain"):
        assert terminal(await bench.ended(await bench.ask(name))).usage.cost is None
    stopped = await bench.ask("dear")
    await bench.service.stop(LOCAL, stopped.turn_id)
    assert terminal(await bench.log(stopped)).usage.cost is None


@pytest.mark.parametrize("seconds", [0.0, 0.5, 2.5, 10.0])
async def test_stop_works_at_any_moment(bench: Bench, seconds: float) -> None:
    """Before the first token or in the middle: cancelled, the text kept, a receipt that counts it."""
    bench.says("slow", slow)
    started = await bench.ask("slow")
    await asyncio.sleep(seconds)
    receipt = await bench.service.stop(LOCAL, started.turn_id)
    log = await bench.log(started)
    assert terminal(log).status == "cancelled"
    assert (receipt.status, receipt.final_seq, receipt.kept_chars) == (
        "cancelled",
        log[-1].seq,
        len(fold(log).text),
    )
    assert receipt.upstream_closed is True
    assert await bench.service.stop(LOCAL, started.turn_id) == receipt


async def test_stop_claims_no_model_where_none_was_at_work(bench: Bench) -> None:
    """A turn that still searches, or whose model has called a tool and waits for it, has none to close."""

    async def searches(task: Task) -> Drafts:
        yield e.StageStarted(stage="retrieval", stage_id="s", label="Searching")
        await asyncio.sleep(3600)

    async def calls(task: Task) -> Drafts:
        yield e.StageStarted(stage="generation", stage_id="g", label="Writing")
        yield e.ToolStarted(tool_call_id="c", name="search")
        yield e.ToolCalled(tool_call_id="c", name="search", input={})
        await asyncio.sleep(3600)

    for name, answer in (("searches", searches), ("calls", calls)):
        bench.says(name, answer)
        started = await bench.ask(name)
        await asyncio.sleep(1)
        receipt = await bench.service.stop(LOCAL, started.turn_id)
        closing = (receipt.upstream_closed, receipt.upstream_close_ms)
        assert (receipt.status, *closing) == ("cancelled", None, None)


async def test_stop_closes_what_the_answerer_holds(bench: Bench) -> None:
    """By the time of the receipt the answerer has let go of its upstream."""
    released: list[str] = []

    async def holds(task: Task) -> Drafts:
        try:
            yield e.TextStarted(part_id="t")
            await asyncio.sleep(3600)
        finally:
            released.append("upstream")

    bench.says("holds", holds)
    started = await bench.ask("holds")
    await asyncio.sleep(1)
    await bench.service.stop(LOCAL, started.turn_id)
    assert released == ["upstream"]


class SlowAtTheEnd:
    """A log that takes a second over the terminal event."""

    def __init__(self, log: Any) -> None:
        self._log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    async def finish(self, *told: Any) -> e.TurnFinished:
        await asyncio.sleep(1)
        return await self._log.finish(*told)


async def test_an_answerer_that_will_not_be_cancelled_cannot_hold_the_turn(bench: Bench) -> None:
    """The turn ends after a second, the receipt says that the upstream was not closed, and what the answerer
    goes on saying while the end is written is not heard."""
    bench.service = bench.new_service(SlowAtTheEnd)
    gate = asyncio.Event()

    async def stubborn(task: Task) -> Drafts:
        yield e.TextStarted(part_id="t")
        while not gate.is_set():
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                await asyncio.sleep(1.5)
                yield e.TextDelta(part_id="t", delta="too late")

    bench.says("stubborn", stubborn)
    started = await bench.ask("stubborn")
    await asyncio.sleep(1)
    receipt = await bench.service.stop(LOCAL, started.turn_id)
    assert (receipt.status, receipt.upstream_closed) == ("cancelled", False)
    terminal(await bench.log(started))
    gate.set()
    await asyncio.sleep(3600)


async def test_stop_and_finish_agree_on_one_end(bench: Bench) -> None:
    """Whoever is first has decided; both are told the same."""

    async def brief(task: Task) -> Drafts:
        yield e.TextStarted(part_id="t")
        await asyncio.sleep(1)
        yield e.TextDelta(part_id="t", delta="Done")

    bench.says("brief", brief)
    for delay in (0.999, 1.0, 1.001):
        started = await bench.ask("brief")
        await asyncio.sleep(delay)
        receipt = await bench.service.stop(LOCAL, started.turn_id)
        assert terminal(await bench.log(started)).status == receipt.status


class FullAtTheEnd:
    """A log whose disk is full when the first terminal event comes, and has room again afterwards."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self._refusals = 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    async def finish(self, *told: Any) -> e.TurnFinished:
        if self._refusals:
            self._refusals -= 1
            raise StorageFull
        return await self._log.finish(*told)


async def test_an_end_that_did_not_fit_is_written_again(bench: Bench) -> None:
    """A disk that is full at the last event leaves no turn open: it ends as failed, its text kept."""
    bench.service = bench.new_service(FullAtTheEnd)
    log = await bench.ended(await bench.ask())
    finished = terminal(log)
    assert finished.error is not None
    assert (finished.status, finished.error.code) == ("failed", "storage_full")
    assert fold(log).text == "Because so."
