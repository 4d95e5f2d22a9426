"""OpenAI's responses after they were asked for: read, followed from a number on, cancelled, deleted."""

from starlette.requests import Request
from starlette.responses import Response

from rivulet import sse
from rivulet.domain.errors import Conflict
from rivulet.http.dialects.desk import Around, Desk, whole_number
from rivulet.http.dialects.resuming import after_frames
from rivulet.http.errors import reply
from rivulet.http.turns import who

_ONE = "/v1/responses/{response_id}"


def around(desk: Desk) -> Around:
    service = desk.service

    async def get(request: Request) -> Response:
        """The response so far, or with `stream=true` its events after number `starting_after`."""
        log = await service.log(who(request), _id(request))
        if request.query_params.get("stream", "false").lower() != "true":
            return desk.told(request, log)
        number = whole_number(request, "starting_after", 0, 1 << 49)
        after = after_frames(log, desk.dialect, 0 if number is None else number + 1)
        answer = await desk.stream(request, _id(request), after=after)
        if answer.status_code == 204:  # its clients take any answer to this for a stream
            return Response(b"", media_type=sse.MEDIA_TYPE)
        return answer

    async def cancel(request: Request) -> Response:
        """Any response can be cancelled, any number of times; the answer says what became of it."""
        await service.stop(who(request), _id(request))
        return desk.told(request, await service.log(who(request), _id(request)))

    async def delete(request: Request) -> Response:
        """One that stands alone goes with its chat; one in a conversation is a part of that."""
        record = await service.record(who(request), _id(request))
        if len((await service.branches.tree(who(request), record.chat_id)).nodes) > 1:
            raise Conflict(
                f"This response is part of a conversation; delete that: DELETE /v1/chats/{record.chat_id}."
            )
        await service.chats.delete(who(request), record.chat_id)
        return reply({"id": record.id, "object": "response", "deleted": True})

    return Around(
        routes={f"GET {_ONE}": get, f"POST {_ONE}/cancel": cancel, f"DELETE {_ONE}": delete},
    )


def _id(request: Request) -> str:
    return request.path_params["response_id"]
