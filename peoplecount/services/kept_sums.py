"""Figures of places over earlier times: from sums that were made beforehand where they still hold."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from peoplecount.domain.clock import Clock
from peoplecount.domain.history_period import ONE_DAY, HistoryPeriod, day_start
from peoplecount.domain.interval import Scope
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.place_sum import PlaceStretch, PlaceSum
from peoplecount.domain.roll_up import HOUR
from peoplecount.eventlog.history_sums import WHOLE_SITE, HistorySums
from peoplecount.eventlog.log import LogError
from peoplecount.services.place_sums import DirectSums
from peoplecount.services.stamp_book import StampBook
from peoplecount.services.unhurried import rest
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.place_history import PlaceHistory, Where

logger = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds between two looks for days that have to be summed up anew."""

FIRST_WAIT = 15.0
"""Seconds after the start."""

PAUSE = 0.2
"""Seconds between two days, so that the database has time for others."""

T = TypeVar("T")

Zones = Callable[[], Mapping[ZoneInfo, Collection[str]]]
"""All sites, by time zone."""


class KeptSums:
    """The same as ``DirectSums``, sooner. What does not hold any more, and what cannot be read, is asked for anew."""

    def __init__(
        self, direct: DirectSums, kept: HistorySums, book: StampBook, zones: Zones, offload: Offload = call_here
    ) -> None:
        self._direct = direct
        self._kept = kept
        self._book = book
        self._zones = zones
        self._offload = offload

    def stretches(
        self, step: timedelta, scope: Scope, start: datetime, end: datetime, where: Where
    ) -> Sequence[PlaceStretch]:
        """By the hour or quarter of an hour and by place, in order of time."""
        zone = self._zone_of(where)
        if zone is None or step != HOUR or scope is not Scope.SITE:
            return self._direct.stretches(step, scope, start, end, where)
        (site,) = where.sites or ()
        first, last = (moment.astimezone(zone).date() for moment in (start, end - timedelta.resolution))
        holding = self._holding(zone, first, last)
        if not holding:
            return self._direct.stretches(step, scope, start, end, where)
        kept = self._read(lambda: self._kept.hours(site, start, end))
        if kept is None:
            return self._direct.stretches(step, scope, start, end, where)
        spans = [(day_start(a, zone), day_start(b + ONE_DAY, zone)) for a, b in _runs(first, last, holding)]
        found = [one for one in kept if not any(a <= one.start < b for a, b in spans)] if spans else kept
        for a, b in spans:
            found += self._direct.stretches(step, scope, max(a, start), min(b, end), where)
        return found

    def totals(self, scope: Scope, period: HistoryPeriod, where: Where) -> Sequence[PlaceStretch]:
        """Of a whole period, by place."""
        is_kept = where.sites and not where.door_id and not where.line_id and scope is not Scope.LINE
        if not is_kept or (scope is Scope.DOOR and len(where.sites or ()) > 1):
            return self._direct.totals(scope, period, where)
        kept, anew = self._runs(period)
        sites = sorted(where.sites or ())

        def read() -> Sequence[PlaceStretch]:
            if scope is Scope.SITE:
                return self._kept.totals_of_sites(sites, kept)
            return self._kept.totals_of_doors(sites[0], kept)

        summed = self._read(read) if kept else ()
        if summed is None:
            return self._direct.totals(scope, period, where)
        found: dict[str, PlaceSum] = {}
        for one in summed:
            found.setdefault(one.subject, PlaceSum()).add(one)
        for run in anew:
            for one in self._direct.totals(scope, HistoryPeriod(*run, period.zone), where):
                found.setdefault(one.subject, PlaceSum()).add(one)
        return [_as_stretch(subject, period.start, of) for subject, of in sorted(found.items())]

    def days(self, period: HistoryPeriod, sites: Collection[str]) -> Sequence[PlaceStretch]:
        """Of sites in that time zone together, by day."""
        kept, anew = self._runs(period)
        summed = self._read(lambda: self._kept.days_of_sites(sorted(sites), kept)) if kept else ()
        if summed is None:
            return self._direct.days(period, sites)
        found = list(summed)
        for run in anew:
            found += self._direct.days(HistoryPeriod(*run, period.zone), sites)
        return found

    def _runs(self, period: HistoryPeriod) -> tuple[list[tuple[date, date]], list[tuple[date, date]]]:
        """Runs of days whose sums hold, and of those that are asked for anew."""
        first, last = period.first, period.last
        anew = list(_runs(first, last, self._holding(period.zone, first, last)))
        missing = {begin + number * ONE_DAY for begin, end in anew for number in range((end - begin).days + 1)}
        return list(_runs(first, last, missing)), anew

    def learned_later(
        self, scope: Scope, start: datetime, end: datetime, known: datetime, where: Where
    ) -> Sequence[PlaceStretch]:
        """What was learned about hours since a moment, to be taken away."""
        return self._direct.learned_later(scope, start, end, known, where)

    def _zone_of(self, where: Where) -> ZoneInfo | None:
        """Of the one site that is meant, where it is one and the whole of it."""
        if where.sites is None or len(where.sites) != 1 or where.door_id or where.line_id:
            return None
        (site,) = where.sites
        return next((zone for zone, sites in self._zones().items() if site in sites), None)

    def _holding(self, zone: ZoneInfo, first: date, last: date) -> set[date]:
        """Days whose sums still hold. Raises ``DatabaseError``."""
        marks = self._read(lambda: self._kept.marks(zone.key, first, last))
        if not marks:
            return set()
        self._book.look()
        sites = self._zones().get(zone, ())
        now = self._book.marks(zone, marks, sites)
        return {day for day, mark in marks.items() if now[day] == mark}

    def _read(self, read: Callable[[], T]) -> T | None:
        """What was kept; ``None`` where that cannot be read. A page of the file may be damaged, and others not."""
        try:
            return self._offload(read)
        except LogError as error:
            logger.warning("Sums of past days cannot be read, the database is asked for everything: %s", error)
            return None


