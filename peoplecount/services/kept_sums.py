"""Figures of places over earlier times: from sums that were made beforehand where they still hold."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
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
from peoplecount.services.history_sums import SUMMED_AT_ONCE, together
from peoplecount.services.place_sums import DirectSums
from peoplecount.services.stamp_book import StampBook
from peoplecount.services.unhurried import Breath, rest, unhurried
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.place_history import PlaceHistory, Where

logger = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds between two looks for days that have to be summed up anew."""

FIRST_WAIT = 15.0
"""Seconds after the start."""

PAUSE = 0.2
"""Seconds between two days, so that the database has time for others."""

SOON = 1.0
"""Seconds after the start at which what is written now and then about past days is read for the first time."""

SITES_AT_ONCE = 5
"""Whose doors are asked for in one statement; of ten doors each that are 1,200 rows, some 10 ms."""

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

    def keep_ready(self, stop: threading.Event) -> None:
        """Look now and then which sums still hold: the stamps of a year are read by nobody who waits for a page."""
        pause = SOON
        while not stop.wait(pause):
            with suppress(DatabaseError):  # whoever needs it says so
                for zone in self._zones():
                    self._holding(zone, date.min, date.max)
            pause = EVERY

    def stretches(
        self, step: timedelta, scope: Scope, start: datetime, end: datetime, where: Where
    ) -> Sequence[PlaceStretch]:
        """By the hour or quarter of an hour and by place, in order of time."""
        zone = self._zone_of(where) if step == HOUR and has_hours(scope, where) else None
        if zone is None:
            return self._direct.stretches(step, scope, start, end, where)
        first, last = (moment.astimezone(zone).date() for moment in (start, end - timedelta.resolution))
        holding = self._holding(zone, first, last)
        kept = self._read(lambda: hours_of(self._kept, where, start, end, zone)) if holding else None
        if kept is None:
            return self._direct.stretches(step, scope, start, end, where)
        spans = [(day_start(a, zone), day_start(b + ONE_DAY, zone)) for a, b in runs_but(first, last, holding)]
        found = [one for one in kept if not any(a <= one.start < b for a, b in spans)] if spans else kept
        for a, b in spans:
            found += self._direct.stretches(step, scope, max(a, start), min(b, end), where)
        return found

    def totals(self, scope: Scope, period: HistoryPeriod, where: Where) -> Sequence[PlaceStretch]:
        """Of a whole period, by place."""
        if not has_totals(scope, where):
            return self._direct.totals(scope, period, where)
        kept, anew = self._runs(period)
        summed = self._read(lambda: totals_of(self._kept, scope, where, kept)) if kept else ()
        if summed is None:
            return self._direct.totals(scope, period, where)
        found = list(summed)
        for run in anew:
            found += self._direct.totals(scope, HistoryPeriod(*run, period.zone), where)
        return put_together(period.start, found)

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
        anew = list(runs_but(first, last, self._holding(period.zone, first, last)))
        missing = {begin + number * ONE_DAY for begin, end in anew for number in range((end - begin).days + 1)}
        return list(runs_but(first, last, missing)), anew

    def learned_later(
        self, scope: Scope, start: datetime, end: datetime, known: datetime, where: Where
    ) -> Sequence[PlaceStretch]:
        """What was learned about hours since a moment, to be taken away."""
        return self._direct.learned_later(scope, start, end, known, where)

    def _zone_of(self, where: Where) -> ZoneInfo | None:
        """Of the one site that is meant."""
        (site,) = where.sites or ()
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
        doors: dict[tuple[str, str], list[PlaceStretch]] = {}
        in_order = sorted(sites)
        for first in range(0, len(in_order), SITES_AT_ONCE):
            some = in_order[first : first + SITES_AT_ONCE]
            for site, one in unhurried(self._history.door_hours(start, end, some), Breath(SUMMED_AT_ONCE)):
                doors.setdefault((site, one.subject), []).append(one)
        days = [(one.subject, WHOLE_SITE, one) for one in put_together(start, hours)]
        days += [(site, door, together(door, start, of_door)) for (site, door), of_door in doors.items()]
        door_hours = [(*place, of_door) for place, of_door in doors.items()]
        self._offload(lambda: self._kept.put(zone.key, day, mark, (start, end), sites, days, hours, door_hours))


def has_hours(scope: Scope, where: Where) -> bool:
    """Whether hours of these places are kept: of whole sites and of whole doors, one at a time."""
    if where.sites is None or len(where.sites) != 1 or where.line_id:
        return False
    return scope is (Scope.DOOR if where.door_id else Scope.SITE)


def hours_of(kept: HistorySums, where: Where, start: datetime, end: datetime, zone: ZoneInfo) -> list[PlaceStretch]:
    """The hours kept of such a place. Raises ``LogError``."""
    (site,) = where.sites or ()
    if where.door_id is None:
        return kept.hours(site, start, end)
    first, last = (moment.astimezone(zone).date() for moment in (start, end - timedelta.resolution))
    return [one for one in kept.hours_of_door(site, where.door_id, first, last) if start <= one.start < end]


def has_totals(scope: Scope, where: Where) -> bool:
    """Whether days of these places are kept: of whole sites, and of the doors of one."""
    if not where.sites or where.door_id or where.line_id:
        return False
    return scope is Scope.SITE or (scope is Scope.DOOR and len(where.sites) == 1)


def totals_of(
    kept: HistorySums, scope: Scope, where: Where, runs: Sequence[tuple[date, date]]
) -> Sequence[PlaceStretch]:
    """What is kept of runs of days, by place; a place may come several times. Raises ``LogError``."""
    sites = sorted(where.sites or ())
    return kept.totals_of_sites(sites, runs) if scope is Scope.SITE else kept.totals_of_doors(sites[0], runs)


def put_together(start: datetime, stretches: Iterable[PlaceStretch]) -> list[PlaceStretch]:
    """One stretch a place."""
    found: dict[str, PlaceSum] = {}
    for one in stretches:
        found.setdefault(one.subject, PlaceSum()).add(one)
    return [_as_stretch(subject, start, of) for subject, of in sorted(found.items())]


def _as_stretch(subject: str, start: datetime, of: PlaceSum) -> PlaceStretch:
    return PlaceStretch(subject, start, of.entered, of.left, tuple(of.by_quality), of.covered, of.coverages)


def runs_but(first: date, last: date, but: Iterable[date]) -> Iterator[tuple[date, date]]:
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
