"""What the provider's answers of one turn cost together."""

from collections.abc import Sequence

from rivulet.domain.events import Usage

CHARS_PER_TOKEN = 4
"""English text with the usual tokenizers; other scripts have fewer. Only for providers that count nothing."""


def total(usages: Sequence[Usage]) -> Usage:
    """The sum; a part that no answer has stays None, and one estimated answer makes the sum an estimate."""
    return Usage(
        input_tokens=sum(usage.input_tokens for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        total_tokens=sum(usage.total_tokens for usage in usages),
        reasoning_tokens=_sum([usage.reasoning_tokens for usage in usages]),
        cached_input_tokens=_sum([usage.cached_input_tokens for usage in usages]),
        cache_write_input_tokens=_sum([usage.cache_write_input_tokens for usage in usages]),
        estimated=any(usage.estimated for usage in usages),
    )


def estimated(read: int, written: int) -> Usage:
    """From characters, rounded up."""
    asked, said = -(-read // CHARS_PER_TOKEN), -(-written // CHARS_PER_TOKEN)
    return Usage(input_tokens=asked, output_tokens=said, total_tokens=asked + said, estimated=True)


def _sum(parts: Sequence[int | None]) -> int | None:
    counted = [part for part in parts if part is not None]
    return sum(counted) if counted else None
