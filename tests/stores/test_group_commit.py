"""The group commit: what waits goes together, merged and in order, and nothing of it gets lost or grows."""

import asyncio
import threading
import tracemalloc
from collections.abc import Sequence

import pytest

from rivulet.domain import events as e
from rivulet.domain.errors import LostClaim, RivuletError
from rivulet.ports.turns import Claim
from rivulet.stores.group_commit import GroupCommit, Lane, deliver
from rivulet.testing.paused import PausedLoop

pytestmark = pytest.mark.anyio


def lane(name: str = "t1") -> Lane:
    return Lane(Claim(tenant_id="default", turn_id=name, owner="o", epoch=1, last_seq=1))


def delta(text: str, part: str = "p") -> e.TextDelta:
    return e.TextDelta(part_id=part, delta=text)


def ignore(events: Sequence[e.AnyEvent], error: RivuletError | None) -> None:
    pass


class Called:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


async def test_one_round_of_the_loop_is_handed_over_once() -> None:
    """A thousand appends of forty turns wake the writer once, at the end of the round."""
    handed_over = Called()
    group: GroupCommit[Lane] = GroupCommit(handed_over)
    lanes = [lane(f"t{n}") for n in range(40)]
    for n in range(1000):
        group.append(lanes[n % 40], [delta(str(n))], ignore)
    assert handed_over.times == 0
    await asyncio.sleep(0)
    assert handed_over.times == 1
    assert [len(entry.events) for entry in group.take()] == [1] * 40


async def test_what_gathers_while_the_writer_works_is_not_announced_again() -> None:
    """Until the writer takes, later rounds join what waits; after that there is a new hand-over."""
    handed_over = Called()
    group: GroupCommit[Lane] = GroupCommit(handed_over)
    one = lane()
    for text in "abc":
        group.append(one, [delta(text)], ignore)
        await asyncio.sleep(0)
    assert handed_over.times == 1
    (entry,) = group.take()
    assert entry.events == [delta("abc")]
    assert group.take() == []
    group.append(one, [delta("d")], ignore)
    group.flush()
    assert handed_over.times == 2


def test_commits_keep_their_distance() -> None:
    """A lone draft is handed over at once; what comes right after it waits a millisecond, for company."""

    async def waits() -> list[float]:
        loop, handed_over = asyncio.get_running_loop(), asyncio.Event()
        group: GroupCommit[Lane] = GroupCommit(handed_over.set)
        one, waited = lane(), []
        for pause in (0.0, 0.0, 0.002):
            await asyncio.sleep(pause)
            began = loop.time()
            group.append(one, [delta("a")], ignore)
            await handed_over.wait()
            handed_over.clear()
            group.take()
            waited.append(loop.time() - began)
        return waited

    with asyncio.Runner(loop_factory=PausedLoop) as runner:
        assert runner.run(waits()) == pytest.approx([0, 0.001, 0])


async def test_who_must_be_behind_hands_over_at_once() -> None:
    """`flush` does not wait for the end of the round, which then does nothing more."""
    handed_over = Called()
    group: GroupCommit[Lane] = GroupCommit(handed_over)
    group.flush()
    assert handed_over.times == 0
    group.append(lane(), [delta("a")], ignore)
    group.flush()
    await asyncio.sleep(0)
    assert handed_over.times == 1


async def test_only_neighbours_are_merged() -> None:
    """Deltas of another part, of another kind, or with something between them stay apart."""
    group: GroupCommit[Lane] = GroupCommit(Called())
    drafts = [
        delta("a"),
        delta("b"),
        delta("c", "q"),
        e.ReasoningDelta(part_id="p", delta="d"),
        delta("e"),
        e.Data(name="n", data=1),
        delta("f"),
        delta("g"),
    ]
    one = lane()
    for draft in drafts:
        group.append(one, [draft], ignore)
    (entry,) = group.take()
    expected = [delta("ab"), delta("c", "q"), drafts[3], delta("e"), drafts[5], delta("fg")]
    assert entry.events == expected


async def test_a_writer_that_stalls_is_owed_the_text_and_little_more() -> None:
    """50,000 waiting tokens take a few bytes each; merged, they are a few events with the whole text, none so
    long that its readers would notice."""
    group: GroupCommit[Lane] = GroupCommit(Called())
    one = lane()
    tracemalloc.start()
    for n in range(50_000):
        group.append(one, [delta(f"{n:>6} ")], ignore)
    waiting, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert waiting < 50_000 * (7 + 8)
    (entry,) = group.take()
    deltas = [event.delta for event in entry.events if isinstance(event, e.TextDelta)]
    assert "".join(deltas) == "".join(f"{n:>6} " for n in range(50_000))
    assert 2 < len(deltas) == len(entry.events) < 50
    assert max(map(len, deltas)) < 2 * e.LONGEST_MERGED


async def test_a_void_claim_waits_for_nothing() -> None:
    """What it had waiting, and what it appends later, is dropped; it is told once."""
    group: GroupCommit[Lane] = GroupCommit(Called())
    one, told = lane(), []
    group.append(one, [delta("a")], lambda events, error: told.append((list(events), error)))
    (entry,) = group.take()
    group.append(one, [delta("b")], ignore)
    problem = LostClaim()
    entry.fail(problem)
    group.append(one, [delta("c")], ignore)
    assert group.take() == []
    one.committed = lambda events, error: told.append((list(events), error))
    deliver([entry])
    assert told == [([], problem)]


async def test_a_thread_takes_while_the_loop_appends() -> None:
    """50,000 drafts of 50 turns against a writer that takes as fast as it can: all, once, in order."""
    wake = threading.Semaphore(0)
    group: GroupCommit[Lane] = GroupCommit(wake.release)
    lanes = [lane(f"t{n}") for n in range(50)]
    texts = dict.fromkeys(lanes, "")
    is_over = threading.Event()

    def write() -> None:
        while True:
            wake.acquire()
            is_last = is_over.is_set()
            for entry in group.take():
                texts[entry.lane] += "".join(event.delta for event in entry.events)  # type: ignore[union-attr]
            if is_last:
                return

    writer = threading.Thread(target=write)
    writer.start()
    for n in range(1000):
        for each in lanes:
            group.append(each, [delta(f"{n} ")], ignore)
        if n % 7 == 0:
            await asyncio.sleep(0)
    await asyncio.sleep(0)
    is_over.set()
    wake.release()
    await asyncio.to_thread(writer.join)
    assert group.take() == []
    whole = "".join(f"{n} " for n in range(1000))
    assert all(text == whole for text in texts.values())
