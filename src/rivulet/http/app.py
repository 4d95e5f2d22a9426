"""The whole web application: the API's routes, the page for everything else, one door in front."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp

from rivulet import __version__
from rivulet.domain.errors import (
    Internal,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    RivuletError,
    StorageFull,
)
from rivulet.http import (
    asking,
    chats,
    documents,
    events,
    export,
    feedback,
    health,
    images,
    preferences,
    sandbox,
    shares,
    sources,
    turns,
    widget,
)
from rivulet.http.dialects.mount import Mount
from rivulet.http.door import Door
from rivulet.http.errors import invalid
from rivulet.http.metrics import Metrics
from rivulet.http.page import Page
from rivulet.http.sessions import Sessions, secret_in
from rivulet.http.shapes import schemas
from rivulet.http.stream import Pulse
from rivulet.http.visitors import Visitors
from rivulet.stores.sqlite.directory import NO_ROOM
from rivulet.wiring import House

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def build(house: House, metrics: Metrics, api_key: str | None, new_request_id: Callable[[], str]) -> ASGIApp:
    """The application over an open house."""
    settings = house.settings
    pulse = Pulse(settings.heartbeat_s, settings.max_connection_s, settings.stall_s)
    mount = Mount(house, pulse)
    metrics.watch(house.service)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        beating = asyncio.create_task(pulse.run(), name="pulse")
        yield
        beating.cancel()

    app = FastAPI(
        title="Rivulet",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.include_router(asking.routes(house.service, pulse))
    app.include_router(turns.routes(house.service, pulse))
    app.include_router(events.routes(house.service, pulse))
    app.include_router(feedback.routes(house.service))
    app.include_router(preferences.routes(house.service))
    app.include_router(images.routes(house.picturing))
    app.include_router(chats.routes(house.service))
    app.include_router(export.routes(house.service))
    app.include_router(shares.routes(house.service, time.monotonic))
    app.include_router(sources.routes(house))
    app.include_router(documents.routes(house.library))
    app.include_router(health.routes(house, metrics))
    secret = secret_in(settings.data_dir) if settings.publishable_keys else b""
    visitors = Visitors(settings.publishable_keys, Sessions(secret, time.time), time.monotonic)
    page = Page(settings.sandbox_origin)
    app.include_router(widget.routes(visitors, page))
    app.state.dialects = mount
    app.router.routes.extend(mount.routes())
    hosts = frozenset({"localhost", "127.0.0.1", "[::1]", settings.host.lower(), *settings.allowed_hosts})
    hosts -= {settings.sandbox_host}
    app.router.routes.append(sandbox.route(hosts if settings.sandbox_host else ()))
    app.router.default = page  # not mounted: a mount would answer for every address and method
    app.add_exception_handler(RivuletError, _failed)
    app.add_exception_handler(RequestValidationError, _failed)
    app.add_exception_handler(HTTPException, _failed)
    app.add_exception_handler(Exception, _broken)
    _describe(app)
    return Door(app, api_key, hosts, settings.sandbox_host, new_request_id, mount, visitors)


async def _failed(request: Request, problem: Exception) -> Response:
    if isinstance(problem, RequestValidationError):
        error: RivuletError = invalid(problem.errors())
    elif isinstance(problem.__cause__, RivuletError):
        # Raised by our own counting of the body; FastAPI takes everything for malformed JSON.
        error = problem.__cause__
    elif isinstance(problem.__cause__, OSError) and problem.__cause__.errno in NO_ROOM:
        # A form with files comes by way of a temporary file.
        error = StorageFull("The disk is full: there is no room for what was sent.")
    elif isinstance(problem, HTTPException):
        error = _refused(request, problem)
    elif isinstance(problem, RivuletError):
        error = problem
    else:
        raise problem
    return _told(request, error)


def _refused(request: Request, problem: HTTPException) -> RivuletError:
    """What the framework refuses by itself. It names the methods of the first route only."""
    if problem.status_code == 404:
        return NotFound()
    if problem.status_code != 405:
        return InvalidRequest(str(problem.detail))
    routes: Sequence[BaseRoute] = request.app.router.routes
    asked = [(method, {**request.scope, "method": method}) for method in METHODS]
    return MethodNotAllowed(
        [method for method, scope in asked if any(each.matches(scope)[0] is Match.FULL for each in routes)]
    )


async def _broken(request: Request, problem: Exception) -> Response:
    return _told(request, Internal())


def _told(request: Request, error: RivuletError) -> Response:
    mount: Mount = request.app.state.dialects
    return mount.error(request.scope, error, request.state.request_id)


def _describe(app: FastAPI) -> None:
    """Adds to FastAPI's document the shapes that msgspec writes."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()
            document.setdefault("components", {}).setdefault("schemas", {}).update(schemas())
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
