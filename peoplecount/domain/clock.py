"""Clocks: what time it is, real or played."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time. ``speed`` is how many of its seconds pass in one real second."""

    speed: float

    def now(self) -> datetime:
        """The moment, UTC."""
        ...

    def monotonic(self) -> float:
        """Real seconds that only grow, for deadlines."""
        ...


@dataclass(frozen=True, slots=True)
class PlayedTime:
    """A stretch of time played at a speed: which moment is shown at which real moment.

    Virtual cameras and the service work from the same one, so that both agree what time it is.
    """

    played_from: datetime
    """UTC, the moment shown at ``real_from``, and before it."""

    real_from: datetime
    """UTC."""

    speed: float
    """Played seconds in a real second."""

    played_until: datetime | None = None
    """UTC; time stands still there. ``None``: it goes on."""

    ahead: timedelta = timedelta(0)
    """By how much the clock that shows it was set wrong, for trying out what becomes of that."""

    def at(self, real_now: datetime) -> datetime:
        """The moment shown at ``real_now``."""
        shown = self.played_from + max(real_now - self.real_from, timedelta(0)) * self.speed
        return (shown if self.played_until is None else min(shown, self.played_until)) + self.ahead


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REAL_TIME = PlayedTime(_EPOCH, _EPOCH, speed=1.0)

LEAST_REAL_PERIOD = timedelta(milliseconds=50)
"""No camera is polled more often than this, however fast time is played."""


class Jumps:
    """Notices when a clock was set: when its time and the monotonic one have not passed alike."""

    LEAST = 1.0
    """Seconds of the clock; time servers that bend its pace stay far below between two looks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._now, self._steady = clock.now(), clock.monotonic()

    def seconds(self) -> float:
        """By how much the clock was set since the last call; 0 where it was not."""
        now, steady = self._clock.now(), self._clock.monotonic()
        passed = (steady - self._steady) * self._clock.speed
        by = (now - self._now).total_seconds() - passed
        stands = now == self._now  # played time that has come to its end
        self._now, self._steady = now, steady
        # Both are read one after the other: in fast played time, what passes in between is no jump.
        return by if abs(by) >= self.LEAST * max(1.0, self._clock.speed / 10) and not stands else 0.0
