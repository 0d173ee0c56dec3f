"""Which stretches of time the hours of a camera's days are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property, lru_cache

from peoplecount.domain.camera_day import CameraDay, Slots
from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.day_history import HOURS_A_DAY

_NEAR = timedelta(days=500)
"""Days further from all that was seen are none of the camera's: its clock was at 2000, say."""


@dataclass(frozen=True)
class HourSlots:
    """The hours of one camera's days, by what was seen of its clock.

    A camera whose clock was as its site's zone has it whenever it was seen that day is taken to follow that zone, so
    that the days on which clocks change have their 23 or 25 hours. Any other one is taken to have kept its offset.
    """

    sights: tuple[ClockSight, ...]
    zone: tzinfo | None = None

    @classmethod
    def of(cls, days: Iterable[CameraDay], zone: tzinfo | None) -> HourSlots:
        """By the days that are kept. ``zone`` is that of the camera's site."""
        return cls(tuple(sight for day in days for sight in day.clock), zone)

    @classmethod
    def by(cls, sight: ClockSight, zone: tzinfo | None) -> HourSlots:
        """By a single sight."""
        return cls.of([CameraDay(sight.day, (sight,))], zone)

    def on(self, day: date) -> Slots:
        """The hours of a day."""
        seen = self._by_day.get(day) or self._nearest(self.sights, day)
        if self.zone is not None and all(_agrees(sight, self.zone) for sight in seen):
            return _in_zone(day, self.zone)
        return _at_offset(day, *(sight.offset for sight in self._nearest(seen, day)))

    def is_sure(self, day: date) -> bool:
        """Whether all that was seen of the clock fits the hours of a day.

        It does not where the clock was moved by hours on that day, by hand or for want of power: then an hour may lie
        at two times, or two hours at one.
        """
        slots = self.on(day)
        is_near = not self.sights or any(abs(sight.at - slots.bounds[0]) < _NEAR for sight in self.sights)
        return is_near and all(_fits(sight, day, slots) for sight in self.sights)

    @cached_property
    def _by_day(self) -> Mapping[date, Sequence[ClockSight]]:
        """Many days are asked about in a row."""
        by_day: dict[date, list[ClockSight]] = {}
        for sight in self.sights:
            by_day.setdefault(sight.day, []).append(sight)
        return by_day

    @staticmethod
    def _nearest(sights: Sequence[ClockSight], day: date) -> Sequence[ClockSight]:
        """The one that is nearest to the day; none where there is none."""
        noon = datetime.combine(day, time(12), UTC)
        return sorted(sights, key=lambda seen: abs(seen.at - noon))[:1]


def _agrees(sight: ClockSight, zone: tzinfo) -> bool:
    return sight.at.astimezone(zone).utcoffset() == sight.offset


def _fits(sight: ClockSight, day: date, slots: Slots) -> bool:
    moment = sight.by_camera(sight.at)
    if sight.day != day:
        return not slots.bounds[0] <= moment < slots.bounds[-1]
    hour = (moment + sight.offset).hour
    return slots.begin(hour) <= moment <= slots.end(hour)


@lru_cache(maxsize=4096)
def _in_zone(day: date, zone: tzinfo) -> Slots:
    return Slots(day, tuple(local.replace(tzinfo=zone).astimezone(UTC) for local in _full_hours(day)))


@lru_cache(maxsize=4096)
def _at_offset(day: date, offset: timedelta = timedelta(0)) -> Slots:
    return Slots(day, tuple((local - offset).replace(tzinfo=UTC) for local in _full_hours(day)))


def _full_hours(day: date) -> Iterator[datetime]:
    begin = datetime.combine(day, time())
    return (begin + timedelta(hours=hour) for hour in range(HOURS_A_DAY + 1))


def offset_of(moment: datetime, local: datetime) -> timedelta:
    """A wall clock less UTC, to the quarter hour; what is left of it is a clock that is off."""
    return ClockSight.of(moment, local).offset
