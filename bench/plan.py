"""How long and how often to measure."""

import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench import machine
from bench.servers import ALL, Server


@dataclass
class Plan:
    """`scale` shrinks the number of streams, followers and stops for a test of the tools themselves."""

    is_quick: bool = False
    repeats: int = 3
    scale: float = 1.0
    servers: Sequence[Server] = ALL
    is_named: bool = False
    quiet_s: float = 20.0
    foreign: float = 0.0

    def say(self, what: str) -> None:
        """Progress, for the person who waits; the table goes to standard output."""
        print(what, file=sys.stderr, flush=True)

    def count(self, full: int, quick: int | None = None) -> int:
        return max(1, round((quick if self.is_quick and quick is not None else full) * self.scale))

    def rounds(self) -> Iterable[tuple[int, Server]]:
        """Every server once per repeat, in turn, so that a busy minute does not fall on one of them."""
        for repeat in range(self.repeats):
            turned = [
                *self.servers[repeat % len(self.servers) :],
                *self.servers[: repeat % len(self.servers)],
            ]
            for server in turned:
                yield repeat, server

    def settle(self) -> None:
        """Waits for a quiet machine, and remembers the worst it had to put up with."""
        self.foreign = max(self.foreign, machine.wait_for_quiet(patience_s=self.quiet_s))


def medians(samples: Mapping[str, Sequence[float]]) -> dict[str, float | None]:
    return {name: statistics.median(values) if values else None for name, values in samples.items()}
