"""Reads a finished turn back in every way the protocol offers and names each disagreement.

The questions ask the scripted model to count, so that a lost or doubled word shows in the text itself.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Any

import aiohttp

from rivulet.domain.events import decode
from rivulet.domain.turn import LifeError, Turn, check, fold
from rivulet.testing.follower import Follower
from rivulet.testing.model_call import Call

_WORDS = re.compile(rb"Count to (\d+), one word every (\d+) ms")


def question(words: int, gap_ms: int, mark: str) -> str:
    """What `counting` understands; `mark` tells this question from all others."""
    return f"Count to {words}, one word every {gap_ms} ms. ({mark})"


def whole_text(words: int) -> str:
    return "".join(f"{number} " for number in range(1, words + 1))


async def counting(call: Call) -> None:
    """A script for the scripted model: counts as the latest question of the request says."""
    words, gap_ms = (int(found) for found in _WORDS.findall(call.body)[-1])
    await call.head()
    begun = asyncio.get_running_loop().time()
    for number in range(1, words + 1):
        if gap_ms:
            await call.pause(begun + number * gap_ms / 1000 - asyncio.get_running_loop().time())
        await call.say(f"{number} ")
    await call.finish("stop", output_tokens=words)


_Blame = Callable[[str], None]


class Account:
    """What one turn turned out to be. `log` is its events as the server sends them now."""

    def __init__(self, turn_id: str, log: Sequence[bytes], violations: list[str]) -> None:
        self.turn_id = turn_id
        self.log = list(log)
        self.violations = violations
        self.turn = Turn()


async def examine(
    session: aiohttp.ClientSession, url: str, turn_id: str, asked: str, words: int, seen: Sequence[Follower]
) -> Account:
    """The turn must have ended. `seen` are its followers; whatever they were shown must be in its log."""
    reader = Follower(session, lambda: url, turn_id)
    await reader.follow()
    account = Account(turn_id, reader.events, list(reader.violations))

    def blame(what: str) -> None:
        account.violations.append(f"{turn_id}: {what}")

    for number, follower in enumerate(seen):
        account.violations += follower.violations
        if follower.events != account.log[: len(follower.events)]:
            blame(f"follower {number} was shown events that the log does not have")
        if not follower.is_done:
            blame(f"follower {number} never got the terminal event")
    try:
        events = [decode(data) for data in account.log]
        check(events)
    except (LifeError, ValueError) as problem:
        blame(str(problem))
        return account
    account.turn = fold(events)
    _judge_text(account, words, blame)
    await _read_back(account, session, url, asked, blame)
    return account


def _judge_text(account: Account, words: int, blame: _Blame) -> None:
    turn, whole = account.turn, whole_text(words)
    if turn.status == "completed" and turn.text != whole:
        blame(f"completed with {turn.text[-40:]!r} as its end, which is not the model's whole answer")
    elif not whole.startswith(turn.text):
        blame(f"kept {turn.text[-40:]!r}, which the model never said")
    if turn.status == "failed" and (turn.error is None or turn.error.code != "interrupted"):
        blame(f"failed with {turn.error}")


async def _read_back(
    account: Account, session: aiohttp.ClientSession, url: str, asked: str, blame: _Blame
) -> None:
    """The turn's record and the chat's messages are folds of the same log."""
    turn = account.turn
    record = await _json(session, f"{url}/v1/turns/{account.turn_id}")
    for name, expected in (("status", turn.status), ("text", turn.text), ("seq", len(account.log))):
        if record.get(name) != expected:
            blame(f"its record says {name} is {record.get(name)!r}, its log {expected!r}")
    chat = await _json(session, f"{url}/v1/chats/{turn.chat_id}/messages")
    mine = [message for message in chat["messages"] if message["turn_id"] == account.turn_id]
    questions = [message["text"] for message in mine if message["role"] == "user"]
    answers = [message["text"] for message in mine if message["role"] == "assistant"]
    if questions != [asked]:
        blame(f"the chat has the questions {questions!r}")
    if answers != [turn.text]:
        blame(f"the chat has {len(answers)} answers, which are not the one the log folds to")


async def _json(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async with session.get(url) as answer:
        return await answer.json()
