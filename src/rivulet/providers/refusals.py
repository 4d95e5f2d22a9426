"""What a model's service says when it does not answer, as an error of ours.

Its own words never reach a reader: they may hold our key, its addresses, or HTML. The log gets them at debug
level, redacted and cut.
"""

import json
import logging
import re
from collections.abc import Sequence
from typing import Any, cast

import msgspec

from rivulet.domain.errors import (
    ContentFiltered,
    ContextLength,
    ModelNotFound,
    ProviderError,
    UpstreamAuth,
    UpstreamFailed,
    UpstreamProtocol,
    UpstreamRateLimited,
    UpstreamRefused,
)

log = logging.getLogger("rivulet.providers")

LONGEST_BODY = 64 << 10
"""Bytes read of a body that only explains an error."""

_LONGEST_LOGGED = 1024
_LONGEST_READ = 4096
_CONTEXT = re.compile(
    r"context[ _](length|window|size)|maximum context|prompt is too long|too many (input )?tokens"
    r"|reduce the length|exceeds? .{0,40}context"
)
_NO_MODEL = re.compile(
    r"model\b.{0,200}\b(not found|does not exist|not exist|unknown)|no such model|unknown model"
)
_UNWANTED = re.compile(
    r"(?i)unsupported|not support|unrecogni[sz]ed|unknown|unexpected|extra|not (permitted|allowed)|forbidden"
)
_KEYS = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+|\b(sk|key|pk)-[\w-]{6,}")


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """The few facts all services' errors have in common. `param` is the request's field it is about."""

    status: int = 0
    message: str = ""
    code: str = ""
    param: str = ""

    def objects_to(self, field: str) -> bool:
        """The request might have been taken without this field; one with a wrong value is another matter."""
        is_named = self.param == field or field in self.message
        return (
            self.status in (400, 422) and is_named and bool(_UNWANTED.search(f"{self.code} {self.message}"))
        )


def refusal(status: int, said: object) -> Refusal:
    """`said` is the body, or what a stream had under `error`."""
    if isinstance(said, bytes):
        said = _parsed(said)
    if isinstance(said, list):
        said = next(iter(cast("list[object]", said)), None)
    found = _fields(said)
    inner = found.get("error")
    if isinstance(inner, str):
        found = {"message": inner}
    elif inner:
        found = _fields(inner)
    codes = [str(found[name])[:100] for name in ("code", "type", "status") if found.get(name)]
    numbers = [int(code) for code in codes if re.fullmatch(r"[45]\d\d", code)]
    return Refusal(
        status=status or next(iter(numbers), 0),
        message=str(found.get("message") or found.get("detail") or "")[:_LONGEST_READ],
        code=" ".join(codes),
        param=str(found.get("param") or ""),
    )


def _fields(said: object) -> dict[str, Any]:
    if isinstance(said, str):
        return {"message": said}
    return cast("dict[str, Any]", said) if isinstance(said, dict) else {}


def failure(refusal: Refusal, retry_after: float | None = None) -> ProviderError:
    """The error a reader gets."""
    status, code, message = refusal.status, refusal.code.lower(), refusal.message.lower()
    if _CONTEXT.search(message) or "context_length" in code or "exceed_context" in code or status == 413:
        return ContextLength()
    if "content_filter" in code or "content_policy" in code:
        return ContentFiltered()
    if status == 402 or "insufficient_quota" in code:
        return UpstreamRefused("The model's service says that its account is used up.")
    if status in (401, 403) or "invalid_api_key" in code or "authentication" in code:
        return UpstreamAuth()
    if status == 404 or "model_not_found" in code or _NO_MODEL.search(message):
        return ModelNotFound("The model's service has no such model, or is not at this address.")
    if status == 429 or "rate_limit" in code:
        return _slow_down(retry_after)
    if 300 <= status < 400:
        return UpstreamProtocol("The model's service sends its callers elsewhere; that is not followed.")
    if 0 < status < 300:
        return UpstreamProtocol()
    if 400 <= status < 500 and status != 408 and status != 409:
        return UpstreamRefused()
    return UpstreamFailed(retry_after=retry_after)


def _slow_down(retry_after: float | None) -> UpstreamRateLimited:
    if retry_after is None:
        return UpstreamRateLimited()
    return UpstreamRateLimited(
        f"The model's service asks us to wait {round(retry_after)} seconds.", retry_after=retry_after
    )


def record(status: int, body: object, secrets: Sequence[str]) -> None:
    """The status for the operator; the service's own words only for who debugs."""
    log.warning("a model's service refused or failed (status %s)", status or "none, in mid-stream")
    if log.isEnabledFor(logging.DEBUG):
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else repr(body)
        log.debug("its words: %s", redacted(text, secrets))


def redacted(text: str, secrets: Sequence[str]) -> str:
    """Without anything that is or looks like a key, on one line, at most a kilobyte."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return json.dumps(_KEYS.sub("***", text))[:_LONGEST_LOGGED]


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
