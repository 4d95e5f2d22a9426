"""The AI SDK's chats: taking up the answer that is being written, from any part on, and stopping it."""

from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from rivulet.dialects import requests
from rivulet.domain.ids import is_id
from rivulet.engine.service import Started
from rivulet.http.dialects.desk import Around, Desk, whole_number
from rivulet.http.dialects.resuming import after_frames, frame_count
from rivulet.http.errors import reply
from rivulet.http.turns import who
from rivulet.ports.dialect import Asked

HEADER = {"x-vercel-ai-ui-message-stream": "v1"}


class _Stop(msgspec.Struct, frozen=True, rename="camel"):
    active_stream_id: str | None = None


def around(desk: Desk) -> Around:
    service = desk.service

    async def turn_in(request: Request) -> str | None:
        """The turn that is named, or the one that runs in the chat that is."""
        name = request.path_params["chat_id"]
        if is_id("trn", name):
            return (await service.record(who(request), name)).id
        return await service.chats.running(who(request), name)

    async def resume(request: Request) -> Response:
        """204 when nothing runs, in a chat that is not there too: a page asks before it has said anything."""
        start = whole_number(request, "startIndex", -(1 << 49), 1 << 49) or 0
        turn_id = await turn_in(request)
        if turn_id is None:
            return Response(status_code=204)
        headers = {**HEADER, "location": f"/v1/turns/{turn_id}", "x-workflow-run-id": turn_id}
        log = await service.log(who(request), turn_id)
        if start < 0:
            there = frame_count(log, desk.dialect)
            start, headers["x-workflow-stream-tail-index"] = max(0, there + start), str(there - 1)
        after = after_frames(log, desk.dialect, start)
        return await desk.stream(request, turn_id, after=after, headers=headers)

    async def stop(request: Request) -> Response:
        """A page that names the answer it means stops no later one; nothing to stop is no failure."""
        raw = await request.body()
        meant = requests.body(raw, _Stop).active_stream_id if raw else None
        turn_id = await turn_in(request)
        if turn_id is None or meant not in (None, turn_id):
            return Response(status_code=204)
        return reply(await service.stop(who(request), turn_id))

    return Around(
        routes={"GET /api/chat/{chat_id}/stream": resume, "POST /api/chat/{chat_id}/stop": stop},
        headers=_headers,
    )


def _headers(_: Request, started: Started, __: Asked) -> Mapping[str, str]:
    return {**HEADER, "x-workflow-run-id": started.turn_id}
