"""The dialects' paths as routes, and whose path an address is, so that every refusal speaks its protocol."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, compile_path
from starlette.types import Receive, Scope, Send

from rivulet.config import BadSettings
from rivulet.domain.errors import NotFound, RivuletError
from rivulet.domain.tenant import Principal
from rivulet.http.dialects import (
    ag_ui,
    agent,
    ai_sdk,
    assistant,
    durable,
    langgraph,
    messages,
    minirag,
    responses,
)
from rivulet.http.dialects.desk import Around, Desk, Handler
from rivulet.http.errors import error_headers, error_response, reply
from rivulet.http.stream import Pulse
from rivulet.ports.dialect import AskDialect, Dialect
from rivulet.wiring import House

log = logging.getLogger(__name__)

AROUND: Mapping[str, Callable[[Desk], Around]] = {
    "minirag": minirag.around,
    "assistant": assistant.around,
    "messages": messages.around,
    "agent": agent.around,
    "openai_responses": responses.around,
    "ai_sdk": ai_sdk.around,
    "ag_ui": ag_ui.around,
    "langgraph": langgraph.around,
    "durable": durable.around,
}
"""What each protocol has besides asking, by the dialect's name. Of a dialect that is not here every path
asks."""


@dataclass(frozen=True, kw_only=True)
class _Place:
    """One address of one dialect."""

    method: str
    path: str
    pattern: re.Pattern[str]
    dialect: Dialect
    around: Around
    handler: Handler
    is_on: bool

    @property
    def changes(self) -> bool:
        """Whether a request does more than read."""
        name = f"{self.method} {self.path}"
        return self.method != "GET" or name in self.around.changes or name not in self.around.routes

    @property
    def order(self) -> tuple[bool, ...]:
        """Plain words go before `{names}`."""
        return tuple(part.startswith("{") for part in self.path.split("/"))


class Mount:
    """All of them. Raises `BadSettings` when two claim one address."""

    def __init__(self, house: House, pulse: Pulse) -> None:
        self._places: list[_Place] = []
        taken: dict[str, str] = {}
        for dialect in house.dialects:
            is_on = dialect.name not in house.settings.dialects_off
            for place in _places(house, pulse, dialect, is_on):
                name = f"{place.method} {place.path}"
                if name in taken:
                    raise BadSettings(f"{name} is claimed by {taken[name]} and by {dialect.name}.")
                taken[name] = dialect.name
                self._places.append(place)
        self._places.sort(key=lambda place: place.order)
        self._by_root: dict[str, list[_Place]] = {}
        for place in self._places:
            self._by_root.setdefault(_root(place.path), []).append(place)

    def routes(self) -> list[BaseRoute]:
        """Every address, then a refusal for everything beside them."""
        routes: list[BaseRoute] = [
            Route(place.path, self._endpoint(place), methods=[place.method]) for place in self._places
        ]
        for root in sorted(self._by_root.keys() - {"v1"}):
            routes += [Route(f"/{root}", _Nowhere(self)), Route(f"/{root}/{{rest:path}}", _Nowhere(self))]
        return routes

    def is_api(self, path: str) -> bool:
        """Whether an address is ours: not the page's, and not the native API's."""
        root = _root(path)
        return root in self._by_root and (root != "v1" or self._of(None, path) is not None)

    def changes(self, scope: Scope) -> bool:
        """Whether a request that looks like reading asks something."""
        place = self._of("GET" if scope["method"] == "HEAD" else scope["method"], scope["path"])
        return place is not None and place.changes

    def admit(self, scope: Scope) -> Principal | None:
        """Who comes with a credential that only this protocol has. Raises `Unauthorised`."""
        place = self._of(scope["method"], scope["path"])
        return None if place is None or not place.is_on else place.around.admit(scope)

    def error(self, scope: Scope, problem: RivuletError, request_id: str) -> Response:
        """The refusal in the shape of the protocol whose address this is, else in our own."""
        place = self._of(scope["method"], scope["path"]) or self._of(None, scope["path"])
        return _refusal(None if place is None else place.dialect, problem, request_id)

    def methods_at(self, path: str) -> list[str]:
        """How the address is asked for, were it asked for in another way."""
        return sorted({place.method for place in self._places if place.pattern.fullmatch(path)})

    def _of(self, method: str | None, path: str) -> _Place | None:
        for place in self._by_root.get(_root(path), ()):
            if method in (None, place.method) and place.pattern.fullmatch(path):
                return place
        return None

    def _endpoint(self, place: _Place) -> Handler:
        async def endpoint(request: Request) -> Response:
            try:
                if not place.is_on:
                    raise NotFound(f"The dialect {place.dialect.name} is switched off on this server.")
                return await place.handler(request)
            except RivuletError as problem:
                return _refusal(place.dialect, problem, request.state.request_id)
            except ClientDisconnect:
                return Response(status_code=400)

        return endpoint


class _Nowhere:
    """An address beside the dialects' own."""

    def __init__(self, mount: Mount) -> None:
        self._mount = mount

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        methods = " or ".join(self._mount.methods_at(scope["path"]))
        raise NotFound(f"This address takes {methods}." if methods else "There is nothing at this address.")


def _root(path: str) -> str:
    """The first word of an address."""
    return path.lstrip("/").partition("/")[0]


def _places(house: House, pulse: Pulse, dialect: Dialect, is_on: bool) -> list[_Place]:
    paths: Mapping[str, str] = getattr(dialect, "paths", {})
    # A dialect that is only read in has no requests of its own, and its routes parse none.
    desk = Desk(house, pulse, cast(AskDialect, dialect))
    around = AROUND[dialect.name](desk) if dialect.name in AROUND else Around()
    if missing := around.routes.keys() - paths.keys():
        raise BadSettings(f"{dialect.name} does not name {', '.join(sorted(missing))} in its paths.")
    if _asking(dialect) is None and (rest := paths.keys() - around.routes.keys()):
        raise BadSettings(f"{dialect.name} parses no requests, but names {', '.join(sorted(rest))}.")
    places: list[_Place] = []
    for name in paths:
        method, _, path = name.partition(" ")
        places.append(
            _Place(
                method=method,
                path=path,
                pattern=compile_path(path)[0],
                dialect=dialect,
                around=around,
                handler=around.routes.get(name) or _ask(desk, around, name),
                is_on=is_on,
            )
        )
    return places


def _ask(desk: Desk, around: Around, route: str) -> Handler:
    """What every path does that is not in the table: asks, and answers as the request wants it."""

    async def handler(request: Request) -> Response:
        asked = await desk.asked(request, route)
        asked = asked._replace(ask=await around.resolve(request.state.who, asked.ask))
        return await desk.answer(request, asked, await desk.begin(request, asked), around)

    return handler


def _asking(dialect: Dialect) -> AskDialect | None:
    return cast(AskDialect, dialect) if hasattr(dialect, "parse") else None


def _refusal(dialect: Dialect | None, problem: RivuletError, request_id: str) -> Response:
    asking = None if dialect is None else _asking(dialect)
    if asking is None:
        return error_response(problem, request_id)
    log.info("request %s refused in %s: %s", request_id, asking.name, problem.code)
    shaped = asking.error(problem, request_id)
    return reply(shaped.body, shaped.status, error_headers(problem))
