"""What a model's tokens cost, as the operator has said it."""

from typing import Annotated

import msgspec

from rivulet.domain.events import Cost, Usage

MILLION = 1_000_000
_DIGITS = 9
"""Behind the decimal point: a token of the cheapest model costs some 10⁻⁸, and a float is off by less."""

Amount = Annotated[float, msgspec.Meta(ge=0)]


class Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For a million tokens each. What the provider had cached costs `cached_input`, or as much as the
    rest."""

    input: Amount
    output: Amount
    cached_input: Amount | None = None
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] = "USD"

    def applied(self, usage: Usage) -> Usage:
        """The usage with its cost, when its tokens were counted; what was estimated is not billed."""
        if usage.estimated or not usage.total_tokens:
            return usage
        cached = min(usage.cached_input_tokens or 0, usage.input_tokens)
        amount = (usage.input_tokens - cached) * self.input + usage.output_tokens * self.output
        amount += cached * (self.input if self.cached_input is None else self.cached_input)
        cost = Cost(amount=round(amount / MILLION, _DIGITS), currency=self.currency)
        return msgspec.structs.replace(usage, cost=cost)
