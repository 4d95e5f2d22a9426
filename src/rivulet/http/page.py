"""The built front end, served from the package under a policy that lets nothing foreign in."""

import gzip
import hashlib
import mimetypes
from base64 import b64encode
from importlib.resources import files
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from rivulet import __version__
from rivulet.domain.errors import NotFound
from rivulet.http.sandbox import PATH as SANDBOX

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src {frames}",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)

SAFETY = {
    "content-security-policy": POLICY.format(frames="'self'"),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}

UNLISTED = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow, noarchive"}
"""For what is read under a link: nobody keeps it, so that it is gone when the link has been ended."""

_FOR_EVER = "public, max-age=31536000, immutable"
_NAMED_BY_CONTENT = ("assets/", "widget/")

LOADER = "w.js"
"""What pages of others name in their script tag: new to everybody within ten minutes of an upgrade."""

FIXED = f"w@{__version__}.js"
"""The same for pages that want exactly this version, with its hash in their tag. An upgrade ends it."""

_LOADERS = {f"w@{__version__.partition('.')[0]}.js": LOADER, FIXED: LOADER}
"""Names of the loader that no file has: what a page of another version names is not there."""

_FOR_OTHER_PAGES = {
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
}
"""A module from another origin is only taken with these."""

_SMALL = 1000
"""Bytes below which packing saves nothing."""


class Page:
    """Files by their exact name. For people every other address outside the API is the page itself; programs,
    which do not ask for HTML, are told that there is nothing. `assets/` have a hash in their names and may be
    kept for ever."""

    def __init__(self, sandbox_origin: str = "") -> None:
        self._files = _read(Path(str(files("rivulet"))) / "web")
        self._safety = SAFETY
        if sandbox_origin:
            self._safety = {**SAFETY, "content-security-policy": POLICY.format(frames=sandbox_origin)}
            named = f'<meta name="rivulet-sandbox" content="{sandbox_origin}{SANDBOX}">'
            if self.is_built:
                page = self._files["index.html"].replace(b"</head>", f"{named}</head>".encode())
                self._files["index.html"] = page
        # The page names its files from its own address, so that it may stand below any path of a proxy.
        self._packed: dict[bytes, bytes] = {}
        self._deeper = self._files.get("index.html", b"").replace(b'"./assets/', b'"../assets/')

    @property
    def is_built(self) -> bool:
        return "index.html" in self._files

    @property
    def integrity(self) -> str:
        """The loader's hash as a script tag names it; empty where no page was built."""
        loader = self._files.get(LOADER)
        return f"sha384-{b64encode(hashlib.sha384(loader).digest()).decode()}" if loader else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        named, asked = scope["path"].lstrip("/") or "index.html", Headers(scope=scope)
        name = _LOADERS.get(named, named)
        is_file = name in self._files
        is_share = name.startswith("share/") and not is_file
        is_ours = name.startswith(("v1/", *_NAMED_BY_CONTENT, LOADER, "w@"))
        is_page = is_share or (not is_ours and "text/html" in asked.get("accept", ""))
        if scope["method"] not in ("GET", "HEAD") or not (is_file or is_page):
            raise NotFound
        name = name if is_file else "index.html"
        content = self._deeper if is_share else self._files.get(name)
        if not content:
            raise NotFound("The page was not built into this installation; the API works without it.")
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        headers = {**self._safety, **(UNLISTED if is_share else _keeping(name, named == FIXED))}
        await self._reply(content, kind, headers, asked)(scope, receive, send)

    def _reply(self, content: bytes, kind: str, headers: dict[str, str], asked: Headers) -> Response:
        """Packed for whoever takes it, and nothing for whoever has it already."""
        headers["etag"] = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
        if headers["etag"] in asked.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if kind.startswith("font/") or len(content) < _SMALL:
            return Response(content, headers=headers, media_type=kind)
        headers["vary"] = "Accept-Encoding"
        if "gzip" in asked.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            content = self._pack(content)
        return Response(content, headers=headers, media_type=kind)

    def _pack(self, content: bytes) -> bytes:
        if content not in self._packed:
            self._packed[content] = gzip.compress(content, 9, mtime=0)
        return self._packed[content]


def _keeping(name: str, is_fixed: bool) -> dict[str, str]:
    """How long a browser may keep a file, and which pages may use it."""
    if is_fixed:
        return {"cache-control": _FOR_EVER, **_FOR_OTHER_PAGES}
    if name == LOADER:
        return {"cache-control": "public, max-age=600", **_FOR_OTHER_PAGES}
    if not name.startswith(_NAMED_BY_CONTENT):
        return {"cache-control": "no-cache"}
    return {"cache-control": _FOR_EVER, **(_FOR_OTHER_PAGES if name.startswith("widget/") else {})}


def _read(folder: Path) -> dict[str, bytes]:
    """Everything at once: a few hundred kilobytes, and no path from a request ever reaches the disk."""
    if not folder.is_dir():
        return {}
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
