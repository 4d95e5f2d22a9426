"""The stages of one turn, opened and closed with their durations."""

from typing import Any, Literal

from rivulet.domain.events import StageFinished, StageStarted
from rivulet.ports.turns import Clock


class Stages:
    """`start` and `finish` by name; each stage gets an id of its own.

    The ids carry the time, because a turn that is answered again after a crash has the stages of the first
    attempt in its log already.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._attempt = f"{clock.now_ms():x}"
        self._count = 0
        self._open: dict[str, tuple[str, float]] = {}

    def start(self, stage: str, label: str) -> StageStarted:
        self._count += 1
        stage_id = f"{stage}_{self._attempt}_{self._count}"
        self._open[stage] = (stage_id, self._clock.monotonic())
        return StageStarted(stage=stage, stage_id=stage_id, label=label)

    def is_open(self, stage: str) -> bool:
        return stage in self._open

    def finish(
        self,
        stage: str,
        status: Literal["completed", "failed"] = "completed",
        detail: dict[str, Any] | None = None,
    ) -> StageFinished:
        stage_id, began = self._open.pop(stage)
        took = max(0, round((self._clock.monotonic() - began) * 1000))
        return StageFinished(stage=stage, stage_id=stage_id, status=status, duration_ms=took, detail=detail)
