"""Where moments fall in the hours of a camera's days, as its own clock has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.day_history import HOURS_A_DAY

Place = tuple[date, int]
"""A day, and an hour slot of it."""

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class HourPlaces:
    """By one sight of a camera's clock. All moments are in UTC and by the camera's clock (``ClockSight.by_camera``)."""

    offset: timedelta
    zone: tzinfo | None
    """That of the camera's site, where the camera was seen to agree with it: it then did so before clocks changed."""

    @classmethod
    def of(cls, sight: ClockSight, zone: tzinfo | None) -> HourPlaces:
        """By a sight of the clock of a camera whose site is in ``zone``."""
        agrees = zone is not None and sight.by_camera(sight.at).astimezone(zone).utcoffset() == sight.offset
        return cls(sight.offset, zone if agrees else None)

    def place(self, moment: datetime) -> Place:
        """Day and hour of a moment; a moment at the very end of an hour is in it."""
        local = self._local(moment - datetime.resolution)
        return local.date(), local.hour

    def day(self, moment: datetime) -> date:
        """The day that goes on from a moment."""
        return self._local(moment).date()

    def midnight(self, day: date) -> datetime:
        """When a day begins."""
        if self.zone is not None:
            return datetime.combine(day, time(), self.zone).astimezone(UTC)
        return datetime.combine(day, time(), UTC) - self.offset

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone) if self.zone is not None else moment + self.offset


def from_to(first: Place, last: Place) -> Iterable[Place]:
    """The hours from one to another, both included."""
    place = first
    while place <= last:
        yield place
        day, slot = place
        place = (day, slot + 1) if slot + 1 < HOURS_A_DAY else (day + DAY, 0)
