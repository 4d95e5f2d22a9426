"""One turn being answered. Only this file appends to a log.

The runner drives an answerer, checks that what it says may follow, hands it to the log, shows it once it is
committed, and ends the turn exactly once: whoever resolves `_ending` first has decided how.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from rivulet.domain import events as e
from rivulet.domain.bot import Limits
from rivulet.domain.errors import (
    Internal,
    Interrupted,
    InvalidRequest,
    LimitReached,
    LostClaim,
    ProviderError,
    RivuletError,
    StorageFailed,
    StorageFull,
    TimedOut,
    UpstreamTimeout,
)
from rivulet.domain.prices import Price
from rivulet.domain.turn import Fold, Life, closers, message_of
from rivulet.engine.hub import Hub
from rivulet.ports.answering import Answerer, Finished, Task, Unmetered
from rivulet.ports.turns import Claim, Clock, TurnLog

log = logging.getLogger(__name__)

CLOSE_S = 1.0
"""How long a cancelled answerer may take to let go before the turn ends without it. The upstream socket is
to be closed within 250 ms; a stranger's generator that swallows the cancellation must not hold the turn."""

LEASE_MS = 5_000
"""How long a claim holds without being renewed: the design's 10 s for an orphan, less the time to notice.
`Running.renew` says so in time for all turns of this process; a turn that is left is not renewed any more."""

_OUTPUT = (e.TextDelta, e.ReasoningDelta, e.ToolStarted, e.ToolInputDelta)
"""What counts as output: it stops the clock of the first event."""


@dataclass(frozen=True)
class Ending:
    """How a turn ends."""

    status: e.Status
    finish_reason: e.FinishReason
    error: RivuletError | None = None
    usage: e.Usage | None = None


@dataclass(frozen=True)
class Receipt:
    """What stopping a turn did. The upstream fields are None where no answerer was running any more."""

    status: e.Status
    final_seq: int
    kept_chars: int
    upstream_closed: bool | None
    upstream_close_ms: int | None


STOPPED = Ending("cancelled", "cancelled")


