"""Figures of places over past days while the database is away: those that were summed up before, as they were then."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import TypeVar
from zoneinfo import ZoneInfo

from peoplecount.domain.history_period import ONE_DAY, HistoryPeriod, day_start
from peoplecount.domain.interval import Scope
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.place_sum import PlaceStretch
from peoplecount.domain.roll_up import HOUR
from peoplecount.eventlog.history_sums import HistorySums
from peoplecount.eventlog.log import LogError
from peoplecount.services.kept_sums import Zones, has_hours, has_totals, hours_of, put_together, runs_but, totals_of
from peoplecount.services.stamp_book import StampBook
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.storage.place_history import Where

T = TypeVar("T")


class LastKnownSums:
    """What ``KeptSums`` has, without a look at the database: nobody knows what was written about these days since.

    What is not kept raises ``DatabaseUnavailable`` (quarters of an hour, lines, what was known earlier) or is left out:
    today, other days that are not summed up, and what lines of a door have in all.
    """

    def __init__(self, kept: HistorySums, book: StampBook, zones: Zones, offload: Offload = call_here) -> None:
        self._kept = kept
        self._book = book
        self._zones = zones
        self._offload = offload

    def stretches(
        self, step: timedelta, scope: Scope, start: datetime, end: datetime, where: Where
    ) -> Sequence[PlaceStretch]:
        """By the hour and by place, in order of time."""
        if step != HOUR or where.sites is None or not all(has_hours(scope, one) for one in _one_by_one(where)):
            raise DatabaseUnavailable("of this only the database knows")
        found = [one for place in _one_by_one(where) for one in self._hours(place, start, end)]
        return sorted(found, key=attrgetter("start", "subject"))

    def _hours(self, where: Where, start: datetime, end: datetime) -> Sequence[PlaceStretch]:
        (site,) = where.sites or ()
        zone = next((zone for zone, sites in self._zones().items() if site in sites), None)
        if zone is None:
            return ()
        found = self._read(lambda: hours_of(self._kept, where, start, end, zone))
        first, last = (moment.astimezone(zone).date() for moment in (start, end - timedelta.resolution))
        spans = [(day_start(a, zone), day_start(b + ONE_DAY, zone)) for a, b in self._runs(zone, first, last)]
        return [one for one in found if any(a <= one.start < b for a, b in spans)]

    def totals(self, scope: Scope, period: HistoryPeriod, where: Where) -> Sequence[PlaceStretch]:
        """Of a whole period, by place; nothing of lines, which are left unknown."""
        if not has_totals(scope, where):
            return ()
        runs = self._runs(period.zone, period.first, period.last)
        return put_together(period.start, self._read(lambda: totals_of(self._kept, scope, where, runs)))

    def days(self, period: HistoryPeriod, sites: Collection[str]) -> Sequence[PlaceStretch]:
        """Of sites in that time zone together, by day."""
        runs = self._runs(period.zone, period.first, period.last)
        return self._read(lambda: self._kept.days_of_sites(sorted(sites), runs))

    def learned_later(
        self,
        scope: Scope,  # noqa: ARG002
        start: datetime,  # noqa: ARG002
        end: datetime,  # noqa: ARG002
        known: datetime,  # noqa: ARG002
        where: Where,  # noqa: ARG002
    ) -> Sequence[PlaceStretch]:
        """The book of corrections is in the database alone."""
        raise DatabaseUnavailable("what was known earlier is told by the database alone")

    def _runs(self, zone: ZoneInfo, first: date, last: date) -> list[tuple[date, date]]:
        """Runs of days that are kept, of the same sites and database as now."""
        sites = self._zones().get(zone, ())
        marks = self._read(lambda: self._kept.marks(zone.key, first, last))
        kept = {day for day, mark in marks.items() if self._book.is_of(mark, sites)}
        others = {first + number * ONE_DAY for number in range((last - first).days + 1)} - kept
        return list(runs_but(first, last, others))

    def _read(self, read: Callable[[], T]) -> T:
        try:
            return self._offload(read)
        except LogError as error:
            raise DatabaseUnavailable(f"sums of past days cannot be read either: {error}") from error


def _one_by_one(where: Where) -> Iterator[Where]:
    return (replace(where, sites=[site]) for site in where.sites or ())
