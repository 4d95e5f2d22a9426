"""Kills a real server at random moments, again and again, and checks that no turn ever suffered.

The server is a black box behind its protocol. Judged is what was acknowledged or shown; a request that got
no answer may have happened or not, and is sent again with its Idempotency-Key until it has one outcome.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from rivulet.testing.follower import Follower
from rivulet.testing.scripted_model import ScriptedModel
from rivulet.testing.server_process import ServerProcess
from rivulet.testing.witness import Account, counting, examine, question

ROUND_S = 0.5
"""The kill comes within this time after the first question. Answers take up to 0.6 s, so that some have
ended, some are being written and some have not begun."""

START_S = 0.4
"""One restart in seven is itself killed within this time: about what a start takes behind its imports."""

PATIENCE_S = 20.0
"""How long after a restart every turn must have ended; longer is a turn that hangs."""


class Report(msgspec.Struct, kw_only=True):
    """`unknown` are questions the kill left without an answer; `orphan_s` is, for each turn that was
    closed after a restart, the time from when the server wrote down where it listens to its terminal event,
    both as the server dated them."""

    seed: int
    kills: int = 0
    kills_during_start: int = 0
    turns: int = 0
    unknown: int = 0
    events: int = 0
    returns: int = 0
    stops: int = 0
    statuses: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    orphan_s: list[float] = msgspec.field(default_factory=list[float])
    start_s: list[float] = msgspec.field(default_factory=list[float])
    violations: list[str] = msgspec.field(default_factory=list[str])

    def add(self, other: "Report") -> None:
        """Takes the counts of another run into this one."""
        for name in ("kills", "kills_during_start", "turns", "unknown", "events", "returns", "stops"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.statuses = dict(Counter(self.statuses) + Counter(other.statuses))
        self.orphan_s += other.orphan_s
        self.start_s += other.start_s
        self.violations += other.violations


class _Subject:
    """One question and everything that was seen of its turn."""

    def __init__(self, number: int, draw: random.Random, chat_id: str | None) -> None:
        self.words, self.gap_ms = draw.choice(
            [(1, 0), (5, 0), (40, 2), (60, 10), (100, 5), (300, 0), (300, 2)]
        )
        self.asked = question(self.words, self.gap_ms, f"turn {number}")
        self.key = f"chaos-{draw.getrandbits(64):x}"
        self.chat_id = chat_id
        self.delay_s = draw.uniform(0, ROUND_S)
        self.is_streamed = draw.random() < 0.5
        self.extra_followers = draw.choice([0, 0, 1, 3])
        self.stop_after_s = draw.uniform(0, 0.3) if draw.random() < 0.25 else None
        self.turn_id: str | None = None
        self.followers: list[Follower] = []
        self.receipts: list[dict[str, Any]] = []
        self.was_unknown = False
        self.violations: list[str] = []

    @property
    def body(self) -> dict[str, object]:
        chat = {"chat_id": self.chat_id} if self.chat_id else {}
        return {"input": self.asked, "search_mode": "none", **chat}


async def kill_loop(
    kills: int,
    data_dir: Path,
    *,
    seed: int = 0,
    turns_per_round: int = 6,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    progress: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Kills `rivulet serve` that many times over one data directory, which may be new. About 1 s a kill."""
    async with ScriptedModel() as model:
        server = ServerProcess(
            data_dir,
            arguments=["--model", "openai:counting", *arguments],
            environment={
                "OPENAI_BASE_URL": f"{model.url}/v1",
                "OPENAI_API_KEY": "none",
                **(environment or {}),
            },
        )
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
        async with server, aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            loop = _KillLoop(server, model, session, Report(seed=seed), turns_per_round)
            while loop.report.kills < kills and not loop.report.violations:
                await loop.round()
                progress(loop.report)
            await loop.look_again()
            return loop.report