class Runner:
    """`run()` once; `stop()` any number of times.

    `prepare` is called once the `predecessors` have ended, so that their answers are in its history.
    `log_so_far` starts with turn.started; a turn that is run again after a crash brings more.
    """

    def __init__(
        self,
        turn_log: TurnLog,
        hub: Hub,
        clock: Clock,
        claim: Claim,
        prepare: Callable[[], Awaitable[tuple[Answerer, Task]]],
        limits: Limits,
        log_so_far: Sequence[e.AnyEvent],
        predecessors: Sequence["asyncio.Future[None]"] = (),
        price: Price | None = None,
    ) -> None:
        self._log = turn_log
        self._hub = hub
        self._clock = clock
        self._claim = claim
        self._prepare = prepare
        self._limits = limits
        self._predecessors = predecessors
        self._price = price
        self._life = Life()
        self._fold = Fold()
        for event in log_so_far:
            self._life.step(event)
            self._fold.add(event)
        self._started_at = log_so_far[0].at
        self._output_at: int | None = None
        self._output_chars = 0
        self._output_bytes = 0
        self._question_chars = 0
        self._is_unmetered = False
        loop = asyncio.get_running_loop()
        self._ending: asyncio.Future[Ending] = loop.create_future()
        self.done: asyncio.Future[None] = loop.create_future()
        """Resolved when the terminal event is in the log, or when nobody here may write it any more."""
        self._driver: asyncio.Task[None] | None = None
        self._heard_at = loop.time()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._is_closing = False
        self._lost: RivuletError | None = None
        self.finished: e.TurnFinished | None = None
        self.outcome: Receipt | RivuletError | None = None
        """Once it is done: the receipt, or why the turn was not ended here."""

    @property
    def claim(self) -> Claim:
        """By which it writes at present."""
        return self._claim

    async def run(self) -> None:
        """Answers the turn. Never raises; what goes wrong is in the terminal event."""
        try:
            self._driver = asyncio.create_task(self._drive(), name=f"answer {self._claim.turn_id}")
            self._driver.add_done_callback(self._driven)
            ending = await self._ending
            closing_began = self._clock.monotonic()
            closed = await self._let_go()
            close_ms = round((self._clock.monotonic() - closing_began) * 1000)
            try:
                await self._finish(ending, closed, close_ms)
            except (StorageFull, StorageFailed) as problem:
                # The end itself did not fit any more; a fresh claim may use what is kept for it.
                self._lost = problem
                await self._finish(_failed(problem), closed, close_ms)
        except RivuletError as problem:
            log.warning("turn %s was not finished here: %s", self._claim.turn_id, problem.code)
            self.outcome = problem
            self._hub.abandoned(self._claim.turn_id)
        except Exception:
            log.exception("turn %s could not be finished", self._claim.turn_id)
            self.outcome = Internal()
            self._hub.abandoned(self._claim.turn_id)
        finally:
            for timer in self._timers.values():
                timer.cancel()
            if not self.done.done():
                self.done.set_result(None)

    async def stop(self) -> None:
        """Asks the turn to end as cancelled and waits for its end, whatever that turns out to be."""
        self.cancel()
        await asyncio.shield(self.done)

    def cancel(self) -> None:
        """The same without waiting."""
        self._end(STOPPED)

    def interrupt(self, reason: Interrupted | None = None) -> None:
        """Ends the turn because the server stops, or for another reason."""
        self._end(_failed(reason or Interrupted()))

    # ---- driving the answerer

    async def _drive(self) -> None:
        for draft in closers(self._life.opened, "failed", self._clock.now_ms()):
            self._take(draft)  # what a dead process had begun is begun anew
        await self._wait_for_predecessors()
        self._watch()
        answerer, task = await self._prepare()
        self._is_unmetered = isinstance(answerer, Unmetered) and answerer.asks_no_model
        self._question_chars = len(task.question)
        self._end(_completed(await answerer.answer(task, self._take)))

    def _driven(self, driver: "asyncio.Task[None]") -> None:
        if driver.cancelled() or (problem := driver.exception()) is None:
            # Cancelled from outside, or ended after somebody else had decided: nothing more to say.
            self._end(_failed(Interrupted()))
        elif isinstance(problem, LimitReached):
            self._end(Ending("incomplete", "length", problem))
        elif isinstance(problem, RivuletError):
            self._end(_failed(problem))
        else:
            log.error("turn %s: the answerer failed", self._claim.turn_id, exc_info=problem)
            self._end(_failed(Internal()))

    async def _wait_for_predecessors(self) -> None:
        if not self._predecessors:
            return
        self._take(e.StageStarted(stage="queued", stage_id="queued", label="Waiting for the answer before"))
        began = self._clock.monotonic()
        await asyncio.wait(self._predecessors)
        took = round((self._clock.monotonic() - began) * 1000)
        self._take(e.StageFinished(stage="queued", stage_id="queued", duration_ms=took))

    def _take(self, draft: e.AnyEvent) -> None:
        """One draft on its way to the log. Raises LifeError for one that may not stand here. An answerer that
        does not stop when it is told is not heard any more."""
        if self._is_closing:
            return
        if isinstance(draft, (e.TurnStarted, e.TurnFinished)):
            raise InvalidRequest("An answerer may not start or finish the turn itself.")
        at = self._clock.now_ms()
        draft = e.dated(draft, at)
        self._life.step(draft)
        self._fold.add(draft)
        self._heard_at = self._clock.monotonic()
        if isinstance(draft, _OUTPUT):
            if self._output_at is None:
                self._output_at = at
            if isinstance(draft, e.TextDelta):
                self._output_chars += len(draft.delta)
            if not isinstance(draft, e.ToolStarted):
                self._output_bytes += _size(draft.delta)
                if self._output_bytes > self._limits.output_bytes:
                    self._end(Ending("incomplete", "length"))
        self._log.append(self._claim, (draft,), self._committed)

    def _committed(self, events: Sequence[e.AnyEvent], error: RivuletError | None) -> None:
        if error is None:
            self._hub.publish(self._claim.turn_id, events)
        else:
            self._lost = error
            self._end(_failed(error))

    # ---- the limits

    def _watch(self) -> None:
        """One timer: it looks when the next limit could be reached, not at every token."""
        loop = asyncio.get_running_loop()
        limits = self._limits
        began = self._heard_at = self._clock.monotonic()
        if limits.total_s is not None:
            self._timers["total"] = loop.call_later(limits.total_s, self._end, _failed(TimedOut()))

        def look() -> None:
            has_output = self._output_at is not None
            limit = limits.idle_s if has_output else limits.first_event_s
            if limit is None:
                # The other limit may still apply once there is output.
                self._timers["silence"] = loop.call_later(1.0, look)
                return
            left = (self._heard_at if has_output else began) + limit - self._clock.monotonic()
            if left > 0:
                self._timers["silence"] = loop.call_later(left, look)
                return
            what = "The answer stopped for" if has_output else "There was no first word within"
            phase: e.Phase = "mid_stream" if has_output else "first_token"
            self._end(_failed(UpstreamTimeout(f"{what} {limit:g} seconds.", phase=phase)))

        look()

    # ---- ending

    def _end(self, ending: Ending) -> None:
        """The first to call decides; everybody else is too late."""
        if not self._ending.done():
            self._ending.set_result(ending)

    async def _let_go(self) -> bool | None:
        """Stops the answerer. True when it has let go of the model it held, None when it held none, and False
        when it holds on."""
        assert self._driver is not None
        if self._driver.done():
            return None
        held_model = self._is_writing
        self._driver.cancel()
        done, _ = await asyncio.wait({self._driver}, timeout=CLOSE_S)
        if not done:
            log.error("turn %s: the answerer does not react to being cancelled", self._claim.turn_id)
            return False
        return True if held_model else None

    @property
    def _is_writing(self) -> bool:
        """Whether a model is at work, or what stands for one; not while the turn waits or searches, nor while
        a tool does what the model asked for."""
        if self._fold.is_calling:
            return False
        open_ = self._life.opened.values()
        return self._output_at is not None or any(
            not isinstance(each, e.StageStarted) or each.stage == "generation" for each in open_
        )

    async def _finish(self, ending: Ending, closed: bool | None, close_ms: int) -> None:
        self._is_closing = True
        now = self._clock.now_ms()
        if isinstance(self._lost, LostClaim):
            raise self._lost  # who has taken it over ends it, and nobody takes it back
        if self._lost is not None:
            await self._read_back()
        leftover = ending.status if ending.status in ("failed", "cancelled") else "completed"
        rest = closers(self._life.opened, leftover, now)
        for draft in rest:
            self._fold.add(draft)
        if rest:
            self._log.append(self._claim, rest, self._committed)
        finished = self._terminal(ending, now)
        self._fold.add(finished)
        answer = self._fold.turn()
        event = await self._log.finish(self._claim, finished, message_of(answer))
        self._hub.publish(self._claim.turn_id, (event,))
        self.finished = event
        self.outcome = Receipt(
            status=ending.status,
            final_seq=event.seq,
            kept_chars=len(answer.text),
            upstream_closed=closed,
            upstream_close_ms=None if closed is None else close_ms,
        )

    def _terminal(self, ending: Ending, now: int) -> e.TurnFinished:
        first, usage = self._output_at, ending.usage or self._estimate()
        return e.TurnFinished(
            at=now,
            status=ending.status,
            finish_reason=ending.finish_reason,
            error=None if ending.error is None else failure_of(ending.error),
            usage=usage if self._price is None else self._price.applied(usage),
            timing=e.Timing(
                duration_ms=max(0, now - self._started_at),
                time_to_first_token_ms=None if first is None else max(0, first - self._started_at),
            ),
        )

    async def _read_back(self) -> None:
        """After a failed append: what is kept is what the log has, and the end needs a fresh claim."""
        claim = await self._log.claim(self._claim.tenant_id, self._claim.turn_id, self._claim.owner, LEASE_MS)
        if claim is None:
            raise LostClaim
        self._claim, self._life, self._fold = claim, Life(), Fold()
        for event in await whole_log(self._log, claim.tenant_id, claim.turn_id):
            self._life.step(event)
            self._fold.add(event)

    def _estimate(self) -> e.Usage:
        """Four characters a token, when the provider counted nothing; none where no model was asked."""
        if self._is_unmetered:
            return e.Usage()
        read, written = -(-self._question_chars // 4), -(-self._output_chars // 4)
        return e.Usage(input_tokens=read, output_tokens=written, total_tokens=read + written, estimated=True)


async def whole_log(turn_log: TurnLog, tenant_id: str, turn_id: str) -> list[e.AnyEvent]:
    """Every event of the turn so far."""
    events: list[e.AnyEvent] = []
    while page := await turn_log.read(tenant_id, turn_id, events[-1].seq if events else 0, 1000):
        events.extend(page)
    return events


def failure_of(error: RivuletError) -> e.Failure:
    """What readers are told of an error, as far as it is known."""
    is_upstream = isinstance(error, ProviderError)
    return e.Failure(
        code=error.code,
        message=error.message,
        retryable=error.retryable,
        phase=error.phase if is_upstream else None,
        retry_after=error.retry_after if is_upstream else None,
    )


def _failed(error: RivuletError) -> Ending:
    return Ending("failed", "error", error)


def _completed(finished: Finished) -> Ending:
    status: e.Status = "completed" if finished.finish_reason in ("stop", "tool_calls") else "incomplete"
    return Ending(status, finished.finish_reason, usage=finished.usage)


def _size(text: str) -> int:
    """In bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
