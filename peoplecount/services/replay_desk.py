"""What a replay shows of itself, and how fast it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from peoplecount.services.replay_clock import ReplayClock

SPEEDS = (1.0, 10.0, 60.0, 600.0)
"""Those that a page offers, beside the one it began with."""


@dataclass(frozen=True, slots=True)
class ReplayStanding:
    """How a replay stands just now."""

    day: date
    """That is played, by the wall clock of its first site."""

    speed: float
    """Played seconds in a real one, as it is or was last; never 0."""

    stands: bool
    is_over: bool


class ReplayDesk:
    """Any thread may call it."""

    def __init__(self, clock: ReplayClock, zone: ZoneInfo, turned: Callable[[], None]) -> None:
        """``turned`` is called after each change: whoever shows the time must know how fast it goes."""
        self._clock = clock
        self._zone = zone
        self._turned = turned
        self._first = self._last = clock.speed or 1.0

    @property
    def speeds(self) -> tuple[float, ...]:
        """To choose from."""
        return tuple(sorted({*SPEEDS, self._first}))

    def standing(self) -> ReplayStanding:
        """As it is now."""
        speed = self._clock.speed
        day = self._clock.now().astimezone(self._zone).date()
        return ReplayStanding(day, speed or self._last, not speed, self._clock.is_over)

    def go(self, speed: float | None) -> None:
        """On at this speed; ``None``: as fast as before, 0: stand still. Raises ``ValueError``."""
        wanted = self._last if speed is None else speed
        if self._clock.is_over:
            wanted = 0.0
        self._clock.go(wanted)
        self._last = wanted or self._last
        self._turned()
