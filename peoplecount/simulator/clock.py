"""The simulator's clock: a stretch of time played at a speed, with an end or without."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

HAIR = 2e-6
"""Seconds. Keeps apart what is done one after the other while the clock stands (a hand-moved clock in tests)."""

HEARSAY = 2.0
"""Real seconds until time goes on that stood still: who plays along asks once a second, and must hear of it before."""

_TOP_SPEED = 1_000_000


def real_utc_now() -> datetime:
    """The real moment, UTC."""
    return datetime.now(UTC)


def _whole_milliseconds(moment: datetime) -> datetime:
    """As finely as moments are told to others: at speed 1000 a lost millisecond is a second of difference."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class PlayedClock:
    """Shows ``played_from`` at ``real_from`` and then runs at ``speed`` until ``played_until``, where it stands.

    Instants are seconds since 1970 UTC. ``real_now`` may be any function, so that tests move time by hand.
    """

    def __init__(
        self,
        *,
        played_from: datetime | None = None,
        speed: float = 1.0,
        played_until: datetime | None = None,
        real_from: datetime | None = None,
        real_now: Callable[[], datetime] = real_utc_now,
    ) -> None:
        if not 0 < speed <= _TOP_SPEED:
            raise ValueError(f"speed {speed} cannot be played: greater than 0 and at most {_TOP_SPEED:,} is possible")
        self._real_now = real_now
        self.real_from = _whole_milliseconds(real_from or real_now())
        self.played_from = _whole_milliseconds(played_from or self.real_from)
        if played_until is not None and played_until < self.played_from:
            raise ValueError(f"the end {played_until} lies before the start {self.played_from}")
        self.speed = speed
        self.played_until = played_until
        self._start = self._began = self.played_from.timestamp()
        self._real_start = self.real_from.timestamp()
        self._end = played_until.timestamp() if played_until else float("inf")
        self._stood = 0.0
        self._marked = float("-inf")
        self._lock = threading.Lock()

    def unstopped(self) -> float:
        """Played seconds that go on after the end: for what must run out even then (lock-outs, faults)."""
        return self._unstopped_at(self._real_now().timestamp())

    def now(self) -> float:
        """The instant shown, a hair after everything that was marked."""
        return max(self._shown(), self._marked) + HAIR

    def mark(self) -> float:
        """An instant for something done from outside (a fault, a walk through a door): now, never twice the same."""
        with self._lock:
            self._marked = max(self._shown(), self._marked + 2 * HAIR)
            return self._marked

    def moment(self) -> datetime:
        """The moment shown, UTC."""
        return datetime.fromtimestamp(self._shown(), UTC)

    @property
    def start(self) -> float:
        """The instant at which playing began."""
        return self._began

    def jump(self, moment: datetime) -> None:
        """Show ``moment`` (aware) now and go on from there; whoever would have crossed meanwhile has.

        Raises ``ValueError`` for a moment that is past, because nobody can be counted back, or beyond the end.
        """
        moment = _whole_milliseconds(moment)
        with self._lock:
            if moment.timestamp() < self.now():
                raise ValueError(f"{moment.isoformat()} is past: time can be let pass, not taken back")
            if moment.timestamp() > self._end:
                raise ValueError(f"{moment.isoformat()} is after the end of what is played")
            self.real_from, self.played_from = _whole_milliseconds(self._real_now()), moment
            self._start, self._real_start = moment.timestamp(), self.real_from.timestamp()
            self._stood = 0.0

    def end_at(self, moment: datetime) -> None:
        """Stand still at ``moment`` (aware), whatever the end was before; where time stands already, it goes on to it.

        Raises ``ValueError`` for a past one.
        """
        with self._lock:
            if moment.timestamp() < self.now():
                raise ValueError(f"{moment.isoformat()} is past: time cannot be taken back")
            if self.finished:
                self._go_on()
            self.played_until = _whole_milliseconds(moment)
            self._end = self.played_until.timestamp()

    def _go_on(self) -> None:
        """From where time stands, once all who play along have heard of it."""
        self.real_from = _whole_milliseconds(self._real_now() + timedelta(seconds=HEARSAY))
        self.played_from = _whole_milliseconds(datetime.fromtimestamp(self._end, UTC))
        self._stood = self._unstopped_at(self.real_from.timestamp()) - self._end

    @property
    def finished(self) -> bool:
        """Whether the end has been reached."""
        return self.unstopped() - self._stood >= self._end

    def _shown(self) -> float:
        if not self._stood:
            return min(self.unstopped(), self._end)
        return min(max(self.unstopped() - self._stood, self.played_from.timestamp()), self._end)

    def _unstopped_at(self, real: float) -> float:
        return self._start + (real - self._real_start) * self.speed
