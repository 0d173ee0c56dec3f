"""Readings: what a camera said in one poll."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from peoplecount.domain.camera_facts import CameraFacts
from peoplecount.domain.line import LineKey


@dataclass(frozen=True, slots=True)
class Totals:
    """People in and out of a line since the camera's local midnight."""

    in_total: int
    out_total: int


@dataclass(frozen=True, slots=True)
class LineReading:
    """The running totals of one line, and the name the camera gives it."""

    key: LineKey
    name: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class Reading:
    """What a camera said in one poll. A line that is not in it is unknown, not zero."""

    camera_id: str
    taken_at: datetime
    """UTC, by our clock."""

    local_time: datetime
    """The camera's own wall clock at that moment, without a zone."""

    serial: str
    """The device's serial number or, failing that, its MAC address; empty where it gave neither."""

    lines: tuple[LineReading, ...]
    facts: CameraFacts | None = None
    """What the camera is set to; ``None`` where that was not asked."""

    doubt: timedelta = timedelta(0)
    """How far from ``local_time`` its clock may have been when it read its totals: half the time it took to answer, and
    what is not known of that clock."""

    restarted_at: datetime | None = None
    """UTC, by our clock: when the camera says it last started; ``None`` where it was not asked or does not know."""

    def as_told(self) -> Reading:
        """With its times as precise as events give them, so that all who go by those come to the same hours."""
        taken_at = self.taken_at
        if not (taken_at.microsecond % 1000 or self.local_time.microsecond):
            return self
        # Not by replace(), which takes several times as long.
        return Reading(
            self.camera_id,
            taken_at.replace(microsecond=taken_at.microsecond // 1000 * 1000),
            self.local_time.replace(microsecond=0),
            self.serial,
            self.lines,
            self.facts,
            self.doubt,
            self.restarted_at,
        )
