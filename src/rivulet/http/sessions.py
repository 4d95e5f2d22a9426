"""Sessions of visitors: a name that the server has signed, good for a quarter of an hour (PROTOCOL.md §10.2).

A browser keeps what it is given in `localStorage`, where any script of its page can read it. Therefore it is
worth nothing a quarter of an hour after the last page was closed. While it is good, whoever has it can have
the session renewed, as the next page must; what bounds that is the day in all.
"""

import hmac
import logging
import os
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import msgspec

from rivulet.domain.errors import Unauthorised

log = logging.getLogger(__name__)

KEPT_S = 15 * 60
"""How long the token that is kept is good for: from page to page, and a cup of coffee in between."""

RENEWED_S = 24 * 3600
"""How long the same visitor can be had again at all, by whatever token."""

_FILE = "visitors.secret"
_SECRET_BYTES = 32
_TOKEN = re.compile(r"(vis|ren)\.([A-Za-z0-9_-]{22})\.(\d{1,12})\.(\d{1,12})\.([A-Za-z0-9_-]{43})", re.A)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """`visitor` goes with every request of a page, `renewal` only with the wish for another session."""

    visitor: str
    renewal: str
    expires_in: int


class Sessions:
    """Signs with a secret that outlives a restart, so that nobody notices one. `now` is wall time."""

    def __init__(self, secret: bytes, now: Callable[[], float]) -> None:
        self._secret = secret
        self._now = now

    def begin(self, key: str, token: str) -> Session:
        """For the visitor of the token while that is good, and for a new one otherwise."""
        now = int(self._now())
        name, last = self._read(key, token) or (secrets.token_urlsafe(16), now + RENEWED_S)
        until = min(now + KEPT_S, last)
        return Session(
            visitor=self._sign("vis", key, name, until, last),
            renewal=self._sign("ren", key, name, last, last),
            expires_in=until - now,
        )

    def visitor(self, key: str, token: str) -> str:
        """The visitor's name. Raises Unauthorised: then the page begins another session."""
        found = self._read(key, token)
        if found is None or not token.startswith("vis."):
            raise Unauthorised("This session is over: begin another one.")
        return found[0]

    def _sign(self, kind: str, key: str, name: str, until: int, last: int) -> str:
        """`last` goes along, so that no renewal makes a visitor last longer than at first allowed."""
        said = f"{kind}.{name}.{until}.{last}"
        mac = hmac.digest(self._secret, f"{key} {said}".encode(), "sha256")
        return f"{said}.{urlsafe_b64encode(mac).decode().rstrip('=')}"

    def _read(self, key: str, token: str) -> tuple[str, int] | None:
        """The name and the last second of a token that is ours, for this key, and good now."""
        found = _TOKEN.fullmatch(token)
        if found is None:
            return None
        kind, name, until, last, _ = found.groups()
        is_ours = hmac.compare_digest(token, self._sign(kind, key, name, int(until), int(last)))
        return (name, int(last)) if is_ours and self._now() < int(until) else None


def secret_in(data_dir: Path) -> bytes:
    """The one that is kept there, or a new one; where nothing can be written, one until the next start."""
    path = data_dir / _FILE
    try:
        found = path.read_bytes()
        if len(found) == _SECRET_BYTES:
            return found
    except OSError:
        pass
    secret = secrets.token_bytes(_SECRET_BYTES)
    try:
        # Written aside and moved, so that a kill in between leaves no half of one.
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secret)
        fresh.replace(path)
    except OSError as problem:
        log.warning("visitors' sessions end at the next start: %s cannot be written (%s)", path, problem)
    return secret
