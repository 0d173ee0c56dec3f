"""The occupancy teacher: learns from the records how far the doors of each site drift."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from peoplecount.domain.figures import Figures
from peoplecount.domain.hand_count import HandCount
from peoplecount.domain.occupancy import Occupancy
from peoplecount.domain.occupancy_estimate import LEAST_DAYS, SCORED_DAYS, Drift, Estimate
from peoplecount.domain.occupancy_lessons import Anchor, Hour, empties, learn
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.opening_hours import OpeningHours
from peoplecount.domain.site import Site
from peoplecount.services.site_day import SiteDay, zone_of
from peoplecount.storage.site_hours import SiteHour

LESSON_DAYS = SCORED_DAYS + LEAST_DAYS

READ_DAYS = 7
"""Read at once, so that no question keeps others waiting for long."""

CLOSED_BEFORE = timedelta(hours=1)
"""A site that was closed for so long is empty."""

ReadHours = Callable[[datetime, datetime], Sequence[SiteHour]]
ReadHandCounts = Callable[[datetime], Sequence[HandCount]]


@dataclass(frozen=True, slots=True)
class Taught:
    """What is known of a site on one of its occupancy days."""

    day: date | None = None
    drift: Drift = Drift()  # noqa: RUF009 - it cannot be changed
    is_empty_at_reset: bool = True

    def estimate(self, occupancy: Occupancy) -> Estimate | None:
        """People inside; ``None`` where nothing can be said.

        That is so before enough days were seen: the band would be so wide as to say nothing. And where the site was
        not empty at its reset and nobody has counted since.
        """
        is_anchored = self.is_empty_at_reset or occupancy.counted_at is not None
        if not self.drift.is_learned or not is_anchored:
            return None
        return self.drift.estimate(occupancy.start, occupancy.crossed)


class OccupancyTeacher:
    """Learns anew, from the records of the last weeks, whenever a site has another day behind it."""

    def __init__(self, hours: ReadHours, hand_counts: ReadHandCounts, offload: Offload = call_here) -> None:
        """The readers do what must be done off the loop themselves; ``offload`` is for the arithmetic."""
        self._hours = hours
        self._offload = offload
        self._hand_counts = hand_counts
        self._taught: dict[str, Taught] = {}

    def of(self, site_id: str) -> Taught:
        """What is known of a site; next to nothing before it was learned."""
        return self._taught.get(site_id, Taught())

    def is_due(self, sites: Iterable[Site], now: datetime) -> bool:
        """Whether a site has another day behind it."""
        return any(self.of(site.site_id).day != SiteDay(site, now).occupancy_date for site in sites)

    def learn(self, sites: Iterable[Site], now: datetime) -> None:
        """Learn from what the database holds. Raises ``DatabaseError``; what is known stays then."""
        start = now - timedelta(days=LESSON_DAYS + 1)
        hours = self._read(start, now)
        counts: dict[str, list[HandCount]] = defaultdict(list)
        for count in self._hand_counts(start):
            counts[count.site_id].append(count)
        self._taught = {
            site.site_id: self._offload(_taught, SiteDay(site, now), hours.get(site.site_id, ()), counts[site.site_id])
            for site in sites
        }

    def _read(self, start: datetime, end: datetime) -> Mapping[str, Sequence[Hour]]:
        found: dict[str, list[Hour]] = defaultdict(list)
        while start < end:
            upto = min(start + timedelta(days=READ_DAYS), end)
            for row in self._hours(start, upto):
                found[row.site_id].append(Hour(row.starts_at, Figures(row.entered, row.left), row.is_known))
            start = upto
        return found


def _taught(today: SiteDay, hours: Sequence[Hour], counts: Sequence[HandCount]) -> Taught:
    resets = [_reset(today, ago) for ago in range(LESSON_DAYS, -1, -1)]
    is_empty = _is_closed(today.site, resets[-1])
    if is_empty is None:
        is_empty = empties(hours, resets)
    anchors = [Anchor(count.counted_at, count.people) for count in counts]
    if is_empty:
        anchors += [Anchor(reset) for reset in resets]
    until = max((anchor.moment for anchor in anchors), default=None)
    over = [hour for hour in hours if until is not None and hour.starts_at < until]
    return Taught(today.occupancy_date, learn(over, anchors), is_empty)


def _reset(today: SiteDay, ago: int) -> datetime:
    day = today.occupancy_date - timedelta(days=ago)
    return datetime.combine(day, today.site.reset_time, zone_of(today.site)).astimezone(UTC)


def _is_closed(site: Site, reset: datetime) -> bool | None:
    """Whether the site's opening hours have it closed before its reset; ``None`` where they do not tell."""
    if not site.opening_hours:
        return None
    try:
        hours = OpeningHours.parse(site.opening_hours)
    except ValueError:
        return None  # entered by another program; `site list` says what is wrong with them
    return hours.is_closed_for(reset.astimezone(zone_of(site)).replace(tzinfo=None), CLOSED_BEFORE)
