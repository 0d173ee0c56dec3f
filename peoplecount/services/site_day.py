"""Which day it is at a site."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from peoplecount.domain.occupancy import occupancy_day
from peoplecount.domain.site import Site


class SiteDay:
    """A site's local day at some moment, and the day its occupancy belongs to."""

    def __init__(self, site: Site, now: datetime) -> None:
        self.site = site
        self.now = now
        self.zone = zone_of(site)
        self.date = self.date_of(now)
        self.occupancy_date = self.occupancy_date_of(now)

    def date_of(self, moment: datetime) -> date:
        """The site's local day of a moment."""
        return moment.astimezone(self.zone).date()

    def occupancy_date_of(self, moment: datetime) -> date:
        """The occupancy day of a moment; it begins at the site's reset time."""
        return occupancy_day(moment.astimezone(self.zone), self.site.reset_time)


def zone_of(site: Site) -> ZoneInfo:
    """The site's time zone, or UTC where nobody knows the one it names: figures a shift off are better than none."""
    try:
        return ZoneInfo(site.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