class SumsKeeper:
    """Sums up days that are over, in the one process that leads; those anew about which something was written."""

    def __init__(
        self,
        history: PlaceHistory,
        kept: HistorySums,
        book: StampBook,
        zones: Zones,
        clock: Clock,
        offload: Offload = call_here,
        demand_whole: Callable[[], object] = lambda: None,
    ) -> None:
        """``demand_whole`` raises ``DatabaseError`` where there is only a part of the history yet."""
        self._demand_whole = demand_whole
        self._is_failing = False
        self._history = history
        self._kept = kept
        self._book = book
        self._zones = zones
        self._clock = clock
        self._offload = offload

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set."""
        wait = FIRST_WAIT
        while not stop.wait(wait):
            wait = EVERY
            try:
                self.keep_up(stop)
            except (DatabaseError, LogError) as error:
                self._fails(error)
            else:
                self._works()

    def _fails(self, error: Exception) -> None:
        if not self._is_failing:
            logger.warning("Past days cannot be summed up, pages of the history take longer meanwhile: %s", error)
        self._is_failing = True

    def _works(self) -> None:
        if self._is_failing:
            logger.info("Past days are summed up again")
        self._is_failing = False

    def keep_up(self, stop: threading.Event) -> int:
        """Sum up what has to be; how many days that was. Raises ``DatabaseError`` and ``LogError``."""
        self._demand_whole()
        self._book.look()
        began = self._history.first_day(Where())
        done = 0
        for zone, sites in self._zones().items() if began else ():
            for day in self._due(zone, sites, began.astimezone(zone).date()) if began else ():
                if stop.is_set():
                    return done
                self._sum_up(zone, day, sites)
                done += 1
                stop.wait(PAUSE)
        return done

    def _due(self, zone: ZoneInfo, sites: Collection[str], first: date) -> list[date]:
        """The newest first. Today is not over: it is asked for each time."""
        last = self._clock.now().astimezone(zone).date() - ONE_DAY
        marks = self._offload(lambda: self._kept.marks(zone.key, first, last))
        days = [last - number * ONE_DAY for number in range((last - first).days + 1)]
        now = self._book.marks(zone, days, sites)
        return [day for day in days if marks.get(day) != now[day]]

    def _sum_up(self, zone: ZoneInfo, day: date, sites: Collection[str]) -> None:
        mark = self._book.mark(zone, day, sites)  # before the sums: what is written meanwhile makes another one
        start, end = day_start(day, zone), day_start(day + ONE_DAY, zone)
        hours = self._history.stretches(HOUR, Scope.SITE, start, end, Where(sites))
        rest()
        doors = self._history.doors(start, end, sites)
        of_sites: dict[str, PlaceSum] = {}
        for one in hours:
            of_sites.setdefault(one.subject, PlaceSum()).add(one)
        days = [(site, WHOLE_SITE, _as_stretch(site, start, of)) for site, of in of_sites.items()]
        days += [(site, one.subject, one) for site, one in doors]
        self._offload(lambda: self._kept.put(zone.key, day, mark, (start, end), sites, days, hours))


def _as_stretch(subject: str, start: datetime, of: PlaceSum) -> PlaceStretch:
    return PlaceStretch(subject, start, of.entered, of.left, tuple(of.by_quality), of.covered, of.coverages)


def _runs(first: date, last: date, but: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Days that follow each other, without some."""
    left_out = set(but)
    begin: date | None = None
    day = first
    while day <= last:
        if day in left_out:
            if begin is not None:
                yield begin, day - ONE_DAY
            begin = None
        elif begin is None:
            begin = day
        day += ONE_DAY
    if begin is not None:
        yield begin, last
