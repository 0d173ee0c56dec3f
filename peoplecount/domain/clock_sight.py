"""Clock sights: how a camera's wall clock stood to UTC at a moment, its zone and its error told apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

_QUARTER = timedelta(minutes=15)
_HOUR = timedelta(hours=1)

MOST_ERROR = timedelta(minutes=25)
"""So far a clock may be off, its own or ours, and be taken for one of the site's zone, give or take full hours."""


@dataclass(frozen=True, slots=True)
class ClockSight:
    """How far a camera's wall clock was seen to be ahead of UTC."""

    at: datetime
    """UTC, by our clock."""

    ahead: timedelta
    offset: timedelta
    """How much of that is its zone."""

    @classmethod
    def of(cls, at: datetime, local: datetime, zone: tzinfo | None = None) -> ClockSight:
        """From a moment (UTC) and what the camera's wall clock showed then, without a zone; ``zone`` is its site's.

        A camera nearly always has the zone of its site, or that zone without daylight-saving time. So what is left of
        full hours beside that is an error, also where it is ten minutes. Any other zone differs from UTC by whole
        quarters of an hour.
        """
        ahead = local - at.replace(tzinfo=None)
        if zone is not None:
            of_site = at.astimezone(zone).utcoffset() or timedelta(0)
            offset = of_site + round((ahead - of_site) / _HOUR) * _HOUR
            if abs(ahead - offset) <= MOST_ERROR:
                return cls(at, ahead, offset)
        return cls(at, ahead, (ahead + _QUARTER / 2) // _QUARTER * _QUARTER)

    @property
    def day(self) -> date:
        """The camera's day then."""
        return (self.at.replace(tzinfo=None) + self.ahead).date()

    @property
    def error(self) -> timedelta:
        """How far the clock itself is ahead of ours."""
        return self.ahead - self.offset

    def by_camera(self, moment: datetime) -> datetime:
        """A moment (UTC) as the camera would have it, in UTC. Its history goes by that."""
        return moment + self.error