class _KillLoop:
    """The state that lives across the kills."""

    def __init__(
        self,
        server: ServerProcess,
        model: ScriptedModel,
        session: aiohttp.ClientSession,
        report: Report,
        turns_per_round: int,
    ) -> None:
        self.report = report
        self._server = server
        self._model = model
        self._session = session
        self._draw = random.Random(report.seed)  # noqa: S311 (to be repeatable, not secret)
        self._turns_per_round = turns_per_round
        self._chats: list[str] = []
        self._logs: dict[str, list[bytes]] = {}
        self._ready_at = 0.0

    async def round(self) -> None:
        """Questions, a kill in their midst, a restart, and the judgement."""
        subjects = self._subjects()
        self._model.then(*repeat(counting, len(subjects)))
        lives = [asyncio.create_task(self._live(subject)) for subject in subjects]
        try:
            await asyncio.sleep(self._draw.uniform(0, ROUND_S))
            await self._server.kill()
            self.report.kills += 1
            await self._restart()
            await asyncio.wait(lives, timeout=PATIENCE_S)
            for subject, life in zip(subjects, lives, strict=True):
                self._judge_life(subject, life)
                await self._judge(subject)
        finally:
            for life in lives:
                life.cancel()
            await asyncio.gather(*lives, return_exceptions=True)

    async def look_again(self) -> None:
        """At the end, logs of earlier rounds must still be the same bytes."""
        for turn_id in self._draw.sample(sorted(self._logs), min(50, len(self._logs))):
            reader = Follower(self._session, lambda: self._server.url, turn_id)
            await reader.follow()
            if reader.events != self._logs[turn_id]:
                self.report.violations.append(f"{turn_id}: its log changed after it had ended")

    def _subjects(self) -> list[_Subject]:
        """Some go on in chats whose earlier answer a kill may have interrupted."""
        chats = self._draw.sample(self._chats, min(2, len(self._chats)))
        return [
            _Subject(self.report.turns + n, self._draw, chats[n] if n < len(chats) else None)
            for n in range(self._turns_per_round)
        ]

    async def _restart(self) -> None:
        """Waits until the server takes turns; sometimes kills it on the way there first."""
        if self._draw.random() < 1 / 7:
            await self._server.launch()
            await asyncio.sleep(self._draw.uniform(0, START_S))
            await self._server.kill()
            self.report.kills += 1
            self.report.kills_during_start += 1
        self.report.start_s.append(await self._server.start())
        self._ready_at = (self._server.data_dir / "address").stat().st_mtime

    # ---- one question's life, across the kill

    async def _live(self, subject: _Subject) -> None:
        await asyncio.sleep(subject.delay_s)
        while subject.turn_id is None:
            await self._ask(subject)
            if subject.turn_id is None:
                await asyncio.sleep(0.02)
        if not subject.followers:
            subject.followers.append(self._follower(subject.turn_id))
        subject.followers += [self._follower(subject.turn_id) for _ in range(subject.extra_followers)]
        stopping = [] if subject.stop_after_s is None else [self._stop(subject, subject.stop_after_s)]
        await asyncio.gather(*(follower.follow() for follower in subject.followers), *stopping)

    def _follower(self, turn_id: str) -> Follower:
        return Follower(self._session, lambda: self._server.url, turn_id, pause_s=0.02)

    async def _ask(self, subject: _Subject) -> None:
        """One attempt. Acknowledged is what came with a status line; the stream is read as far as it goes."""
        headers = {"idempotency-key": subject.key}
        if subject.is_streamed:
            headers["accept"] = "text/event-stream"
        try:
            async with self._session.post(
                f"{self._server.url}/v1/turns", json=subject.body, headers=headers
            ) as answer:
                if answer.status not in (200, 202):
                    if answer.status != 503:
                        subject.violations.append(
                            f"asking gave {answer.status}: {(await answer.text())[:300]}"
                        )
                        subject.turn_id = ""
                    return
                subject.turn_id = answer.headers["location"].rpartition("/")[2]
                if subject.is_streamed:
                    follower = self._follower(subject.turn_id)
                    subject.followers.append(follower)
                    follower.attempts += 1
                    await follower.read(answer)
        except aiohttp.ClientConnectorError:
            return  # It was never sent.
        except (aiohttp.ClientError, TimeoutError, OSError):
            subject.was_unknown = subject.was_unknown or subject.turn_id is None

    async def _stop(self, subject: _Subject, after_s: float) -> None:
        """Until one receipt has come; a kill may take the first ones."""
        await asyncio.sleep(after_s)
        while True:
            try:
                async with self._session.post(
                    f"{self._server.url}/v1/turns/{subject.turn_id}/stop"
                ) as answer:
                    if answer.status == 200:
                        subject.receipts.append(await answer.json())
                        return
                    if answer.status != 503:
                        subject.violations.append(
                            f"stopping {subject.turn_id} gave {answer.status}: {await answer.text()}"
                        )
                        return
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass
            await asyncio.sleep(0.02)

    # ---- the judgement

    def _judge_life(self, subject: _Subject, life: "asyncio.Task[None]") -> None:
        if not life.done():
            subject.violations.append(f"{subject.turn_id}: not ended {PATIENCE_S:g} s after the restart")
        elif (problem := life.exception()) is not None:
            subject.violations.append(f"{subject.turn_id}: {problem!r}")

    async def _judge(self, subject: _Subject) -> None:
        report = self.report
        report.turns += 1
        report.unknown += subject.was_unknown
        report.stops += len(subject.receipts)
        report.returns += sum(follower.returns for follower in subject.followers)
        if not subject.turn_id or subject.violations:
            report.violations += subject.violations
            return
        account = await examine(
            self._session,
            self._server.url,
            subject.turn_id,
            subject.asked,
            subject.words,
            subject.followers,
        )
        report.violations += account.violations + self._judge_receipts(subject, account)
        if subject.was_unknown:
            report.violations += await self._judge_key(subject)
        report.orphan_s += self._orphan_s(account)
        report.events += len(account.log)
        report.statuses[account.turn.status] = report.statuses.get(account.turn.status, 0) + 1
        self._logs[subject.turn_id] = account.log
        if subject.chat_id is None:
            self._chats = [*self._chats[-20:], account.turn.chat_id]

    def _orphan_s(self, account: Account) -> list[float]:
        """Nothing for a turn that was not left, or that a start which was killed has closed."""
        turn = account.turn
        if turn.error is None or turn.error.code != "interrupted" or turn.timing is None:
            return []
        took = (turn.started_at + turn.timing.duration_ms) / 1000 - self._ready_at
        return [took] if took >= 0 else []

    def _judge_receipts(self, subject: _Subject, account: Account) -> list[str]:
        turn = account.turn
        expected = {"status": turn.status, "final_seq": len(account.log), "kept_chars": len(turn.text)}
        found = [
            f"{account.turn_id}: stop said {receipt}, the log {expected}"
            for receipt in subject.receipts
            if any(receipt.get(name) != value for name, value in expected.items())
        ]
        if turn.status == "cancelled" and subject.stop_after_s is None:
            found.append(f"{account.turn_id}: cancelled, though nobody had stopped it")
        return found

    async def _judge_key(self, subject: _Subject) -> list[str]:
        """The question whose answer was lost has one turn, however often it is sent."""
        async with self._session.post(
            f"{self._server.url}/v1/turns", json=subject.body, headers={"idempotency-key": subject.key}
        ) as answer:
            again = (await answer.json()).get("turn_id") if answer.status == 202 else answer.status
        return [] if again == subject.turn_id else [f"{subject.turn_id}: its key now gives {again}"]
