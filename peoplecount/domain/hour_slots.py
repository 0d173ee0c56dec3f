"""Which stretches of time the hours of a camera's days are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from peoplecount.domain.camera_day import CameraDay, ClockSight, Slots
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

    def on(self, day: date) -> Slots:
        """The hours of a day."""
        begin = datetime.combine(day, datetime.min.time())
        offset = timedelta(0) if self.zone else self._nearest((begin + timedelta(hours=12)).replace(tzinfo=UTC))
        hours = (begin + timedelta(hours=hour) for hour in range(HOURS_A_DAY + 1))
        return Slots(day, tuple(self._utc(local, offset) for local in hours))

    def _nearest(self, noon: datetime) -> timedelta:
        sight = min(self.sights, key=lambda seen: abs(seen.at - noon), default=None)
        return sight.offset if sight else timedelta(0)

    def _utc(self, local: datetime, offset: timedelta) -> datetime:
        if self.zone is None:
            return (local - offset).replace(tzinfo=UTC)
        return local.replace(tzinfo=self.zone).astimezone(UTC)


def offset_of(moment: datetime, local: datetime) -> timedelta:
    """A wall clock less UTC, to the quarter hour; what is left of it is a clock that is off."""
    return ClockSight.of(moment, local).offset
