"""Servers to be measured beside: each does only what people's relays do, in the fewest honest lines."""
