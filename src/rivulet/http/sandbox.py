"""/sandbox: the document in which artifacts run, under a policy that keeps them from everything.

The page puts it into a frame of its own with `sandbox="allow-scripts"`, and this policy says the same again,
for whoever opens the address itself: scripts run, but in an origin that nothing else is in.

With `sandbox_origin` it is at a host of its own, which serves nothing else (`door`): the browser then runs
artifacts in another process than the page.
"""

from collections.abc import Collection
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

POLICY = "; ".join(
    (
        "sandbox allow-scripts",
        "default-src 'none'",
        "script-src 'unsafe-inline'",
        "style-src 'unsafe-inline'",
        "img-src data: blob:",
        # These do not follow default-src.
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'{holders}",
    )
)

_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


PATH = "/sandbox"


def route(holders: Collection[str] = ()) -> Route:
    """Without a key: the document is the same for everybody and knows nothing. `holders` are hosts whose
    pages may hold it besides those of its own; a policy has no words for an IPv6 address."""
    named = "".join(f" {host}:*" for host in sorted(holders) if ":" not in host)
    headers = {**_HEADERS, "content-security-policy": POLICY.format(holders=named)}
    content = (files("rivulet.http") / "sandbox.html").read_bytes()

    async def sandbox(_: Request) -> Response:
        return Response(content, media_type="text/html", headers=headers)

    return Route(PATH, sandbox, methods=["GET"])
