"""Where a model's service is and what it is shown: an operator's URL and key, checked once."""

import base64
from collections.abc import Mapping

from yarl import URL

from rivulet.config import BadSettings


class Address:
    """`headers` carry the credentials; `secrets` are what no log may show."""

    def __init__(self, base_url: str, api_key: str | None = None) -> None:
        url = _checked(base_url)
        key = _checked_key(api_key)
        self.headers: Mapping[str, str] = {"Content-Type": "application/json", **_authorisation(url, key)}
        self.secrets = tuple(secret for secret in (key, url.password) if secret)
        self._base = url.with_user(None).with_fragment(None)

    def at(self, path: str) -> URL:
        """The base with a path after its own; a query stays at the end."""
        return self._base.with_path(self._base.path.rstrip("/") + path, keep_query=True)

    def __repr__(self) -> str:
        return f"Address({self._base.origin()})"


def _checked(base_url: str) -> URL:
    try:
        url = URL(base_url.strip())
    except ValueError:
        raise BadSettings("The model's base URL is not a URL.") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise BadSettings("The model's base URL must begin with http:// or https:// and name a host.")
    return url


def _checked_key(key: str | None) -> str | None:
    key = (key or "").strip()
    if not (key.isascii() and key.isprintable()):
        raise BadSettings("The model's key contains characters that no key has.")
    return key or None


def _authorisation(url: URL, key: str | None) -> dict[str, str]:
    if key is not None:
        return {"Authorization": f"Bearer {key}"}
    if url.user is None:
        return {}
    pair = f"{url.user}:{url.password or ''}".encode()
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}
