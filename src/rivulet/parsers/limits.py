"""What reading one file may cost."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Enforced on the child process that reads; beyond one of them the file is refused with that reason.

    `wall_s` and as many seconds of CPU: a standard of 120 pages takes 0.4 s and a workbook of 900,000 cells
    7 s, so a minute is a hanging parser, not a long book. `memory_mib` is on top of what an idle child maps:
    that workbook needs 150 MiB. `file_bytes` leaves room for the file and its text below it. `idle_s`
    without work ends the children: a server that only answers keeps none of their 30 to 60 MB.
    """

    wall_s: float = 60.0
    memory_mib: int = 1024
    file_bytes: int = 256 << 20
    idle_s: float = 30.0
