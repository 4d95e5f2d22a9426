"""Figures for Prometheus: how turns end, how long the first token takes, what is open now."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.responses import Response

from rivulet.domain.events import TurnFinished
from rivulet.engine.service import Service

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Around the promise that the first token comes within a second."""


class Metrics:
    """No label carries a tenant's words or ids."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._finished = Counter(
            "rivulet_turns_finished", "Turns by how they ended", ["status", "code"], registry=self._registry
        )
        self._first_token = Histogram(
            "rivulet_time_to_first_token_seconds",
            "From the start of a turn to its first token",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._tokens = Counter(
            "rivulet_tokens", "Tokens by direction", ["direction"], registry=self._registry
        )
        self._running = Gauge("rivulet_turns_running", "Turns being answered", registry=self._registry)
        self._followers = Gauge("rivulet_followers", "Readers connected", registry=self._registry)

    def observe(self, finished: TurnFinished) -> None:
        """One turn has ended."""
        self._finished.labels(finished.status, finished.error.code if finished.error else "").inc()
        self._tokens.labels("input").inc(max(0, finished.usage.input_tokens))
        self._tokens.labels("output").inc(max(0, finished.usage.output_tokens))
        if finished.timing is not None and finished.timing.time_to_first_token_ms is not None:
            self._first_token.observe(finished.timing.time_to_first_token_ms / 1000)

    def watch(self, service: Service) -> None:
        """The gauges read these when they are asked."""
        self._running.set_function(lambda: len(service.running))
        self._followers.set_function(lambda: len(service.hub.followers))

    def response(self) -> Response:
        return Response(generate_latest(self._registry), media_type="text/plain; version=0.0.4")
