"""Milliseconds since 1970 as people's systems write them."""

from datetime import UTC, datetime


def iso(ms: int) -> str:
    """`2026-01-01T00:00:00.020Z`."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
