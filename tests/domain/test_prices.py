"""What an answer cost, by the operator's price list."""

import msgspec
import pytest

from rivulet.domain.events import Cost, Usage
from rivulet.domain.prices import Price

PRICE = Price(input=0.25, cached_input=0.025, output=2)
COUNTED = Usage(input_tokens=412, output_tokens=38, total_tokens=450)


@pytest.mark.parametrize(
    ("usage", "amount"),
    [
        (COUNTED, 0.000179),
        (msgspec.structs.replace(COUNTED, cached_input_tokens=400, reasoning_tokens=30), 0.000089),
        (msgspec.structs.replace(COUNTED, cached_input_tokens=9000), 0.0000863),
        (Usage(input_tokens=1, total_tokens=1), 0.00000025),
    ],
)
def test_counted_tokens_cost(usage: Usage, amount: float) -> None:
    """Read, cached and written at their own prices for a million; parts of them cost nothing besides."""
    assert PRICE.applied(usage).cost == Cost(amount=amount, currency="USD")


@pytest.mark.parametrize("usage", [Usage(), msgspec.structs.replace(COUNTED, estimated=True)])
def test_what_nobody_counted_has_no_cost(usage: Usage) -> None:
    """An estimate is no bill."""
    assert PRICE.applied(usage) == usage


def test_cached_tokens_cost_as_the_others_unless_they_have_a_price() -> None:
    """A list without that column is a list for all input."""
    plain = Price(input=1, output=0, currency="EUR")
    cached = msgspec.structs.replace(COUNTED, cached_input_tokens=400)
    assert plain.applied(cached).cost == plain.applied(COUNTED).cost == Cost(amount=0.000412, currency="EUR")
