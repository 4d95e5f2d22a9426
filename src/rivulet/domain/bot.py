"""A bot: the profile a turn is answered by, with its limits."""

from typing import Annotated

import msgspec

Interval = Annotated[float, msgspec.Meta(gt=0)]


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seconds, steps and bytes one turn may use; None means no limit.

    30 s to the first event and 30 s of silence are what the five replaced systems promise their users;
    `output_bytes` stops a model that repeats itself for ever (1 MiB is about 250,000 tokens).
    """

    first_event_s: Interval | None = 30.0
    idle_s: Interval | None = 30.0
    total_s: Interval | None = None
    tool_steps: Annotated[int, msgspec.Meta(ge=0)] = 8
    output_bytes: Annotated[int, msgspec.Meta(ge=1)] = 1 << 20


class Bot(msgspec.Struct, frozen=True, kw_only=True):
    """`model` is a plug-in string such as `extractive`, `openai:gpt-5-mini`, `callable:pkg.mod:fn`."""

    id: str = "default"
    name: str = "Rivulet"
    model: str = "extractive"
    instructions: str = ""
    temperature: float | None = None
    max_output_tokens: int | None = None
    top_k: int = 6
    tools: tuple[str, ...] = ()
    limits: Limits = Limits()
