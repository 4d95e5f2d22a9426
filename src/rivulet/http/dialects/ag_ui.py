"""AG-UI's attaching: the thread's run told again from RUN_STARTED, because its client cannot resume."""

from starlette.requests import Request
from starlette.responses import Response

from rivulet.dialects.ag_ui import attachment
from rivulet.domain.errors import NotFound
from rivulet.domain.ids import is_id
from rivulet.http.dialects.desk import Around, Desk
from rivulet.http.turns import who


def around(desk: Desk) -> Around:
    service = desk.service

    async def attach(request: Request) -> Response:
        """The run that is named, else the one being answered, else the last one. It is followed to its end,
        and told whole when it has ended."""
        thread_id, run_id = attachment(await request.body())
        turn_id = await _run_in(request, thread_id, run_id)
        return await desk.stream(request, turn_id, headers={"location": f"/v1/turns/{turn_id}"})

    async def _run_in(request: Request, thread_id: str, run_id: str) -> str:
        if is_id("trn", run_id):
            record = await service.record(who(request), run_id)
            if record.chat_id == thread_id:
                return record.id
            raise NotFound
        running = await service.chats.running(who(request), thread_id)
        if running is not None:
            return running
        said = await service.chats.messages(who(request), thread_id)
        if not said:
            raise NotFound("Nothing has been asked in this thread.")
        return said[-1].turn_id

    return Around(routes={"POST /ag-ui/attach": attach})
