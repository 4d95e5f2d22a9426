"""How a person wants answers to be shown and questions to be taken, in every browser they use."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

import msgspec

Streaming = Literal["auto", "on", "off"]
"""Whether an answer is shown as it is written; `auto` is each screen's own choice."""

WhileAnswering = Literal["queue", "draft", "lock"]
"""What becomes of a question while an answer is written."""

UsageShown = Literal["asked", "always", "never"]
"""When the time and the tokens of an answer are shown."""

WORDS: Mapping[str, tuple[str, ...]] = {
    "streaming": get_args(Streaming),
    "while_answering": get_args(WhileAnswering),
    "usage": get_args(UsageShown),
}
"""Every preference there is, with the words it may have."""


class Preferences(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was chosen; what is missing was never chosen, and whoever shows the page decides."""

    streaming: Streaming | None = None
    while_answering: WhileAnswering | None = None
    usage: UsageShown | None = None


def preferences(kept: Mapping[str, str]) -> Preferences:
    """What is kept, without what only a newer version knows."""
    known: dict[str, Any] = {name: word for name, word in kept.items() if word in WORDS.get(name, ())}
    return Preferences(**known)
