"""Watching a camera's clock: how far it is off, whether it was set, and when its zone moved.

A camera tells whole seconds, so one measurement leaves a second open. Many narrow it, for they all must hold at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from peoplecount.domain.camera_facts import ClockMeasurement
from peoplecount.domain.counter import BreakKind

STEP = timedelta(seconds=2)
"""A clock that moves further than this at once was set; time servers move it in smaller ones or bend its pace."""

DRIFT = 2e-4
"""Seconds a second by which a clock may go wrong by itself; the crystals of cameras stay well below. One that a time
server bends back may go faster for a while: it is then measured afresh, and not taken to have been set."""

LEAST_TREND_SPAN = timedelta(hours=6)
"""Below it a pace is not worth telling: half a second of it is only rounding."""

_SUMMER_TIME = (timedelta(hours=1), timedelta(minutes=30))
"""What clocks are shifted by in summer; half an hour on Lord Howe Island."""


@dataclass(frozen=True, slots=True)
class ClockChange:
    """A clock that goes differently from before."""

    kind: BreakKind
    """``CLOCK_STEP``, ``DAYLIGHT_SAVING`` or ``ZONE``."""

    by: timedelta
    """How much later it shows than it would have."""

    offset_before: timedelta
    """Local time less UTC."""

    offset: timedelta
    since: datetime
    """UTC, the last measurement before."""

    until: datetime
    """UTC, the measurement that showed it."""


@dataclass(frozen=True, slots=True)
class WatchedClock:
    """What is known of a camera's clock from all its measurements since it was last set."""

    last: ClockMeasurement
    least: timedelta
    """It is ahead of us by at least this at ``last.measured_at``, and at most by ``most``."""

    most: timedelta
    anchored_at: datetime
    """UTC, the first measurement of this setting."""

    anchor: timedelta
    """How far it was ahead then."""

    @classmethod
    def first(cls, measured: ClockMeasurement) -> WatchedClock:
        """A clock seen for the first time, or set anew."""
        middle = (measured.least + measured.most) / 2
        return cls(measured, measured.least, measured.most, measured.measured_at, middle)

    @property
    def ahead(self) -> timedelta:
        """The best estimate of how far it is ahead of us, its zone aside."""
        return (self.least + self.most) / 2

    @property
    def slack(self) -> timedelta:
        """How much ``ahead`` may be off, either way."""
        return (self.most - self.least) / 2

    @property
    def trend(self) -> float | None:
        """Seconds a day by which it gains on us; ``None`` as long as that cannot be told."""
        span = self.last.measured_at - self.anchored_at
        if span < LEAST_TREND_SPAN:
            return None
        return (self.ahead - self.anchor) / timedelta(seconds=1) / (span / timedelta(days=1))


def watch(known: WatchedClock, measured: ClockMeasurement) -> tuple[WatchedClock, tuple[ClockChange, ...]]:
    """Take up the next measurement, and tell what befell the clock since the last one.

    That our own clock was set meanwhile is no step of the camera's: what both measurements tell of it is taken out.
    """
    ours = _set_by(known.last, measured)
    known = replace(known, least=known.least - ours, most=known.most - ours, anchor=known.anchor - ours)
    changes = [*_zone_changes(known, measured)]
    apart = _apart(known, measured)
    if abs(apart) > STEP:
        by = (measured.least + measured.most) / 2 - known.ahead
        offset = measured.utc_offset
        changes.append(_change(BreakKind.CLOCK_STEP, by, known, measured, before=offset))
        return WatchedClock.first(measured), tuple(changes)
    return _narrowed(known, measured), tuple(changes)


def _set_by(before: ClockMeasurement, after: ClockMeasurement) -> timedelta:
    """By how much our own clock was set between two measurements, as far as a clock that nobody sets tells."""
    if before.steady is None or after.steady is None:
        return timedelta(0)
    by = after.measured_at - before.measured_at - timedelta(seconds=after.steady - before.steady)
    doubt = STEP + (before.most - before.least) / 2 + (after.most - after.least) / 2
    return by if abs(by) > doubt else timedelta(0)


def _widened(known: WatchedClock, measured: ClockMeasurement) -> tuple[timedelta, timedelta]:
    """Where the clock can be by now if nobody has set it."""
    drift = abs(measured.measured_at - known.last.measured_at) * DRIFT
    return known.least - drift, known.most + drift


def _apart(known: WatchedClock, measured: ClockMeasurement) -> timedelta:
    """How far a measurement is from where the clock can be; nothing where it may well be there."""
    least, most = _widened(known, measured)
    return max(measured.least - most, timedelta(0)) + min(measured.most - least, timedelta(0))


def _narrowed(known: WatchedClock, measured: ClockMeasurement) -> WatchedClock:
    least, most = _widened(known, measured)
    both = max(least, measured.least), min(most, measured.most)
    least, most = both if both[0] <= both[1] else (measured.least, measured.most)
    return replace(known, last=measured, least=least, most=most)


def _zone_changes(known: WatchedClock, measured: ClockMeasurement) -> list[ClockChange]:
    before = known.last.utc_offset
    by = measured.utc_offset - before
    if not by:
        return []
    kind = BreakKind.DAYLIGHT_SAVING if abs(by) in _SUMMER_TIME else BreakKind.ZONE
    return [_change(kind, by, known, measured, before=before)]


def _change(
    kind: BreakKind, by: timedelta, known: WatchedClock, measured: ClockMeasurement, before: timedelta
) -> ClockChange:
    return ClockChange(kind, by, before, measured.utc_offset, known.last.measured_at, measured.measured_at)
