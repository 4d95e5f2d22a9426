"""What every turn log promises about who may write, as a suite that any store's tests can run.

Nothing here needs pytest: a test class inherits `ClaimContract` and gives each method a `World`, which for
pytest is a fixture of that name. The methods are coroutines.
"""

import asyncio
import itertools

import msgspec

from rivulet.domain import events as e
from rivulet.domain.errors import LostClaim
from rivulet.domain.turn import check
from rivulet.testing.asker import LEASE_MS, Asker, Told, World, refused

DAY_MS = 24 * 3600 * 1000


class ClaimContract:
    """Who may write: leases, epochs, restarts."""

    async def test_an_owner_renews_its_claim(self, world: World) -> None:
        """Same epoch, and both the old and the new claim go on working."""
        ask, told = Asker(world), Told()
        claim = await ask.open()
        ask.say(claim, ["a"], told, part="a")
        await told.has(3)
        world.clock.advance(4)
        again = await world.stores.log.claim("default", "t1", "owner_1", LEASE_MS)
        assert again is not None
        assert again == msgspec.structs.replace(claim, last_seq=4)
        world.clock.advance(4)
        assert await world.stores.log.claim("default", "t1", "owner_2", LEASE_MS) is None
        ask.say(claim, ["b"], told, part="b")
        ask.say(again, ["c"], told, part="c")
        await told.has(9)
        await ask.finish(again)
        check(await ask.read())
        assert len(await ask.read()) == 11

    async def test_a_running_lease_keeps_others_out(self, world: World) -> None:
        """Until it lapses, which the wall clock has no say in."""
        ask = Asker(world)
        await ask.open()
        claim = world.stores.log.claim
        assert await claim("default", "t1", "owner_2", LEASE_MS) is None
        world.clock.set_wall(world.clock.now_ms() + 3 * DAY_MS)
        assert await claim("default", "t1", "owner_2", LEASE_MS) is None
        assert await world.stores.turns.unfinished() == []
        world.clock.set_wall(world.clock.now_ms() - 6 * DAY_MS)
        world.clock.advance(5.1)
        assert [each.id for each in await world.stores.turns.unfinished()] == ["t1"]
        taken = await claim("default", "t1", "owner_2", LEASE_MS)
        assert taken is not None
        assert (taken.epoch, taken.owner, taken.last_seq) == (2, "owner_2", 1)
        assert await world.stores.turns.unfinished() == []

    async def test_a_turn_longer_than_its_lease_stays_its_owners(self, world: World) -> None:
        """As long as it says so in time, for all its turns at once: nobody finds them, nobody gets them."""
        ask = Asker(world)
        claims = [await ask.open(f"t{n}", f"c{n}") for n in range(3)]
        for _ in range(5):
            world.clock.advance(4)
            await world.stores.turns.renew(claims, LEASE_MS)
            assert await world.stores.log.claim("default", "t1", "owner_2", LEASE_MS) is None
        assert await world.stores.turns.unfinished() == []
        world.clock.advance(2)
        await world.stores.turns.renew(claims[1:], LEASE_MS)
        world.clock.advance(4)
        assert [each.id for each in await world.stores.turns.unfinished()] == ["t0"]
        world.clock.advance(2)
        assert len(await world.stores.turns.unfinished()) == 3

    async def test_a_lapsed_lease_is_renewed_unless_somebody_took_the_turn(self, world: World) -> None:
        """An owner that was paused keeps what is still its own, and adds nothing to what is not."""
        ask = Asker(world)
        kept, lost = await ask.open("t1", "c1"), await ask.open("t2", "c2")
        world.clock.advance(6)
        taken = await world.stores.log.claim("default", "t2", "owner_2", LEASE_MS)
        assert taken is not None
        world.clock.advance(4)
        await world.stores.turns.renew([kept, lost], LEASE_MS)
        assert await world.stores.log.claim("default", "t1", "owner_2", LEASE_MS) is None
        world.clock.advance(2)
        assert [each.id for each in await world.stores.turns.unfinished()] == ["t2"]
        await ask.finish(kept)
        check(await ask.read("t1"))

    async def test_a_finished_or_unknown_turn_is_not_renewed(self, world: World) -> None:
        """It is no error either: an end and a renewal may be on their way together."""
        ask = Asker(world)
        claim = await ask.open()
        await ask.finish(claim)
        unknown = msgspec.structs.replace(claim, turn_id="t404")
        await world.stores.turns.renew([claim, unknown], LEASE_MS)
        await world.stores.turns.renew([], LEASE_MS)
        assert await world.stores.turns.unfinished() == []
        assert await world.stores.log.claim("default", "t1", "owner_1", LEASE_MS) is None

    async def test_only_one_takes_over(self, world: World) -> None:
        """Of many who try at once."""
        await Asker(world).open()
        world.clock.advance(6)
        claims = await asyncio.gather(
            *(world.stores.log.claim("default", "t1", f"owner_{n}", LEASE_MS) for n in range(2, 12))
        )
        assert [claim is not None for claim in claims] == [True] + [False] * 9

    async def test_an_owner_may_take_over_twice_at_once(self, world: World) -> None:
        """It gets a claim each time, and the one with the higher epoch goes on where the log ends."""
        ask, told = Asker(world), Told()
        claim = await ask.open()
        ask.say(claim, ["before"], told)
        await told.has(3)
        world.clock.advance(6)
        again = world.stores.log.claim
        claims = await asyncio.gather(*(again("default", "t1", "owner_2", LEASE_MS) for _ in range(3)))
        held = [each for each in claims if each is not None]
        assert [each.last_seq for each in held] == [4, 4, 4]
        await ask.finish(max(held, key=lambda each: each.epoch), "failed")
        check(await ask.read())

    async def test_a_claim_that_was_taken_over_is_void(self, world: World) -> None:
        """A paused old owner writes nothing more: no event, no end; it is told once."""
        old, told, heard = Asker(world), Told(), Told()
        claim = await old.open()
        old.say(claim, ["mine"], told, part="mine")
        await told.has(3)
        world.clock.advance(6)
        new = Asker(world, owner="owner_2")
        taken = await world.stores.log.claim("default", "t1", "owner_2", LEASE_MS)
        assert taken is not None
        assert taken.last_seq == 4
        old.say(claim, ["late"], told, part="late")
        assert isinstance(await told.failed(), LostClaim)
        old.say(claim, ["later"], told, part="later")
        await refused(LostClaim, old.finish(claim))
        new.say(taken, ["yours"], heard, part="yours")
        await heard.has(3)
        await new.finish(taken, "failed")
        old.say(claim, ["much later"], told, part="much later")
        await refused(LostClaim, old.finish(claim))
        log = await new.read()
        check(log)
        said = [event.delta for event in log if isinstance(event, e.TextDelta)]
        assert said == ["mine", "yours"]
        assert len(told.events) == 3
        assert len(told.errors) == 1

    async def test_drafts_that_wait_at_a_takeover_are_in_or_out(self, world: World) -> None:
        """Whatever is decided, the new owner knows where the log ends."""
        ask, told = Asker(world), Told()
        claim = await ask.open()
        world.clock.advance(6)
        ask.say(claim, ["in or out"], told)
        taken = await world.stores.log.claim("default", "t1", "owner_2", LEASE_MS)
        assert taken is not None
        log = await ask.read()
        assert taken.last_seq == len(log) == 1 + len(told.events)
        await ask.finish(taken, "failed")
        check(await ask.read())

    async def test_drafts_that_come_during_a_takeover_are_lost_and_told_so_once(self, world: World) -> None:
        """However often the old owner goes on."""
        ask, told = Asker(world), Told()
        claim = await ask.open()
        world.clock.advance(6)
        taking = asyncio.create_task(world.stores.log.claim("default", "t1", "owner_2", LEASE_MS))
        await asyncio.sleep(0)
        ask.say(claim, ["too late"], told, part="1")
        taken = await taking
        assert taken is not None
        assert isinstance(await told.failed(), LostClaim)
        ask.say(claim, ["later"], told, part="2")
        await refused(LostClaim, ask.finish(claim))
        ask.say(claim, ["later still"], told, part="3")
        await ask.finish(taken, "failed")
        assert len(told.errors) == 1
        assert told.events == []
        assert len(await ask.read()) == 2

    async def test_a_finished_or_unknown_turn_cannot_be_claimed(self, world: World) -> None:
        """None, for its owner too."""
        ask = Asker(world)
        await ask.finish(await ask.open())
        world.clock.advance(60)
        for owner, turn in itertools.product(("owner_1", "owner_2"), ("t1", "t404")):
            assert await world.stores.log.claim("default", turn, owner, LEASE_MS) is None
        assert await world.stores.turns.unfinished() == []

    async def test_a_restart_frees_what_the_dead_process_held(self, world: World) -> None:
        """Its unfinished turns are listed at once, with everything it was told, and can be taken over."""
        ask, told = Asker(world), Told()
        claim = await ask.open("t1", "c1")
        await ask.finish(await ask.open("t2", "c2"))
        ask.say(claim, ["kept"], told)
        await told.has(3)
        await world.restart()
        (record,) = await world.stores.turns.unfinished()
        assert (record.id, record.last_seq, record.epoch) == ("t1", 4, 1)
        assert await ask.read() == [*await ask.read(limit=1), *told.events]
        taken = await world.stores.log.claim("default", "t1", "owner_2", LEASE_MS)
        assert taken is not None
        assert (taken.epoch, taken.last_seq) == (2, 4)
        ask.say(claim, ["from the dead"], told, part="q")
        assert isinstance(await told.failed(), LostClaim)
        await ask.finish(taken, "failed")
        check(await ask.read())
        await world.restart()
        assert await world.stores.turns.unfinished() == []

    async def test_a_turn_that_changes_hands_often(self, world: World) -> None:
        """Ten owners one after the other, with restarts between, write one gapless log."""
        ask, told = Asker(world), Told()
        claim = await ask.open()
        for hand in range(2, 12):
            ask.say(claim, [str(hand)], told, part=str(hand))
            await told.has(3 * (hand - 1))
            if hand % 3:
                world.clock.advance(6)
            else:
                await world.restart()
            taken = await world.stores.log.claim("default", "t1", f"owner_{hand}", LEASE_MS)
            assert taken is not None
            assert taken.epoch == hand
            claim = taken
        await ask.finish(claim)
        log = await ask.read()
        check(log)
        assert log[1:-1] == told.events
