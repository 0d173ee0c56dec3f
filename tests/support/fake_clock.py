"""A clock that moves when it is told to."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    def __init__(self, now: datetime = datetime(2026, 5, 4, 12, 0, tzinfo=UTC), speed: float = 1.0) -> None:
        self._now = now
        self._monotonic = 1000.0
        self.speed = speed

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def passes(self, seconds: float) -> None:
        """Real seconds; played time passes ``speed`` times as many."""
        self._monotonic += seconds
        self._now += timedelta(seconds=seconds * self.speed)

    def is_set_by(self, seconds: float) -> None:
        """Somebody sets it: forward, or back where negative."""
        self._now += timedelta(seconds=seconds)
