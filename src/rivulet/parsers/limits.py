"""What reading one file may cost."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Enforced on the child process that reads; beyond one of them the file is refused with that reason.

    `wall_s` and as many seconds of CPU: the largest real file tried (120 pages, 220 tables) takes 0.4 s, so a
    minute is a hanging parser, not a long book. `memory_mib` is on top of what an idle child maps: a 100 MB
    spreadsheet needs about 700 MiB. `file_bytes` keeps the file and its text together below that.
    `idle_s` without work ends the children: a server that only answers keeps none of their 30 to 60 MB.
    """

    wall_s: float = 60.0
    memory_mib: int = 1024
    file_bytes: int = 256 << 20
    idle_s: float = 30.0
