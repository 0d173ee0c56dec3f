"""How long something takes: counts by length, as a histogram of Prometheus has them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds. Those that Prometheus' own libraries take."""


@dataclass(slots=True)
class Durations:
    """Since the start of a process. Noting one costs well under a microsecond."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    """How many were at most as long as each of ``BOUNDS`` and longer than the one before; the last: longer than all."""

    seconds: float = 0.0
    """All together."""

    def note(self, seconds: float) -> None:
        """One more that took so long."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds

    def figures(self) -> list[float]:
        """JSON-ready, for ``read_durations``."""
        return [round(self.seconds, 6), *self.counts]

    def up_to(self) -> list[tuple[float, int]]:
        """How many were at most so many seconds long, for each bound and for infinity."""
        told, sum_so_far = [], 0
        for bound, count in zip((*BOUNDS, float("inf")), self.counts, strict=True):
            sum_so_far += count
            told.append((bound, sum_so_far))
        return told


def read_durations(figures: Sequence[object]) -> Durations:
    """What ``Durations.figures`` wrote. Raises ``ValueError``."""
    numbers = [one for one in figures if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) != len(figures) or len(numbers) != len(BOUNDS) + 2:
        raise ValueError(f"{len(BOUNDS) + 2} numbers make durations")
    return Durations([int(one) for one in numbers[1:]], float(numbers[0]))
