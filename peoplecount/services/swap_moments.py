"""From which moment on a line's in and out are exchanged: a full hour, because cameras remember people by the hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from peoplecount.domain.site import Site
from peoplecount.services.count_keeper import KEPT_DAYS
from peoplecount.services.site_day import zone_of
from peoplecount.storage.errors import InvalidEntry

HOUR = timedelta(hours=1)


def this_hour(site: Site, now: datetime) -> datetime:
    """When the hour that is under way at a site began, UTC."""
    return now.astimezone(zone_of(site)).replace(minute=0, second=0, microsecond=0).astimezone(UTC)


def swap_moment_of(text: str, site: Site, now: datetime) -> datetime:
    """A full hour on the site's clock, in UTC: ``14:00`` of today or ``2026-05-04T14:00``; the next one where empty.

    Raises ``InvalidEntry``.
    """
    if not text:
        return this_hour(site, now) + HOUR
    local = now.astimezone(zone_of(site))
    try:
        given = datetime.fromisoformat(text if "-" in text else f"{local.date().isoformat()}T{text}")
        moment = (given if given.tzinfo else given.replace(tzinfo=local.tzinfo)).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # the first and the last day there is are elsewhere no day at all
        raise InvalidEntry(f"{text[:40]!r} is no time: 14:00 or 2026-05-04T14:00 is allowed") from error
    if given.minute or given.second or given.microsecond:
        raise InvalidEntry(f"{text[:40]!r} is no full hour: cameras remember people by the hour")
    if moment < now - timedelta(days=KEPT_DAYS):
        raise InvalidEntry(f"{text[:40]!r} is too long ago: hours of the last {KEPT_DAYS} days can be told anew")
    return moment
