"""/v1/events: many turns over one connection (PROTOCOL.md §4.5)."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from rivulet import sse
from rivulet.dialects.native import NativeOf
from rivulet.domain.errors import InvalidRequest, RivuletError
from rivulet.domain.tenant import Principal
from rivulet.engine.bundle import Bundle
from rivulet.engine.hub import Follower
from rivulet.engine.service import Service
from rivulet.http.shapes import described
from rivulet.http.stream import EventStream, Pulse
from rivulet.http.turns import who

MOST_TURNS = 100
"""In one request: more than anybody has running in one browser, and the address stays below 8 kB."""


def routes(service: Service, pulse: Pulse) -> APIRouter:
    router = APIRouter(prefix="/v1/events", tags=["turns"])

    @router.get("", responses=_STREAM)
    async def follow(
        request: Request,
        turn: Annotated[list[str], Query(description="An id, or an id and a cursor: `trn_…/12`")],
    ) -> Response:
        """Follow several turns at once, each from its own cursor."""
        wanted = _wanted(turn)
        followers, notices = await _followers(service, who(request), wanted)
        return EventStream(Bundle(followers, notices, _ended), NativeOf(""), pulse)

    return router


async def _followers(
    service: Service, principal: Principal, wanted: Sequence[tuple[str, str]]
) -> tuple[list[Follower], bytes]:
    """One refused turn does not keep the others waiting."""
    followers: list[Follower] = []
    notices: list[bytes] = []
    for turn_id, cursor in wanted:
        try:
            follower = await service.follow(principal, turn_id, NativeOf(turn_id), cursor)
        except RivuletError as problem:
            notices.append(_ended(turn_id, problem))
        else:
            if follower is None:
                notices.append(_ended(turn_id))
            else:
                followers.append(follower)
    return followers, b"".join(notices)


def _wanted(given: Sequence[str]) -> list[tuple[str, str]]:
    if not 1 <= len(given) <= MOST_TURNS:
        raise InvalidRequest(f"Name 1 to {MOST_TURNS} turns, as in ?turn=trn_a&turn=trn_b/12.")
    parts = [each.partition("/") for each in given]
    wanted = [(turn_id, cursor if slash else "0") for turn_id, slash, cursor in parts]
    if len({turn_id for turn_id, _ in wanted}) < len(wanted):
        raise InvalidRequest("Name every turn once.")
    return wanted


def _ended(turn_id: str, problem: RivuletError | None = None) -> bytes:
    """There is nothing more to come of this turn on this connection."""
    notice: dict[str, object] = {"type": "follow.ended", "turn_id": turn_id}
    if problem is not None:
        notice["error"] = {"code": problem.code, "message": problem.message, "status": problem.status}
    return sse.frame(msgspec.json.encode(notice), "follow.ended")


_STREAM: dict[int | str, dict[str, Any]] = described(200, None) | {
    200: {"description": "The turns' events as they happen", "content": {"text/event-stream": {}}}
}
