"""A line's counter inside a camera: what the camera has seen since its last reset."""

from __future__ import annotations

from dataclasses import dataclass

from peoplecount.simulator.crossings import Direction, LineTraffic
from peoplecount.simulator.plan import LinePlan


@dataclass(slots=True)
class Blindness:
    """A stretch in which people crossed and the camera did not count them."""

    start: float
    end: float


class LineCounter:
    """Counts one line. What really happened is ``traffic``; what the camera saw of it is ``seen``."""

    def __init__(self, plan: LinePlan, traffic: LineTraffic) -> None:
        self.plan = plan
        self.traffic = traffic
        self.history_since = float("-inf")
        """People before it are forgotten for good."""

        self._reset_at = [float("-inf"), float("-inf")]
        self._blind: list[Blindness] = []
        if not plan.enabled:
            self._blind.append(Blindness(float("-inf"), float("inf")))

    def totals(self, day_start: float, now: float) -> tuple[int, int]:
        """What the camera shows: in and out since its midnight or its last reset."""
        reset_in, reset_out = self._reset_at
        return (
            self.seen(Direction.IN, max(day_start, reset_in), now),
            self.seen(Direction.OUT, max(day_start, reset_out), now),
        )

    def seen(self, direction: Direction, start: float, end: float) -> int:
        """People counted by the camera from ``start`` up to, and not including, ``end``."""
        people = self.traffic.count(direction, start, end)
        for blindness in self._blind:
            people -= self.traffic.count(direction, max(start, blindness.start), min(end, blindness.end))
        return people

    def reset(self, direction: Direction, instant: float) -> None:
        """One direction's total starts again from zero."""
        self._reset_at[direction] = instant

    def forget(self, instant: float) -> None:
        """Totals and history are gone."""
        self.history_since = instant
        self._reset_at = [instant, instant]

    def go_blind(self, start: float, end: float) -> None:
        """Count nobody for a while. A stretch inside an earlier one adds nothing."""
        covered_until = max((blindness.end for blindness in self._blind), default=float("-inf"))
        start = max(start, covered_until)
        if start < end:
            self._blind.append(Blindness(start, end))

    def open_eyes(self, instant: float) -> None:
        """Count again."""
        if self.plan.enabled:
            for blindness in self._blind:
                blindness.end = min(blindness.end, max(blindness.start, instant))
