"""When a camera is polled: in its regular slots, and just before and after the moments at which its figures turn.

These are the full hours of the camera's own clock, by which its history is filed, and the moment of its day at which it
sets its totals back to zero. Polled right before and right after, next to nothing is counted across them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from peoplecount.domain.slot import next_slot, place

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

LEAST_MARGIN = timedelta(seconds=0.3)
"""Between a poll and the moment it must not miss: an answer is of some moment between question and answer."""

MOST_MARGIN = timedelta(seconds=2)
"""A clock that is known worse than this is no better guarded by waiting longer: the history settles the rest."""

LONGEST_SPREAD = timedelta(seconds=2)
SPREAD_PER_CAMERA = timedelta(milliseconds=4)
"""Clocks that are right all turn at once, and their cameras must not all be asked at once: 250 a second are."""

NEAR = timedelta(seconds=5)
"""A reset this near a full hour is the full hour's own."""


@dataclass(frozen=True, slots=True)
class ResetWindow:
    """Between which moments of the camera's day its totals go back to zero, counted from its midnight.

    Negative: before midnight. A camera that was never told of daylight-saving time may have 3600 s here.
    """

    earliest: timedelta
    latest: timedelta

    @property
    def middle(self) -> timedelta:
        """The best guess."""
        return (self.earliest + self.latest) / 2


AT_MIDNIGHT = ResetWindow(timedelta(seconds=-0.5), timedelta(seconds=0.5))
"""What is assumed of a camera whose reset nobody has seen yet."""


@dataclass(frozen=True, slots=True)
class LocalClock:
    """Where a camera's wall clock stands, as far as its polls must know."""

    ahead: timedelta
    """The camera's wall clock less UTC by our clock: its zone, and what it is wrong by."""

    slack: timedelta = timedelta(0)
    """How much ``ahead`` may be off, either way."""

    reset: ResetWindow = AT_MIDNIGHT


@lru_cache(maxsize=8192)  # asked for with every poll
def spread(camera_id: str, cameras: int) -> timedelta:
    """How much further from a turning point than necessary this one of so many cameras is polled; always the same."""
    return place(camera_id) * min(LONGEST_SPREAD, cameras * SPREAD_PER_CAMERA)


def next_turning_poll(clock: LocalClock, after: datetime, spread: timedelta = timedelta(0)) -> datetime:
    """The first poll after ``after`` (UTC) that is placed right before or right after a turning point."""
    local = after.replace(tzinfo=None) + clock.ahead
    polls = (poll for window in _windows(clock, local) for poll in _around(clock, window, spread))
    return after + min(poll - local for poll in polls if poll > local)


class TurningPolls:
    """The turning polls of one camera; the next one is only looked for once the last one found is over."""

    def __init__(self) -> None:
        self._asked: tuple[LocalClock, timedelta] | None = None
        self._begin = self._next = datetime.max.replace(tzinfo=UTC)

    def after(self, clock: LocalClock, moment: datetime, spread: timedelta) -> datetime:
        """The same as ``next_turning_poll``."""
        if self._asked != (clock, spread) or not self._begin <= moment < self._next:
            self._asked = clock, spread
            self._begin, self._next = moment, next_turning_poll(clock, moment, spread)
        return self._next


def _windows(clock: LocalClock, local: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The turning points about a moment by the camera's clock, each from the earliest to the latest it may be at."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    resets = [midnight + days * DAY + clock.reset.middle for days in (-1, 0, 1)]
    hour = local.replace(minute=0, second=0, microsecond=0)
    for full in (hour + number * HOUR for number in (-1, 0, 1, 2)):
        if not any(abs(reset - full) <= NEAR for reset in resets):
            yield full + AT_MIDNIGHT.earliest, full + AT_MIDNIGHT.latest
    for reset in resets:
        half = (clock.reset.latest - clock.reset.earliest) / 2
        yield reset - half, reset + half


def _around(clock: LocalClock, window: tuple[datetime, datetime], spread: timedelta) -> tuple[datetime, datetime]:
    margin = min(max(clock.slack, LEAST_MARGIN), MOST_MARGIN) + spread
    return window[0] - margin, window[1] + margin


def next_poll(
    camera_id: str,
    period: float,
    *,
    now: float,
    previous: float | None,
    gap: float,
    turning: Callable[[float], float] | None = None,
) -> float:
    """When the camera is polled next, after ``now`` and at least ``gap`` after the ``previous`` poll.

    All in real seconds, moments since the epoch. ``turning`` gives the first turning poll after a moment; a regular
    slot within ``gap`` of one gives way to it.
    """
    earliest = now
    if previous is not None and previous <= now:  # one that is still to come was planned before our clock was set back
        earliest = max(now, previous + gap - _HAIR)
    regular = next_slot(camera_id, period, earliest)
    special = turning(earliest) if turning else None
    return regular if special is None or special >= regular + gap else special


_HAIR = 1e-3
"""Seconds. Moments since the epoch are not exact as floating-point numbers."""
