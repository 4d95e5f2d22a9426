"""Errors as OpenAI's clients expect them, for both of its protocols."""

from typing import Any

from rivulet.domain.errors import RivuletError, UnknownModel
from rivulet.ports.dialect import Reply

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


def openai_error(problem: RivuletError, request_id: str) -> Reply:
    """The clients choose their exception by the status; a model that is not there is a 404 to them."""
    code, status = problem.code, problem.status
    if isinstance(problem, UnknownModel):
        code, status = "model_not_found", 404
    error = error_value(code, problem.message, status)
    param = problem.details.get("param")
    error |= {"param": param if isinstance(param, str) else None, "request_id": request_id}
    return Reply(status, {"error": error})


def error_value(code: str, message: str, status: int) -> dict[str, Any]:
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"message": message, "type": kind, "param": None, "code": code}
