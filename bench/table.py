"""The one table: a row a measurement, Rivulet beside its peers, and whether the target is held."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

PEERS = {
    "floor": "pass-through",
    "passing": "Starlette bytes",
    "relay": "Starlette+aiohttp",
    "sdk": "FastAPI+openai",
}
"""Column heads, in order, after Rivulet's own."""


@dataclass(frozen=True)
class Check:
    """What Rivulet's figure must hold: itself at most `limit`, or its multiple of a peer's at most `limit`,
    or (`is_cheaper`) the peer's multiple of it at least `limit`."""

    limit: float
    peer: str | None = None
    is_cheaper: bool = False


@dataclass
class Row:
    """`values` by server name. A value that could not be had is missing; `note` says why, or what else
    a reader must know."""

    label: str
    unit: str
    values: Mapping[str, float | None]
    checks: Sequence[Check] = ()
    note: str = ""
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict[str, Sequence[float]])

    def ratio(self, check: Check) -> float | None:
        """The figure that is compared with the limit; None when a part of it is missing."""
        own = self.values.get("rivulet")
        if own is None or check.peer is None:
            return own
        peer = self.values.get(check.peer)
        if peer is None or own == 0 or peer == 0:
            return None
        return peer / own if check.is_cheaper else own / peer

    def is_held(self, check: Check) -> bool | None:
        ratio = self.ratio(check)
        if ratio is None:
            return None
        return ratio >= check.limit if check.is_cheaper else ratio <= check.limit


def render(rows: Iterable[Row]) -> str:
    """Plain text, aligned. A row with several targets goes on in the lines below it."""
    rows = list(rows)
    heads = ["measurement", "Rivulet", *PEERS.values(), "ratio", "target", "held?"]
    lines = [heads]
    for row in rows:
        values = [number(row.values.get(name)) for name in ("rivulet", *PEERS)]
        label = f"{row.label} ({row.unit})" if row.unit else row.label
        checks = [_check(row, check) for check in row.checks] or [["", "", ""]]
        lines.append([label, *values, *checks[0]])
        lines += [[*[""] * (2 + len(PEERS)), *more] for more in checks[1:]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    aligned = [_aligned(line, widths) for line in lines]
    notes = [f"  {row.label}: {row.note}" for row in rows if row.note]
    rule = "-" * len(aligned[0])
    return "\n".join([aligned[0], rule, *aligned[1:], *(["", "notes", *notes] if notes else [])])


def as_data(rows: Iterable[Row]) -> list[dict[str, object]]:
    """The same for machines."""
    return [
        {
            "label": row.label,
            "unit": row.unit,
            "values": dict(row.values),
            "samples": {name: list(values) for name, values in row.samples.items()},
            "note": row.note,
            "checks": [
                {
                    "peer": check.peer,
                    "is_cheaper": check.is_cheaper,
                    "limit": check.limit,
                    "ratio": row.ratio(check),
                    "held": row.is_held(check),
                }
                for check in row.checks
            ],
        }
        for row in rows
    ]


def number(value: float | None) -> str:
    """Three significant digits, thousands apart; a dash for what there is not."""
    if value is None:
        return "–"
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _check(row: Row, check: Check) -> list[str]:
    ratio, held = row.ratio(check), row.is_held(check)
    sign, times = ("≥", " ×") if check.is_cheaper else ("≤", " ×" if check.peer else "")
    shown = ""
    if check.peer and ratio is not None:
        way = "below" if check.is_cheaper else "of"
        shown = f"{number(ratio)} × {way} {PEERS[check.peer]}"
    verdict = "–" if held is None else "yes" if held else "NO"
    return [shown, f"{sign} {number(check.limit)}{times}", verdict]


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    figures = slice(1, 2 + len(PEERS))
    words = slice(figures.stop, None)
    cells = [line[0].ljust(widths[0])]
    cells += [cell.rjust(width) for cell, width in zip(line[figures], widths[figures], strict=True)]
    cells += [cell.ljust(width) for cell, width in zip(line[words], widths[words], strict=True)]
    return "  ".join(cells).rstrip()
