"""What sites usually count on such a day, read from the history once in a while."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from peoplecount.domain.clock import Clock
from peoplecount.domain.figures import Figures
from peoplecount.domain.interval import Scope
from peoplecount.domain.roll_up import HOUR
from peoplecount.domain.site import Site
from peoplecount.domain.usual_day import WEEKS, HoursOfDay, UsualHour, usual_hours
from peoplecount.services.site_day import SiteDay
from peoplecount.services.unhurried import Breath, unhurried
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.scope_sums import ScopeSum

logger = logging.getLogger(__name__)

KEPT = 900.0
"""Seconds after which it is read again: earlier weeks come in late, at first above all, and are corrected."""

KEPT_AT_FIRST = 60.0
"""The same while nothing is known, or more with each time: cameras may be telling of earlier weeks just now."""

RETRY = 10.0
"""Seconds after a failure within which the history is not asked again: every open page asks as a day begins."""

SUMS_AT_ONCE = 2000
"""Sums after which others have their turn."""

UsualHours = Mapping[int, UsualHour]


class _Kept(NamedTuple):
    """What was read."""

    sites: Mapping[str, UsualHours]
    hours: int
    """How many are known, of all sites."""

    seconds: float
    """For how long it is given out."""

    until: float
    """By the monotonic clock."""


_NOTHING = _Kept({}, 0, 0.0, float("-inf"))


class UsualUnavailable(Exception):
    """The history cannot be read just now."""


class HourSums(Protocol):
    """The part of the history that is read, see ``History``. Raises ``DatabaseError``."""

    def sums(self, step: timedelta, scope: Scope, start: datetime, end: datetime) -> Sequence[ScopeSum]:
        """All sites by hour."""
        ...


class UsualDays:
    """What is usual at each site on the weekday that it has now. Any thread may call it."""

    def __init__(self, history: HourSums, sites: Callable[[], Sequence[Site]], clock: Clock) -> None:
        self._history = history
        self._sites = sites
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, date], _Kept] = {}
        self._not_before = float("-inf")

    def read(self) -> dict[str, Any]:
        """By site, JSON-ready. Raises ``UsualUnavailable``.

        ``hours`` are those of the wall clock; ``null`` where too few weeks are known. ``in`` and ``out`` of an hour are
        a quarter, the half and three quarters of such days. It is read again after ``freshSeconds``.
        """
        with self._lock:  # what many pages ask for at once is read once
            if self._clock.monotonic() < self._not_before:
                raise UsualUnavailable("the history cannot be read just now")
            sites = [SiteDay(site, self._clock.now()) for site in self._sites()]
            try:
                found = [(day, self._of(day)) for day in sites]
            except DatabaseError as error:
                logger.debug("What is usual cannot be read: %s", error)
                self._not_before = self._clock.monotonic() + RETRY
                raise UsualUnavailable("the history cannot be read just now") from error
            self._forget({(day.zone.key, day.date) for day in sites})
        rows = [_row(day, kept.sites.get(day.site.site_id, {})) for day, kept in found]
        fresh = min((kept.seconds for _, kept in found), default=KEPT)
        return {"kind": "usual", "weeks": WEEKS, "freshSeconds": fresh, "sites": rows}

    def _of(self, day: SiteDay) -> _Kept:
        """Of all sites in the zone of one: they are read together."""
        key = (day.zone.key, day.date)
        before = self._kept.get(key, _NOTHING)
        now = self._clock.monotonic()
        if now < before.until:
            return before
        weeks = [self._sums(day.date - timedelta(weeks=ago), day.zone) for ago in range(1, WEEKS + 1)]
        found = {site_id: usual_hours([week.get(site_id, {}) for week in weeks]) for site_id in set().union(*weeks)}
        known = sum(map(len, found.values()))
        seconds = KEPT if 0 < known <= before.hours else KEPT_AT_FIRST
        self._kept[key] = _Kept(found, known, seconds, now + seconds)
        return self._kept[key]

    def _sums(self, day: date, zone: ZoneInfo) -> dict[str, HoursOfDay]:
        """A day of all sites, by hour of the wall clock; where clocks are set back, two hours are one."""
        start, end = (datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + timedelta(days=1)))
        hours: dict[str, dict[int, Figures | None]] = defaultdict(dict)
        sums = self._history.sums(HOUR, Scope.SITE, start, end)
        for one in unhurried(sums, Breath(SUMS_AT_ONCE)):
            of_site, hour = hours[one.subject], one.start.astimezone(zone).hour
            before = of_site.get(hour, Figures())
            known = before is not None and not one.missing
            of_site[hour] = before + Figures(one.entered, one.left) if before is not None and known else None
        return dict(hours)

    def _forget(self, wanted: set[tuple[str, date]]) -> None:
        """Days that are over."""
        self._kept = {key: kept for key, kept in self._kept.items() if key in wanted}


def _row(day: SiteDay, hours: UsualHours) -> dict[str, Any]:
    return {
        "siteId": day.site.site_id,
        "date": day.date.isoformat(),
        "hours": [_told(hours.get(hour)) for hour in range(24)],
    }


def _told(hour: UsualHour | None) -> dict[str, list[float]] | None:
    if hour is None:
        return None
    return {"in": [round(one, 1) for one in hour.entered], "out": [round(one, 1) for one in hour.left]}
