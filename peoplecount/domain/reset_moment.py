"""Learning when a camera sets its totals back to zero, night by night, by its own clock.

Between a reading with the old totals and one with lower ones lies the reset. Each night gives such a stretch, and the
moment is in all of them. A night that contradicts the others is doubted (a clock was set, a camera restarted) until
the next one bears it out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from peoplecount.domain.poll_times import AT_MIDNIGHT, ResetWindow

EARLIEST = timedelta(minutes=-10)
LATEST = timedelta(minutes=70)
"""Counted from midnight: a camera that was never told of daylight-saving time resets an hour after it. A fall outside
of these is no midnight's."""

WIDEST = timedelta(minutes=5)
"""A stretch between two readings that is longer teaches nothing."""

LEAST_WIDTH = timedelta(seconds=0.2)
"""Nothing is known more finely: an answer is of some moment between question and answer."""


@dataclass(frozen=True, slots=True)
class LearnedReset:
    """What the nights so far have taught."""

    window: ResetWindow | None = None
    """``None`` as long as no reset was seen."""

    doubted: ResetWindow | None = None
    """What the last night showed, where it contradicts the others."""

    night: date | None = None
    """The camera's day that began with the last reset seen."""

    nights: int = 0
    """How many bear ``window`` out."""

    def expected(self) -> ResetWindow:
        """Where to expect the next one."""
        return self.window or AT_MIDNIGHT


def learn(known: LearnedReset, before: datetime, after: datetime) -> LearnedReset:
    """Take up that totals fell between two readings, at these moments by the camera's clock (local, no zone)."""
    midnight = datetime.combine((after + timedelta(hours=2)).date(), time())
    seen = ResetWindow(before - midnight, after - midnight)
    if not _is_midnights(seen) or known.night == midnight.date():
        return known
    known = replace(known, night=midnight.date())
    if known.window is None:
        return replace(known, window=seen, nights=1)
    both = _both(known.window, seen)
    if both is not None:
        return replace(known, window=both, doubted=None, nights=known.nights + 1)
    again = _both(known.doubted, seen) if known.doubted else None
    if again is not None:
        return replace(known, window=again, doubted=None, nights=2)
    return replace(known, doubted=seen)


def _is_midnights(seen: ResetWindow) -> bool:
    wide = seen.latest - seen.earliest
    return timedelta(0) < wide <= WIDEST and seen.earliest >= EARLIEST and seen.latest <= LATEST


def _both(one: ResetWindow, other: ResetWindow) -> ResetWindow | None:
    """Where both are, never finer than can be known; ``None`` where they are apart."""
    earliest, latest = max(one.earliest, other.earliest), min(one.latest, other.latest)
    lacking = LEAST_WIDTH - (latest - earliest)
    if lacking <= timedelta(0):
        return ResetWindow(earliest, latest)
    if lacking > 2 * LEAST_WIDTH:
        return None
    return ResetWindow(earliest - lacking / 2, latest + lacking / 2)
