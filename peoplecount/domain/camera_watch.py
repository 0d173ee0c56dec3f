"""What is remembered of a camera's set-up, and what a new look at it tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from peoplecount.domain.camera_facts import CameraFacts, ClockMeasurement, LineSetup
from peoplecount.domain.clock_watch import ClockChange, WatchedClock, watch
from peoplecount.domain.line import LineKey
from peoplecount.domain.poll_times import LocalClock
from peoplecount.domain.reset_moment import LearnedReset


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line that is set up otherwise than before."""

    key: LineKey
    before: LineSetup
    after: LineSetup | None
    """``None`` where the camera does not list it any more."""


@dataclass(frozen=True, slots=True)
class WatchedCamera:
    """One device as it was last found to be set up."""

    serial: str
    clock: WatchedClock
    lines: Mapping[LineKey, LineSetup] = field(default_factory=dict)
    reset: LearnedReset = field(default_factory=LearnedReset)

    @classmethod
    def first(cls, serial: str, facts: CameraFacts) -> WatchedCamera:
        """A device seen for the first time."""
        return cls(serial, WatchedClock.first(facts.clock), dict(facts.lines))

    def local_clock(self) -> LocalClock:
        """Its wall clock, for placing polls by it."""
        return LocalClock(self.clock.last.utc_offset + self.clock.ahead, self.clock.slack, self.reset.expected())

    def local_time(self, moment: datetime) -> datetime:
        """What its wall clock shows at a moment (UTC), as well as can be told; without a zone."""
        return moment.replace(tzinfo=None) + self.clock.last.utc_offset + self.clock.ahead

    def error(self) -> timedelta:
        """How far it is ahead of us; nothing where the clocks may agree."""
        return timedelta(0) if self.clock.least <= timedelta(0) <= self.clock.most else self.clock.ahead


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a camera has told."""

    camera: WatchedCamera
    clock_changes: tuple[ClockChange, ...] = ()
    line_changes: tuple[LineChange, ...] = ()


def look(known: WatchedCamera | None, serial: str, facts: CameraFacts) -> Look:
    """Take up what a camera was found to be set to. Of another device in its place nothing is compared."""
    if known is None or (known.serial and serial and known.serial != serial):
        return Look(WatchedCamera.first(serial, facts))
    clock, clock_changes = _clock(known.clock, facts.clock)
    lines = dict(facts.lines)
    changes = tuple(
        LineChange(key, before, lines.get(key)) for key, before in known.lines.items() if lines.get(key) != before
    )
    if not lines:  # a camera that lists none says nothing of them
        lines, changes = dict(known.lines), ()
    return Look(replace(known, serial=serial or known.serial, clock=clock, lines=lines), clock_changes, changes)


def _clock(known: WatchedClock, measured: ClockMeasurement) -> tuple[WatchedClock, tuple[ClockChange, ...]]:
    return (known, ()) if measured == known.last else watch(known, measured)
