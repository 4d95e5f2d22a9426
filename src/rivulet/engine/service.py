"""The verbs: ask, follow, stop, retry, get. Everything a door of the house may want of a turn is here."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from rivulet.domain import events as e
from rivulet.domain.bot import Bot, Limits
from rivulet.domain.errors import (
    ChatBusy,
    CursorGone,
    Draining,
    NotEnded,
    NotFound,
    RivuletError,
    StorageFailed,
    StorageFull,
)
from rivulet.domain.ids import make_id
from rivulet.domain.prices import Price
from rivulet.domain.tenant import Principal
from rivulet.domain.turn import Turn, fold
from rivulet.engine.access import Access
from rivulet.engine.branches import Branching, Place
from rivulet.engine.casting import Casting
from rivulet.engine.chats import Chatting, titled
from rivulet.engine.cursor import check_cursor, parse_cursor
from rivulet.engine.feedback import Rating
from rivulet.engine.hub import Follower, Hub
from rivulet.engine.preferences import Preferring
from rivulet.engine.question import NEXT, clean, digest
from rivulet.engine.recovery import AGAIN_S, Recovery
from rivulet.engine.runner import LEASE_MS, Receipt, Runner, whole_log
from rivulet.engine.running import RENEW_S, Running
from rivulet.engine.shares import Sharing
from rivulet.ports.answering import Answerer, Answerers, Task
from rivulet.ports.branches import Branches
from rivulet.ports.dialect import Ask, Dialect
from rivulet.ports.feedback import Feedbacks
from rivulet.ports.preferences import KeptPreferences
from rivulet.ports.shares import Shares
from rivulet.ports.turns import Chats, Claim, Clock, Opening, Replayed, TurnLog, TurnRecord, Turns


@dataclass(frozen=True)
class Started:
    """The ids of a turn that was asked for."""

    turn_id: str
    chat_id: str
    user_message_id: str
    message_id: str


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Where turns and chats are kept, and what belongs to them."""

    log: TurnLog
    turns: Turns
    chats: Chats
    branches: Branches
    feedback: Feedbacks
    shares: Shares
    preferences: KeptPreferences


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What the operator decided. `dialects` are the renderers' versions, pinned in every turn.started;
    `prices` are by model, as a question names it."""

    bots: Mapping[str, Bot]
    dialects: Mapping[str, int] = field(default_factory=dict[str, int])
    disconnect_grace_s: float = 5.0
    retry_interrupted: bool = False
    prices: Mapping[str, Price] = field(default_factory=dict[str, Price])


class Service:
    """One per process. `entropy(n)` gives n random bytes; `observe` is told how each turn ended."""

    def __init__(
        self,
        stores: Stores,
        answerers: Answerers,
        policy: Policy,
        clock: Clock,
        entropy: Callable[[int], bytes],
        observe: Callable[[e.TurnFinished], None] = lambda _: None,
    ) -> None:
        self._log, self._turns = stores.log, stores.turns
        self._casting = Casting(answerers, policy.bots, policy.prices)
        self._policy = policy
        self._clock = clock
        self._entropy = entropy
        self._owner = self._id("own")
        self._access = Access(stores.turns, stores.chats)
        self.branches = Branching(self._access, stores.chats, stores.branches, stores.feedback)
        self.chats = Chatting(
            self._access, self.branches, stores.turns, stores.chats, clock, lambda: self._id("cht")
        )
        self.feedback = Rating(self._access, stores.feedback, clock)
        self.shares = Sharing(
            self._access, self.branches, stores.chats, stores.shares, clock, lambda: self._id("shr")
        )
        self.preferences = Preferring(self._access, stores.preferences)
        self.hub = Hub(stores.log)
        self.running = Running(observe)
        self._recovery = Recovery(
            stores.log,
            stores.turns,
            self.hub,
            self.running,
            self._owner,
            self._runner_again,
            policy.retry_interrupted,
        )
        self._recovered = asyncio.Event()
        self.is_draining = False

    # ---- asking

    async def ask(
        self, who: Principal, ask: Ask, idempotency_key: str | None = None, place: Place = NEXT
    ) -> Started:
        """Opens a turn and begins to answer it; it is on disk when this returns. Raises InvalidRequest,
        NotFound, ChatBusy, IdempotencyMismatch, Draining, StorageFull."""
        question = clean(ask.input)
        if place.beside is not None:
            ask = await self._in_chat_of(who, ask, place.beside)
        chat_id = ask.chat_id
        if chat_id is not None and not ask.names_chat:
            await self._access.chat(who, chat_id)
        is_new = chat_id is None or (ask.names_chat and not await self.chats.has(who, chat_id))
        return await self._open(
            who,
            ask,
            question,
            Started(self._id("trn"), chat_id or self._id("cht"), self._id("msg"), self._id("msg")),
            is_new=is_new,
            idempotency_key=idempotency_key,
            place=place,
        )

    async def _in_chat_of(self, who: Principal, ask: Ask, turn_id: str) -> Ask:
        """The question, asked in the chat of that turn. Raises NotFound."""
        record = await self._access.turn(who, turn_id)
        if ask.chat_id not in (None, record.chat_id):
            raise NotFound
        return msgspec.structs.replace(ask, chat_id=record.chat_id)

    async def retry(self, who: Principal, turn_id: str, idempotency_key: str | None = None) -> Started:
        """Asks the turn's question again as a new turn beside it. Raises ChatBusy while it still runs, and
        IdempotencyMismatch."""
        record = await self._access.turn(who, turn_id)
        if record.status == "in_progress":
            raise ChatBusy(turn_id)
        return await self._open(
            who,
            msgspec.json.decode(record.request, type=Ask),
            record.question,
            Started(self._id("trn"), record.chat_id, record.user_message_id, self._id("msg")),
            idempotency_key=idempotency_key,
            retry_of=turn_id,
        )

    async def _open(
        self,
        who: Principal,
        ask: Ask,
        question: str,
        ids: Started,
        *,
        is_new: bool = False,
        idempotency_key: str | None = None,
        retry_of: str | None = None,
        place: Place = NEXT,
    ) -> Started:
        if self.is_draining:
            raise Draining
        bot = self._casting.bot(ask)
        self._casting.answerer(bot)
        started = e.TurnStarted(
            at=self._clock.now_ms(),
            turn_id=ids.turn_id,
            chat_id=ids.chat_id,
            message_id=ids.message_id,
            user_message_id=ids.user_message_id,
            model=bot.model,
            bot_id=bot.id,
            retry_of=retry_of,
            dialects=dict(self._policy.dialects) or None,
        )
        request = msgspec.json.encode(ask)
        with self.running.opening(ids.turn_id):
            claim = await self._log.open(
                Opening(
                    tenant_id=who.tenant_id,
                    user_id=who.user_id,
                    started=started,
                    question=question,
                    request=request,
                    new_chat=is_new,
                    chat_title=titled(question),
                    exclusive=ask.on_busy == "reject",
                    idempotency_key=idempotency_key,
                    request_digest=digest(request, place, retry_of),
                    parent_id=place.parent_id,
                    edit_of=place.edit_of,
                ),
                self._owner,
                LEASE_MS,
            )
        if isinstance(claim, Replayed):
            record = await self._access.turn(who, claim.turn_id)
            return Started(record.id, record.chat_id, record.user_message_id, record.message_id)
        first = e.numbered(started, 1)
        before = [runner.done for runner in self.running.in_chat(who.tenant_id, ids.chat_id)]
        if is_new:
            # There is nothing to remember, so nothing is looked up.
            ask = msgspec.structs.replace(ask, history=ask.history or ())
        runner = self._runner(claim, ids, ask, question, bot.limits, (first,), before)
        deserted = self._on_deserted(ids.turn_id) if ask.on_disconnect == "cancel" else None
        self.hub.opened(ids.turn_id, (first,), deserted)
        self.running.start(runner, claim, ids.chat_id)
        return ids

    def _runner(
        self,
        claim: Claim,
        ids: Started,
        ask: Ask,
        question: str,
        limits: Limits,
        log_so_far: Sequence[e.AnyEvent],
        before: Sequence["asyncio.Future[None]"] = (),
    ) -> Runner:
        return Runner(
            self._log,
            self.hub,
            self._clock,
            claim,
            lambda: self._prepare(claim.tenant_id, ids, ask, question),
            limits,
            log_so_far,
            before,
            self._casting.price(ask),
        )

    async def _prepare(self, tenant_id: str, ids: Started, ask: Ask, question: str) -> tuple[Answerer, Task]:
        bot = self._casting.bot(ask)
        answerer, model = self._casting.answerer(bot)
        history = ask.history
        if history is None:
            history = await self.branches.history(tenant_id, ids.chat_id, ids.turn_id)
        return answerer, Task(
            tenant_id=tenant_id,
            turn_id=ids.turn_id,
            chat_id=ids.chat_id,
            question=question,
            bot=bot,
            model=model,
            history=history,
            source_ids=ask.source_ids,
            search_mode=ask.search_mode,
        )

    def _on_deserted(self, turn_id: str) -> Callable[[], None]:
        def check() -> None:
            runner = self.running.get(turn_id)
            if runner is not None and not self.hub.has_followers(turn_id):
                runner.cancel()

        loop = asyncio.get_running_loop()

        def wait() -> None:
            loop.call_later(self._policy.disconnect_grace_s, check)

        return wait

    # ---- following, stopping, reading back

    async def follow(self, who: Principal, turn_id: str, dialect: Dialect, after: str) -> Follower | None:
        """A reader after cursor `after` ("0" is the start); None when the turn is finished and fully read.
        Raises NotFound, CursorGone."""
        before = self.hub.live(turn_id)  # a turn that ends while its row is read knows its end only here
        record = await self._access.turn(who, turn_id)
        seq, skipped = parse_cursor(after)
        live = self.hub.live(turn_id) or before
        last = record.last_seq if live is None else max(record.last_seq, live.last)
        if seq + bool(skipped) > last:
            raise CursorGone
        if skipped:
            check_cursor(await whole_log(self._log, record.tenant_id, turn_id), dialect, after)
        if record.status != "in_progress" and seq == record.last_seq:
            return None
        return self.hub.follow(who.tenant_id, turn_id, dialect, after)

    def follow_opened(self, who: Principal, started: Started, dialect: Dialect) -> Follower:
        """A reader, from the start, of what `ask` or `retry` has just opened for this principal: there is
        nothing left to look up."""
        return self.hub.follow(who.tenant_id, started.turn_id, dialect, "0")

    async def stop(self, who: Principal, turn_id: str) -> Receipt:
        """Ends the turn as cancelled unless it has ended otherwise; answers once its end is on disk. Raises
        StorageFull, StorageFailed or NotEnded when that cannot be now: no more is written to it, and
        recovery ends it."""
        record = await self._access.turn(who, turn_id)
        runner = self.running.get(turn_id)
        if runner is None and record.status == "in_progress":
            await self._recovered.wait()
            record = await self._access.turn(who, turn_id)
            runner = self.running.get(turn_id)
        if runner is not None:
            await runner.stop()
        outcome = self.running.outcome(turn_id) if runner is None else runner.outcome
        if isinstance(outcome, Receipt):
            return outcome
        if record.status == "in_progress":
            record = await self._access.turn(who, turn_id)
        if record.status == "in_progress":
            raise _unended(outcome)
        turn = await self._folded(record)
        return Receipt(record.status, record.last_seq, len(turn.text), None, None)

    async def get(self, who: Principal, turn_id: str) -> Turn:
        """The turn as far as it has come."""
        return await self._folded(await self._access.turn(who, turn_id))

    async def record(self, who: Principal, turn_id: str) -> TurnRecord:
        """The turn's row: whose chat it is in, what was asked, whether it still runs."""
        return await self._access.turn(who, turn_id)

    async def recent(
        self, who: Principal, before: str | None, limit: int, chat_id: str | None = None
    ) -> list[TurnRecord]:
        """The rows of the last turns, newest first; `before` is the last one of the page before. Raises
        NotFound."""
        return await self._access.turns(who, before, limit, chat_id)

    async def log(self, who: Principal, turn_id: str) -> list[e.AnyEvent]:
        """Everything that has happened in the turn so far."""
        record = await self._access.turn(who, turn_id)
        return await whole_log(self._log, record.tenant_id, record.id)

    async def _folded(self, record: TurnRecord) -> Turn:
        return fold(await whole_log(self._log, record.tenant_id, record.id))

    # ---- start and end of the process

    async def recover(self) -> int:
        """Ends or answers again what a dead process left open; how many turns that were."""
        try:
            return await self._recovery.run()
        finally:
            self._recovered.set()

    async def tend(self, every_s: float = AGAIN_S) -> None:
        """Until it is cancelled: renews the leases of what is answered here, and looks again from time to
        time for what was left, which may happen here too."""
        async with asyncio.TaskGroup() as tending:
            tending.create_task(self._renew_leases())
            while True:
                await asyncio.sleep(every_s)
                if not self.is_draining:
                    await self.recover()

    async def _renew_leases(self) -> None:
        while True:
            await self.running.renew(self._turns)
            await asyncio.sleep(RENEW_S)

    def _runner_again(self, record: TurnRecord, claim: Claim, so_far: Sequence[e.AnyEvent]) -> Runner:
        ask = msgspec.json.decode(record.request, type=Ask)
        ids = Started(record.id, record.chat_id, record.user_message_id, record.message_id)
        return self._runner(claim, ids, ask, record.question, self._casting.limits(ask), so_far)

    async def drain(self, seconds: float) -> None:
        """Refuses new turns, lets running ones end for `seconds`, marks the rest as interrupted, and sends
        every follower away with its cursor."""
        self.is_draining = True
        await self.running.drain(seconds)
        self.hub.close()

    def _id(self, prefix: str) -> str:
        return make_id(prefix, self._entropy(16))


def _unended(cause: RivuletError | None) -> RivuletError:
    """Why a turn that nobody answers any more is not over, and when to ask again."""
    kind = type(cause) if isinstance(cause, (StorageFull, StorageFailed)) else NotEnded
    return kind(
        "Nothing more is written to this answer, but its end cannot be stored yet. "
        "It is as soon as that is possible; ask again then.",
        retry_after=round(AGAIN_S),
    )
