"""People inside a site on the live board: what its doors say, and what is told of it beside that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from peoplecount.domain.event import parse_utc
from peoplecount.domain.occupancy_body import OccupancyReason
from peoplecount.domain.opening_hours import OpeningHours
from peoplecount.domain.site import Site
from peoplecount.services.site_day import SiteDay, zone_of

_TOLD = ("clamped", "clampedToday", "occupancyEstimate", "occupancyLow", "occupancyHigh", "countedByHandAt")


@dataclass(frozen=True, slots=True)
class SiteInside:
    """The newest that the log tells of the people inside a site."""

    counted_at: datetime | None = None
    """UTC: when its doors said last how many; ``None`` where they never did."""

    occupancy: int = 0
    told: Mapping[str, Any] = field(default_factory=dict)
    """From the newest ``OccupancyChanged``."""

    told_day: date | None = None
    """The occupancy day it is of."""

    def counted(self, moment: datetime, occupancy: int) -> SiteInside:
        """After a count at one of its doors, or a correction of one."""
        return replace(self, counted_at=moment, occupancy=occupancy)

    def after(self, fields: Mapping[str, Any]) -> SiteInside:
        """After an ``OccupancyChanged``."""
        told = {name: fields.get(name) for name in _TOLD}
        heard = replace(self, told=told, told_day=date.fromisoformat(fields["occupancyDay"]))
        if fields["reason"] == OccupancyReason.RESET:
            return heard  # a day has begun; that nobody is inside is known once a camera is read
        return heard.counted(parse_utc(fields["time"]), fields["occupancy"])

    def on(self, day: SiteDay) -> int | None:
        """What the doors have said on an occupancy day; ``None`` where nothing."""
        if self.counted_at is None or day.occupancy_date_of(self.counted_at) < day.occupancy_date:
            return None
        return self.occupancy

    def row(self, day: SiteDay, occupancy: int | None) -> dict[str, Any]:
        """The site's fields in a snapshot that tell of the people inside; ``occupancy`` is what is known of them."""
        is_of_today = occupancy is not None and self.told_day == day.occupancy_date
        told = self.told if is_of_today else {}
        return {"occupancy": occupancy, **{name: told.get(name) for name in _TOLD}}


def is_open(site: Site, now: datetime) -> bool | None:
    """Whether a site is open; ``None`` where its opening hours are not known or not understood."""
    hours = _understood(site.opening_hours) if site.opening_hours else None
    return None if hours is None else hours.is_open(now.astimezone(zone_of(site)).replace(tzinfo=None))


@lru_cache(maxsize=1024)  # asked of every site every few seconds, and they hardly ever change
def _understood(opening_hours: str) -> OpeningHours | None:
    try:
        return OpeningHours.parse(opening_hours)
    except ValueError:
        return None
