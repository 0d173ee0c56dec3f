"""The clock of a replay: it goes as fast as somebody wishes, stands where told to, and stays at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from peoplecount.domain.clock import PlayedTime

FASTEST = 3600.0
"""An hour a second: what is faster shows nothing any more."""


def _real_now() -> datetime:
    return datetime.now(UTC)


class ReplayClock:
    """Plays the time from ``begin`` to ``end`` (UTC). Any thread may call it."""

    def __init__(
        self, begin: datetime, end: datetime, speed: float, real_now: Callable[[], datetime] = _real_now
    ) -> None:
        self._lock = threading.Lock()
        self._real_now = real_now
        self._end = end
        self._played = PlayedTime(begin, real_now(), demand_speed(speed), end)
        self.speed = speed
        """Played seconds in a real one; 0 while it stands. ``go`` changes it."""

    def now(self) -> datetime:
        """The moment, UTC."""
        return self._played.at(self._real_now())

    def monotonic(self) -> float:
        """Real seconds that only grow."""
        return time.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end."""
        return self.now() >= self._end

    def go(self, speed: float) -> None:
        """On from here at this speed; 0: stand still. Raises ``ValueError``."""
        demand_speed(speed)
        with self._lock:
            real = self._real_now()
            self._played = PlayedTime(self._played.at(real), real, speed, self._end)
            self.speed = speed


def demand_speed(speed: float) -> float:
    """``speed``; raises ``ValueError`` for one that there is not."""
    if not 0 <= speed <= FASTEST:
        raise ValueError(f"a speed of {speed:g}: 0 (stand still) to {FASTEST:g} are possible")
    return speed
