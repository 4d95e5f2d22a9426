"""Failures as every client sees them: one JSON shape with a code, a sentence and the request's id."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from rivulet.domain.errors import (
    Draining,
    Internal,
    InvalidRequest,
    MethodNotAllowed,
    RateLimited,
    RivuletError,
)

log = logging.getLogger(__name__)

RETRY_AFTER_S = 2
"""What a client is told to wait while the server restarts or is too busy."""


def error_response(error: RivuletError, request_id: str) -> Response:
    """PROTOCOL.md §9."""
    body: dict[str, object] = {"code": error.code, "message": error.message, "request_id": request_id}
    body |= error.details
    return reply({"error": body}, error.status, error_headers(error))


def error_headers(error: RivuletError) -> dict[str, str]:
    """What goes with it, whatever the shape of the body."""
    headers: dict[str, str] = {}
    if "retry_after" in error.details or isinstance(error, (Draining, RateLimited)):
        headers["retry-after"] = str(error.details.get("retry_after", RETRY_AFTER_S))
    if isinstance(error, MethodNotAllowed):
        headers["allow"] = ", ".join(error.allowed)
    if error.status == 401:
        headers["www-authenticate"] = "Bearer"
    return headers


def as_rivulet_error(problem: Exception, request_id: str) -> RivuletError:
    """An unforeseen exception as an `Internal` error; its details go to the log and nowhere else."""
    if isinstance(problem, RivuletError):
        return problem
    log.error("request %s failed", request_id, exc_info=problem)
    return Internal()


def invalid(errors: Sequence[Mapping[str, Any]]) -> InvalidRequest:
    """The first thing wrong with a body or query, in words, without echoing what was sent."""
    first = errors[0]
    if first["type"] == "json_invalid":
        return InvalidRequest("The body is not valid JSON.")
    path = ".".join(str(part) for part in first["loc"][1:])
    if first["type"] == "missing" and not path:
        return InvalidRequest("The request has no body.")
    return InvalidRequest(f"{path}: {_said(first)}" if path else _said(first))


def _said(problem: Mapping[str, Any]) -> str:
    """As pydantic says it, but for a text's length: to pydantic, ours is a value with items."""
    bounds: Mapping[str, Any] = problem.get("ctx", {})
    if problem["type"] not in ("too_short", "too_long") or not isinstance(problem["input"], str):
        return str(problem["msg"])
    if problem["type"] == "too_short":
        return "It is empty." if bounds["min_length"] == 1 else f"It needs {bounds['min_length']} characters."
    return f"It has {len(problem['input'])} characters; at most {bounds['max_length']} are taken."


def reply(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON, encoded once."""
    return Response(
        msgspec.json.encode(content), status, headers=dict(headers or {}), media_type="application/json"
    )
