"""Is it alive, is it ready, what does it have: /livez, /readyz, /health, /metrics, /v1/models."""

from fastapi import APIRouter
from starlette.responses import Response

from rivulet.http.errors import reply
from rivulet.http.metrics import Metrics
from rivulet.http.shapes import Health, ModelList, ModelListed, ModelShown, described
from rivulet.wiring import House


def routes(house: House, metrics: Metrics) -> APIRouter:
    router = APIRouter(tags=["operation"])

    async def alive() -> Response:
        """Whether the process works."""
        return reply(Health(status="ok"))

    for path in ("/livez", "/health", "/v1/health"):
        router.get(path, responses=described(200, Health), operation_id=path.strip("/").replace("/", "_"))(
            alive
        )

    @router.get("/readyz", responses=described(200, Health, "New turns are taken"))
    async def readyz() -> Response:
        """503 while the server drains, or when its data directory cannot be written."""
        reason = await house.not_ready()
        return (
            reply(Health(status="ok")) if reason is None else reply(Health(status="no", reason=reason), 503)
        )

    @router.get("/metrics", responses={200: {"content": {"text/plain": {}}}})
    async def prometheus() -> Response:
        """Figures for Prometheus, in its text format."""
        return metrics.response()

    @router.get("/v1/models", responses=described(200, ModelList))
    async def models() -> Response:
        """What `model` may name: the models of every configured provider that answers."""
        default = house.settings.model
        found = [
            ModelShown(id=each, provider=each.partition(":")[0], is_default=each == default)
            for each in await house.models()
        ]
        data = [ModelListed(id=each.id, owned_by=each.provider) for each in found]
        return reply(ModelList(models=found, data=data))

    return router
