"""What every request passes before a route: a request id, the host and origin checks, the size limit, the
credential. Plain ASGI, so that a stream is not wrapped in anything."""

import hmac
import re
from collections.abc import Callable
from typing import Protocol

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rivulet.config import hostname
from rivulet.domain.errors import (
    Forbidden,
    InvalidRequest,
    NotFound,
    RivuletError,
    TooLarge,
    Unauthorised,
    WrongContentType,
)
from rivulet.domain.tenant import LOCAL, Principal
from rivulet.http.errors import as_rivulet_error
from rivulet.http.sandbox import PATH as SANDBOX
from rivulet.http.visitors import Visitors

BODY_BYTES = 1 << 20
"""Of a JSON request: thirty times the longest question, with room for a history."""

UPLOAD_BYTES = 257 << 20
"""Of an upload: the largest document (256 MiB) and its form."""

_UPLOADS = "/v1/sources/upload"
DIALECT_BYTES = 8 << 20
"""Of a request in a dialect: a history of a million characters, in any script, with its JSON."""

_OPEN = frozenset({"/livez", "/readyz", "/health", "/v1/health", "/v1/widget"})
_PUBLISHABLE = "pk_"
_SHARED = re.compile(r"/v1/shared/[^/]+")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_SAFE = ("GET", "HEAD", "OPTIONS")


class Addresses(Protocol):
    """What the dialects know of their own addresses."""

    def is_api(self, path: str) -> bool: ...
    def changes(self, scope: Scope) -> bool: ...
    def admit(self, scope: Scope) -> Principal | None: ...
    def error(self, scope: Scope, problem: RivuletError, request_id: str) -> Response: ...


class Door:
    """`api_key` None means that only this machine can reach us; then foreign host names and origins are
    refused, because a page on the web could otherwise talk to us through the visitor's browser. Under the
    name of `sandbox_host`, if there is one, there is the sandbox and nothing else, with or without a key."""

    def __init__(
        self,
        app: ASGIApp,
        api_key: str | None,
        allowed_hosts: frozenset[str],
        sandbox_host: str,
        new_request_id: Callable[[], str],
        dialects: Addresses,
        visitors: Visitors,
    ) -> None:
        self._app = app
        self._dialects = dialects
        self._api_key = api_key
        self._hosts = allowed_hosts
        self._sandbox_host = sandbox_host
        self._new_request_id = new_request_id
        self._visitors = visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = self._request_id(headers)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        token = _token(headers)
        # Only what a publishable key may read is readable for pages of other origins.
        readable = self._visitors.readable(headers) if token.startswith(_PUBLISHABLE) else {}
        has_started = has_ended = False

        async def send_with_id(message: Message) -> None:
            nonlocal has_started, has_ended
            if message["type"] == "http.response.start":
                has_started = True
                MutableHeaders(scope=message).update({"x-request-id": request_id, **readable})
            else:
                has_ended = not message.get("more_body", False)
            await send(message)

        try:
            self._check_host(scope, headers)
            is_dialect = self._dialects.is_api(scope["path"])
            if is_dialect or (_is_api(scope["path"]) and not _is_shared(scope)):
                if (answer := self._visitors.preflight(scope, headers)) is not None:
                    await answer(scope, receive, send_with_id)
                    return
                self._admit(scope, headers, token)
                limit = _limit(scope["path"], is_dialect)
                _check_body(scope, headers, limit)
                if "publishable_key" not in state:
                    self._check_origin(scope, headers)
                receive = _limited(receive, limit)
            await self._app(scope, receive, send_with_id)
            if (stream := state.get("stream")) is not None:
                await stream.run(scope, receive, send_with_id)
        except Exception as problem:
            error = as_rivulet_error(problem, request_id)
            if has_ended:
                return  # the framework has answered, and raises what it answered for us to log
            if has_started:
                raise
            await self._dialects.error(scope, error, request_id)(scope, receive, send_with_id)

    def _request_id(self, headers: Headers) -> str:
        """The caller's own, when it is harmless; it goes into our log."""
        given = headers.get("x-request-id", "")
        return given if _REQUEST_ID.fullmatch(given) else self._new_request_id()

    def _admit(self, scope: Scope, headers: Headers, token: str) -> None:
        """Says in the request's state who is asking, and with which publishable key if it is a visitor."""
        state = scope["state"]
        if token.startswith(_PUBLISHABLE):
            state["who"], state["publishable_key"] = self._visitors.admit(token, scope, headers)
        else:
            state["who"] = self._dialects.admit(scope) or self._principal(token)

    def _principal(self, token: str) -> Principal:
        if self._api_key is None:
            return LOCAL
        if not hmac.compare_digest(token.encode("utf-8", "replace"), self._api_key.encode()):
            raise Unauthorised
        return LOCAL

    def _check_host(self, scope: Scope, headers: Headers) -> None:
        hosts = headers.getlist("host")
        if len(hosts) != 1:
            raise InvalidRequest("Send exactly one Host header.")
        if self._sandbox_host and hostname(hosts[0]) == self._sandbox_host:
            if scope["path"] != SANDBOX or scope["method"] not in ("GET", "HEAD"):
                raise NotFound
            return
        if self._api_key is None and self._hosts and hostname(hosts[0]) not in self._hosts:
            raise Forbidden("This server answers only under its own name; see allowed_hosts.")

    def _check_origin(self, scope: Scope, headers: Headers) -> None:
        if self._api_key is not None or (scope["method"] in _SAFE and not self._dialects.changes(scope)):
            return
        origin = headers.get("origin")
        is_foreign = origin is not None and origin.partition("://")[2] != headers.get("host")
        # A picture or a frame of another site has no Origin, but every browser says where it stands.
        if is_foreign or headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            raise Forbidden("Requests from other sites are not taken.")


def _token(headers: Headers) -> str:
    """Clients of Anthropic's and LangGraph's protocols send their key in a header of its own."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return (token if scheme.lower() == "bearer" else headers.get("x-api-key", "")).strip()


def _is_api(path: str) -> bool:
    return path not in _OPEN and (path.startswith("/v1/") or path in ("/metrics", "/openapi.json"))


def _is_shared(scope: Scope) -> bool:
    """Reading under a link, which its own unguessable id allows, and no credential is needed or looked at."""
    return scope["method"] in ("GET", "HEAD") and _SHARED.fullmatch(scope["path"]) is not None


def _limit(path: str, is_dialect: bool) -> int:
    if path == _UPLOADS:
        return UPLOAD_BYTES
    return DIALECT_BYTES if is_dialect else BODY_BYTES


def _check_body(scope: Scope, headers: Headers, limit: int) -> None:
    if scope["method"] in _SAFE:
        return
    length = headers.get("content-length")
    has_body = "transfer-encoding" in headers or (length or "0") != "0"
    if length is not None and length.isdigit() and int(length) > limit:
        raise TooLarge
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if scope["path"] == _UPLOADS:
        if kind != "multipart/form-data":
            raise WrongContentType("Send the files as multipart/form-data.")
    elif has_body and kind != "application/json":
        raise WrongContentType


def _limited(receive: Receive, limit: int) -> Receive:
    """Counts what really comes, whatever Content-Length says."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise TooLarge
        return message

    return counted
