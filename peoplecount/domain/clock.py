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
    """UTC, the moment shown at ``real_from``."""

    real_from: datetime
    """UTC."""

    speed: float
    """Played seconds in a real second."""

    played_until: datetime | None = None
    """UTC; time stands still there. ``None``: it goes on."""

    def at(self, real_now: datetime) -> datetime:
        """The moment shown at ``real_now``."""
        shown = self.played_from + (real_now - self.real_from) * self.speed
        return shown if self.played_until is None else min(shown, self.played_until)


REAL_TIME = PlayedTime(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC), speed=1.0)

LEAST_REAL_PERIOD = timedelta(milliseconds=50)
"""No camera is polled more often than this, however fast time is played."""
