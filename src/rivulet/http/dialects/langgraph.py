"""LangGraph's threads and runs after they were asked for: their state, joining, cancelling."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from rivulet.dialects import requests
from rivulet.dialects.langgraph import MODES, LangGraph, Mode
from rivulet.dialects.times import iso
from rivulet.domain.chat import Chat
from rivulet.domain.errors import Conflict, InvalidRequest, NotFound
from rivulet.engine.service import Started
from rivulet.http.dialects.desk import Around, Desk, Handler
from rivulet.http.errors import reply
from rivulet.http.turns import who
from rivulet.ports.dialect import Asked
from rivulet.ports.turns import TurnRecord

ROOTS = ("", "/langgraph")

_THREAD = "/threads/{thread_id}"
_RUN = "/threads/{thread_id}/runs/{run_id}"

_STATES = {
    "in_progress": "running",
    "completed": "success",
    "incomplete": "success",
    "failed": "error",
    "cancelled": "interrupted",
}


class _Thread(msgspec.Struct, frozen=True):
    thread_id: str | None = None
    if_exists: str | None = None


def around(desk: Desk) -> Around:
    runs = _Runs(desk)
    routes: dict[str, Handler] = {}
    for root in ROOTS:
        routes |= {
            f"POST {root}/threads": runs.make,
            f"GET {root}{_THREAD}": runs.thread,
            f"GET {root}{_RUN}": runs.get,
            f"GET {root}{_RUN}/stream": runs.follow,
            f"GET {root}{_RUN}/join": runs.join,
            f"POST {root}{_RUN}/cancel": runs.cancel,
        }
    return Around(routes=routes, headers=_headers)


def _headers(_: Request, started: Started, asked: Asked) -> Mapping[str, str]:
    """Where to come back to: without a prefix, because its clients put their base address before it; with the
    modes, because what counts as a frame depends on them."""
    run = f"/threads/{started.chat_id}/runs/{started.turn_id}"
    modes = "&".join(f"stream_mode={mode}" for mode in cast(LangGraph, asked.dialect).modes)
    return {"location": f"{run}/stream?{modes}", "content-location": run}


class _Runs:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._service = desk.service

    async def make(self, request: Request) -> Response:
        raw = await request.body()
        body = requests.body(raw, _Thread) if raw else _Thread()
        name = None if body.thread_id is None else requests.chat_id(body.thread_id, "thread_id")
        try:
            chat = await self._service.chats.make(who(request), "", name)
        except Conflict:
            if body.if_exists != "do_nothing" or name is None:
                raise
            chat = await self._service.chats.get(who(request), name)
        return reply(_thread(chat, None))

    async def thread(self, request: Request) -> Response:
        chat = await self._service.chats.get(who(request), request.path_params["thread_id"])
        return reply(_thread(chat, await self._service.chats.running(who(request), chat.id)))

    async def get(self, request: Request) -> Response:
        return reply(_run(await self._record(request)))

    async def follow(self, request: Request) -> Response:
        """From `Last-Event-ID` on; `-1` is the start."""
        record = await self._record(request)
        dialect = LangGraph(_modes(request))
        cursor = request.headers.get("last-event-id", "-1")
        cursor = "0" if cursor == "-1" else cursor
        return await self._desk.stream(request, record.id, dialect, cursor)

    async def join(self, request: Request) -> Response:
        """The values, once the run has ended."""
        record = await self._record(request)
        return self._desk.told(request, await self._desk.whole(request, record.id))

    async def cancel(self, request: Request) -> Response:
        """It has ended when this is answered, whatever `wait` says; nothing is rolled back."""
        if request.query_params.get("action", "interrupt") != "interrupt":
            raise InvalidRequest("action: only interrupt is offered", param="action")
        await self._service.stop(who(request), (await self._record(request)).id)
        return Response(status_code=204)

    async def _record(self, request: Request) -> TurnRecord:
        """The turn, when it is one of this chat."""
        record = await self._service.record(who(request), request.path_params["run_id"])
        if record.chat_id != request.path_params["thread_id"]:
            raise NotFound
        return record


def _modes(request: Request) -> tuple[Mode, ...]:
    # Its Python client sends an empty one where it means none.
    asked = [mode for mode in request.query_params.getlist("stream_mode") if mode]
    named: tuple[Mode, ...] = tuple(mode for mode in MODES if mode in asked)
    if len(named) != len(set(asked)):
        raise InvalidRequest(f"stream_mode: there are {', '.join(MODES)}", param="stream_mode")
    return named or MODES


def _thread(chat: Chat, running: str | None) -> dict[str, Any]:
    return {
        "thread_id": chat.id,
        "created_at": iso(chat.created_at),
        "updated_at": iso(chat.updated_at),
        "metadata": {},
        "status": "busy" if running else "idle",
        "values": None,
    }


def _run(record: TurnRecord) -> dict[str, Any]:
    return {
        "run_id": record.id,
        "thread_id": record.chat_id,
        "assistant_id": "default",
        "created_at": iso(record.created_at),
        "status": _STATES[record.status],
        "metadata": {},
        "multitask_strategy": "reject",
    }
