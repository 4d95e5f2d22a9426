"""/sandbox: the document in which artifacts run, under a policy that keeps them from everything.

The page puts it into a frame of its own with `sandbox="allow-scripts"`, and this policy says the same again,
for whoever opens the address itself: scripts run, but in an origin that nothing else is in.
"""

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
        "frame-ancestors 'self'",
    )
)

_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


def route() -> Route:
    """Without a key: the document is the same for everybody and knows nothing."""
    content = (files("rivulet.http") / "sandbox.html").read_bytes()

    async def sandbox(_: Request) -> Response:
        return Response(content, media_type="text/html", headers=_HEADERS)

    return Route("/sandbox", sandbox, methods=["GET"])
