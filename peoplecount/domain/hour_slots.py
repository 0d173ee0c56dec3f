"""Which stretches of time the hours of a camera's days are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from peoplecount.domain.camera_day import CameraDay, Slots
from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.day_history import HOURS_A_DAY


@dataclass(frozen=True, slots=True)
class HourSlots:
    """The hours of one camera's days, by what was seen of its clock.

    A camera whose clock always was as its site's zone has it is taken to follow that zone, so that the days on which
    clocks change have their 23 or 25 hours. Any other one is taken to have kept the offset that was seen nearest.
    """

    sights: tuple[ClockSight, ...]
    zone: tzinfo | None = None

    @classmethod
    def of(cls, days: Iterable[CameraDay], zone: tzinfo | None) -> HourSlots:
        """By the days that are kept. ``zone`` is that of the camera's site."""
        sights = tuple(sight for day in days for sight in day.clock)
        follows = zone is not None and all(sight.at.astimezone(zone).utcoffset() == sight.offset for sight in sights)
        return cls(sights, zone if follows else None)

    @classmethod
    def by(cls, sight: ClockSight, zone: tzinfo | None) -> HourSlots:
        """By a single sight."""
        return cls.of([CameraDay(sight.day, (sight,))], zone)

    def on(self, day: date) -> Slots:
        """The hours of a day."""
        if self.zone is not None:
            return _in_zone(day, self.zone)
        noon = datetime.combine(day, time(12), UTC)
        return _at_offset(day, self._nearest(noon))

    def _nearest(self, noon: datetime) -> timedelta:
        sight = min(self.sights, key=lambda seen: abs(seen.at - noon), default=None)
        return sight.offset if sight else timedelta(0)


@lru_cache(maxsize=4096)
def _in_zone(day: date, zone: tzinfo) -> Slots:
    return Slots(day, tuple(local.replace(tzinfo=zone).astimezone(UTC) for local in _full_hours(day)))


@lru_cache(maxsize=4096)
def _at_offset(day: date, offset: timedelta) -> Slots:
    return Slots(day, tuple((local - offset).replace(tzinfo=UTC) for local in _full_hours(day)))


def _full_hours(day: date) -> Iterator[datetime]:
    begin = datetime.combine(day, time())
    return (begin + timedelta(hours=hour) for hour in range(HOURS_A_DAY + 1))


def offset_of(moment: datetime, local: datetime) -> timedelta:
    """A wall clock less UTC, to the quarter hour; what is left of it is a clock that is off."""
    return ClockSight.of(moment, local).offset
