"""Visitors of other people's pages: a publishable key, the origins it is bound to, and what it may do there
(PROTOCOL.md §10.2).

A publishable key stands in the source of a page, so it is no secret. What it opens is little: to ask, and to
follow, stop and read what the same visitor has asked. Browsers say truthfully which page a request comes
from; other programs need not, therefore questions are counted by visitor and by address too.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from math import ceil

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from rivulet.config import PublishableKey
from rivulet.domain.errors import Forbidden, RateLimited, Unauthorised
from rivulet.domain.tenant import LOCAL, Principal
from rivulet.http.sessions import Session, Sessions

VISITOR = "rivulet-visitor"
"""The header with the visitor's session, or with the token to renew it by."""

SESSION = "/v1/widget/session"

KEPT = 10_000
"""Visitors and addresses that are counted at a time; the longest silent are forgotten first."""

_ALLOWED = re.compile(
    r"POST /v1/(turns(/\w+/(stop|retry))?|widget/session)"
    r"|GET /v1/(turns/\w+(/events)?|events|chats/\w+/messages)",
    re.A,
)
_ASKS = re.compile(r"POST /v1/turns(/\w+/retry)?", re.A)

_PREFLIGHT = {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": f"authorization, content-type, idempotency-key, last-event-id, {VISITOR}",
    "access-control-max-age": "7200",
}
_READABLE = {"access-control-expose-headers": "x-request-id, retry-after, location, rivulet-resumed-from"}


class Visitors:
    """All publishable keys of the server. `now` counts seconds steadily."""

    def __init__(self, keys: Sequence[PublishableKey], sessions: Sessions, now: Callable[[], float]) -> None:
        self._sessions = sessions
        self._keys = {each.key: each for each in keys}
        self._origins = frozenset(origin for each in keys for origin in each.origins)
        self._asked = _Asked(now)

    def preflight(self, scope: Scope, headers: Headers) -> Response | None:
        """The answer to a browser that asks whether a page may ask; None when that is not the question."""
        wanted = headers.get("access-control-request-method")
        if scope["method"] != "OPTIONS" or wanted is None or not self._keys:
            return None
        if headers.get("origin") not in self._origins or not _is_allowed(wanted, scope["path"]):
            raise Forbidden("Pages of this origin may not do that.")
        return Response(status_code=204, headers={**_PREFLIGHT, **self.readable(headers)})

    def readable(self, headers: Headers) -> dict[str, str]:
        """What lets the page read the answer to a request with a publishable key."""
        vary = {"vary": "Origin"}
        origin = headers.get("origin", "")
        if origin not in self._origins:
            return vary
        return {"access-control-allow-origin": origin, **_READABLE, **vary}

    def admit(self, token: str, scope: Scope, headers: Headers) -> tuple[Principal, PublishableKey]:
        """Raises Unauthorised, Forbidden, RateLimited."""
        key = self._keys.get(token)
        if key is None:
            raise Unauthorised("This publishable key is not known here.")
        if headers.get("origin") not in key.origins:
            raise Forbidden("This publishable key is for pages of other origins.")
        if not _is_allowed(scope["method"], scope["path"]):
            raise Forbidden("A publishable key may ask, follow and stop, and nothing else.")
        if scope["path"] == SESSION:
            return Principal(LOCAL.tenant_id, ""), key
        name = self._sessions.visitor(token, headers.get(VISITOR, ""))
        user_id = "vis_" + hashlib.sha256(f"{token} {name}".encode()).hexdigest()[:40]
        if _ASKS.fullmatch(f"{scope['method']} {scope['path']}"):
            self._count(key, user_id, scope)
        return Principal(LOCAL.tenant_id, user_id), key

    def session(self, key: PublishableKey, token: str) -> Session:
        return self._sessions.begin(key.key, token)

    def is_welcome(self, token: str, origin: str | None) -> bool:
        """Whether a page of that origin may use the key."""
        key = self._keys.get(token)
        return key is not None and origin in key.origins

    def _count(self, key: PublishableKey, user_id: str, scope: Scope) -> None:
        address = scope["client"][0] if scope.get("client") else ""
        self._asked.one(user_id, key.visitor_per_minute)
        self._asked.one(f"{key.key} {address}", key.address_per_minute)


class _Asked:
    """How many questions each name has left: a minute's worth at once, then as they grow back."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._left: dict[str, tuple[float, float]] = {}

    def one(self, name: str, per_minute: int) -> None:
        """Raises RateLimited, with the seconds to wait."""
        now = self._now()
        left, at = self._left.pop(name, (float(per_minute), now))
        left = min(per_minute, left + (now - at) * per_minute / 60)
        self._left[name] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > KEPT:
            del self._left[next(iter(self._left))]
        if left < 1:
            wait = ceil((1 - left) * 60 / per_minute)
            raise RateLimited("Too many questions in a short time.", retry_after=wait)


def _is_allowed(method: str, path: str) -> bool:
    return bool(_ALLOWED.fullmatch(f"{method} {path}"))
