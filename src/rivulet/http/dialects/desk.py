"""What every dialect's requests go through: parsed, asked, answered as a stream, at once or in the end."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from rivulet.domain.errors import Draining, InvalidRequest, NotFound
from rivulet.domain.events import AnyEvent
from rivulet.domain.tenant import Principal
from rivulet.engine.branches import Place
from rivulet.engine.hub import Follower
from rivulet.engine.service import Started
from rivulet.http.asking import checked_key
from rivulet.http.errors import reply
from rivulet.http.stream import EventStream, Pulse
from rivulet.http.turns import NATIVE, who
from rivulet.ports import dialect as port
from rivulet.ports.dialect import Ask, AskDialect, Asked, Dialect
from rivulet.wiring import House

Handler = Callable[[Request], Awaitable[Response]]

_DIGITS = re.compile(r"-?[0-9]{1,15}")


async def _as_asked(_: Principal, ask: Ask) -> Ask:
    return ask


def _no_headers(_: Request, __: Started, ___: Asked) -> Mapping[str, str]:
    return {}


def _nobody(_: Scope) -> Principal | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Around:
    """What a protocol has besides asking. `routes` are those of the dialect's `paths` that do not simply
    ask; of these, `changes` do more than read although they are GET. `resolve` finds what the protocol's own
    ids mean; `headers` are added where a turn begins; `admit` knows who comes with a credential of the
    protocol's own; `accepted` is the status of an answer that is fetched later."""

    routes: Mapping[str, Handler] = field(default_factory=dict[str, Handler])
    changes: frozenset[str] = frozenset()
    resolve: Callable[[Principal, Ask], Awaitable[Ask]] = _as_asked
    headers: Callable[[Request, Started, Asked], Mapping[str, str]] = _no_headers
    admit: Callable[[Scope], Principal | None] = _nobody
    accepted: int = 200


class Desk:
    """One dialect's requests, over the engine's verbs."""

    def __init__(self, house: House, pulse: Pulse, dialect: AskDialect) -> None:
        self.house = house
        self.service = house.service
        self.dialect = dialect
        self._pulse = pulse

    async def asked(self, request: Request, route: str) -> Asked:
        """What the request says. Raises what the dialect's parser raises."""
        if request.method == "HEAD":
            raise InvalidRequest("This address asks a question, which HEAD does not.")
        return self.dialect.parse(
            port.Request(
                route=route,
                body=await request.body(),
                path=request.path_params,
                query=dict(request.query_params),
                headers=dict(request.headers),
            )
        )

    async def begin(self, request: Request, asked: Asked) -> Started:
        """The turn is on disk and being answered when this returns."""
        key = checked_key(request.headers.get("idempotency-key"))
        if asked.follows is None:
            return await self.service.ask(who(request), asked.ask, key)
        try:
            await self.service.record(who(request), asked.follows)
        except NotFound:
            raise NotFound("There is no such response to continue.", param="previous_response_id") from None
        return await self.service.ask(who(request), asked.ask, key, Place(parent_id=asked.follows))

    async def answer(
        self, request: Request, asked: Asked, started: Started, around: Around | None = None
    ) -> Response:
        """The stream, the whole answer, or its beginning, as the request wants it."""
        around = around or Around()
        headers = {"location": f"/v1/turns/{started.turn_id}", **around.headers(request, started, asked)}
        if asked.mode == "stream":
            return await self.stream(request, started.turn_id, asked.dialect, headers=headers)
        if asked.mode == "wait":
            return self.told(request, await self.whole(request, started.turn_id), headers=headers)
        log = await self.service.log(who(request), started.turn_id)
        return self.told(request, log, around.accepted, headers)

    async def stream(
        self,
        request: Request,
        turn_id: str,
        dialect: Dialect | None = None,
        after: str = "0",
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The turn after that cursor; 204 when it is finished and there is nothing after it."""
        dialect = dialect or self.dialect
        follower = await self.service.follow(who(request), turn_id, dialect, after)
        if follower is None:
            return Response(status_code=204, headers=dict(headers or {}))
        return EventStream(follower, dialect, self._pulse, headers)

    async def whole(self, request: Request, turn_id: str) -> list[AnyEvent]:
        """The log once the turn has ended, or when the client has gone. Raises `Draining`."""
        async with self.following(request, turn_id) as follower:
            while await follower.next() is not None:
                pass
        if not follower.is_complete and self.service.is_draining:
            raise Draining
        return await self.service.log(who(request), turn_id)

    @asynccontextmanager
    async def following(
        self, request: Request, turn_id: str, after: str = "0"
    ) -> AsyncGenerator[Follower, None]:
        """A reader on behalf of a client that waits for one answer: it is a follower like any other, and its
        leaving counts and ends it."""
        follower = await self.service.follow(who(request), turn_id, NATIVE, after)
        assert follower is not None, "there is something to wait for"

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            follower.end()

        watcher = asyncio.create_task(watch())
        try:
            yield follower
        finally:
            watcher.cancel()
            follower.close()

    def told(
        self,
        request: Request,
        log: Sequence[AnyEvent],
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The log as one JSON value."""
        answer = self.dialect.answer(log, request.state.request_id)
        return reply(answer.body, status if status and answer.status == 200 else answer.status, headers)


def whole_number(request: Request, name: str, low: int, high: int) -> int | None:
    """A query parameter. Raises `InvalidRequest`."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if not _DIGITS.fullmatch(text) or not low <= int(text) <= high:
        raise InvalidRequest(f"{name}: a whole number from {low} to {high} is expected", param=name)
    return int(text)


def page(request: Request) -> tuple[int | None, int]:
    """`before` (milliseconds, as the last chat of the page before was updated) and `limit` of a list."""
    return whole_number(request, "before", 0, 1 << 49), whole_number(request, "limit", 1, 200) or 50
