"""Occupancy: people inside a site, as its doors say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class Occupancy:
    """In minus out of all doors of a site since its daily reset."""

    day: date
    """The occupancy day: it begins at the site's reset time."""

    net: int = 0
    """May be below zero: doors do not see everybody."""

    @property
    def inside(self) -> int:
        """People inside, never below zero."""
        return max(0, self.net)

    @property
    def clamped(self) -> int:
        """People who must have come in unseen: what the floor of zero hides."""
        return max(0, -self.net)

    def after(self, day: date, entered: int, left: int) -> Occupancy:
        """The occupancy after people crossed; a later day starts from zero, an earlier one is over."""
        if day < self.day:
            return self
        net = self.net if day == self.day else 0
        return Occupancy(day, net + entered - left)


def occupancy_day(local: datetime, reset_time: time) -> date:
    """The occupancy day that a moment of the site's local time belongs to."""
    since_midnight = timedelta(hours=reset_time.hour, minutes=reset_time.minute)
    return (local - since_midnight).date()
