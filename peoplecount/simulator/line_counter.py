"""A line's counter inside a camera: what the camera has seen since its last reset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from peoplecount.simulator.crossings import Direction, LineTraffic
from peoplecount.simulator.plan import LinePlan

_NEVER = float("-inf")
_FOR_EVER = float("inf")


@dataclass(slots=True)
class Blindness:
    """A stretch in which people crossed and the camera did not count them."""

    start: float
    end: float


class LineCounter:
    """Counts one line. What really happened is ``traffic``; what the camera saw of it is ``seen``."""

    def __init__(self, plan: LinePlan, traffic: LineTraffic, *, since: float = _NEVER) -> None:
        """``since`` is when the line was drawn."""
        self.plan = plan
        self.traffic = traffic
        self.history_since = _NEVER
        """People before it are forgotten for good."""

        self._reset_at = [_NEVER, _NEVER]
        self._turned_at: list[float] = []
        self._blind: list[Blindness] = []
        if not plan.enabled:
            self.go_blind(_NEVER, _FOR_EVER)
        elif since > _NEVER:
            self.go_blind(_NEVER, since)

    @property
    def key(self) -> tuple[int, int, int]:
        """Channel, rule and index."""
        return self.plan.channel, self.plan.rule, self.plan.index

    def totals(self, day_starts: tuple[float, float], now: float) -> tuple[int, int]:
        """What the camera shows: in and out since the resets of its day, or since the last reset for another reason."""
        return (
            self.seen(Direction.IN, max(day_starts[0], self._reset_at[0]), now),
            self.seen(Direction.OUT, max(day_starts[1], self._reset_at[1]), now),
        )

    def seen(self, direction: Direction, start: float, end: float) -> int:
        """People counted by the camera, for what it took for in and out, from ``start`` up to before ``end``."""
        people = 0
        for way, since, until in self._senses(direction, start, end):
            people += self.traffic.count(way, since, until)
            for blindness in self._blind:
                people -= self.traffic.count(way, max(since, blindness.start), min(until, blindness.end))
        return people

    def _senses(self, direction: Direction, start: float, end: float) -> Iterator[tuple[Direction, float, float]]:
        """Which way people really went whom the camera took to go ``direction``: (way, from, to)."""
        if not self._turned_at:
            yield direction, start, end
            return
        for number, (since, until) in enumerate(pairwise([_NEVER, *self._turned_at, _FOR_EVER])):
            way = direction if number % 2 == 0 else Direction(1 - direction)
            if max(start, since) < min(end, until):
                yield way, max(start, since), min(end, until)

    def reset(self, direction: Direction, instant: float) -> None:
        """One direction's total starts again from zero."""
        self._reset_at[direction] = instant

    def forget(self, instant: float, *, keeps_history: bool = False) -> None:
        """Totals are gone, and history with them unless it is kept."""
        self._reset_at = [instant, instant]
        if not keeps_history:
            self.history_since = instant

    def turn(self, instant: float) -> None:
        """From now on in is out."""
        self._turned_at.append(instant)

    def go_blind(self, start: float, end: float) -> None:
        """Count nobody for a while. A stretch inside an earlier one adds nothing."""
        covered_until = max((blindness.end for blindness in self._blind), default=_NEVER)
        start = max(start, covered_until)
        if start < end:
            self._blind.append(Blindness(start, end))

    def open_eyes(self, instant: float) -> None:
        """Count again."""
        if self.plan.enabled:
            for blindness in self._blind:
                blindness.end = min(blindness.end, max(blindness.start, instant))
