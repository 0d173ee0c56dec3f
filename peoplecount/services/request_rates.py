"""How often somebody may ask: so many requests a minute, at once or spread.

A bucket for each: full at first, a request takes one out, and time fills it. (The package ``limits`` would keep counts
by the machine's clock, which may be set, and start a thread for it.)
"""

from __future__ import annotations

from collections.abc import Callable

MINUTE = 60.0
MOST_CALLERS = 10_000
"""That are remembered; whoever asked longest ago is forgotten, and has a full bucket again."""


class RequestRates:
    """Of one process: with several workers, whoever reaches all of them may ask as many times more."""

    def __init__(self, a_minute: int, monotonic: Callable[[], float]) -> None:
        self.a_minute = a_minute
        self._monotonic = monotonic
        self._left: dict[str, tuple[float, float]] = {}
        """By caller: how many requests were left, and when."""

    def take(self, caller: str) -> float:
        """Seconds until this caller may ask again; 0: they may now, and it counts."""
        now = self._monotonic()
        left, at = self._left.pop(caller, (float(self.a_minute), now))
        left = min(float(self.a_minute), left + (now - at) * self.a_minute / MINUTE)
        wait = 0.0 if left >= 1 else (1 - left) * MINUTE / self.a_minute
        self._left[caller] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > MOST_CALLERS:
            del self._left[next(iter(self._left))]
        return wait
