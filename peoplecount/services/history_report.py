"""The past of a place: the parts of a period, beside another one, the hours of its week, and what it consists of."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from peoplecount.domain.clock import Clock
from peoplecount.domain.history_period import Beside, Grain, HistoryPeriod, Part
from peoplecount.domain.interval import Scope
from peoplecount.domain.place_sum import PlaceSum
from peoplecount.services.counts import NoSuchPlace
from peoplecount.services.history_filter import Holidays, no_holidays
from peoplecount.services.history_look import HistoryChild, HistoryLook, PlaceSums
from peoplecount.services.history_places import HistoryPlaces, Place
from peoplecount.services.history_query import HistoryQuery
from peoplecount.services.history_sums import WeekHours
from peoplecount.services.owed_history import OwedSpans, nothing_owed
from peoplecount.storage.errors import DatabaseError

logger = logging.getLogger(__name__)

REPORTS_AT_ONCE = 2
"""In one process. A year of a large installation is a second of work: who asks for many waits for their own."""


class HistoryUnavailable(Exception):
    """The history cannot be read just now; why stands in the log, because it may name servers and accounts."""


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A part of a period."""

    part: Part
    total: PlaceSum
    before: PlaceSum | None
    """The same part of the period beside it; ``None`` where there is none."""

    is_ahead: bool
    """Whether it had not begun."""

    is_running: bool
    """Whether it was not over."""

    holiday: str
    """What is celebrated on that day; empty: nothing, or it is no day."""


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """Everything a page of the history shows."""

    query: HistoryQuery
    place: Place
    period: HistoryPeriod
    rows: Sequence[HistoryRow]
    total: PlaceSum
    beside: HistoryPeriod | None
    before: PlaceSum | None
    week: WeekHours | None
    child_scope: Scope
    children: Sequence[HistoryChild]
    are_children_told: bool
    now: datetime
    today: date
    """By the place's calendar; of all sites where it is latest."""

    is_last_known: bool = False
    """Whether the database was away: past days are then as they were summed up last, and others are not known."""

    owing: Sequence[str] = ()
    """Names of doors of which the period lacks something that their cameras are still being asked about."""

    @property
    def busiest(self) -> HistoryRow | None:
        """The part in which most came."""
        known = [row for row in self.rows if row.total.figures is not None and row.total.entered]
        return max(known, key=lambda row: row.total.entered, default=None)


class HistoryDesk:
    """Answers what people ask of the past, for pages and for what is exported from them."""

    def __init__(
        self,
        sums: PlaceSums,
        places: HistoryPlaces,
        clock: Clock,
        holidays: Callable[[str], Holidays] = no_holidays,
        last_known: PlaceSums | None = None,
        owed: OwedSpans = nothing_owed,
    ) -> None:
        """``holidays`` understands what is set for a site; ``last_known`` tells something without the database.

        ``owed`` is what cameras are still being asked about.
        """
        self._sums = sums
        self._last_known = last_known
        self._clock = clock
        self._holidays = holidays
        self._owed = owed
        self._at_work = threading.BoundedSemaphore(REPORTS_AT_ONCE)
        self.places = places

    def ask(self, asked: Mapping[str, str], own: Collection[str] | None) -> HistoryQuery:
        """Understand parameters. Raises ``BadQuery`` and ``NoSuchPlace``."""
        return self.places.ask(asked, own)

    def report(self, query: HistoryQuery, own: Collection[str] | None) -> HistoryReport:
        """Everything about it; ``own`` are the sites that may be seen.

        Raises ``HistoryUnavailable``, and ``NoSuchPlace`` where nothing was ever heard of the place.
        """
        try:
            with self._at_work:
                return self._report(query, own, self._sums)
        except DatabaseError as error:
            logger.warning("The history cannot be shown, it cannot be read: %s", error)
            raise HistoryUnavailable("the history cannot be read just now") from error

    def last_known(self, query: HistoryQuery, own: Collection[str] | None) -> HistoryReport | None:
        """As much of it as was summed up before, while the database is away; ``None`` where that is nothing.

        For looking at, and for nothing that is kept: a file or a letter would go on telling it.
        """
        if self._last_known is None:
            return None
        try:
            with self._at_work:
                report = self._report(query, own, self._last_known)
        except (DatabaseError, NoSuchPlace):
            return None
        return replace(report, is_last_known=True) if report.total.rows else None

    def _report(self, query: HistoryQuery, own: Collection[str] | None, sums: PlaceSums) -> HistoryReport:
        place = self.places.place(query, own)
        period = HistoryPeriod(query.first, query.last, place.zone)
        now = self._clock.now()
        look = HistoryLook(sums, query, place, own, self.places, self._holidays(place.holidays), now, self._owed())
        parts = list(period.parts(query.grain))
        summed = look.summed(period, parts, look.until)
        beside = period.beside(query.beside, query.grain) if query.beside is not Beside.NOTHING else None
        before: Mapping[int, PlaceSum] = {}
        total_before = None
        if beside is not None:
            others = list(beside.parts(query.grain))
            found = look.summed(beside, others, partial(look.same_moment, period, beside))
            before = _paired(parts, others, found.parts, query.grain)
            total_before = found.total
        rows = [
            HistoryRow(
                part,
                summed.parts[place_],
                before.get(place_),
                *stands,
                look.holidays(part.local.date()) if query.grain in (Grain.DAY, Grain.HOUR, Grain.QUARTER) else "",
            )
            for place_, (part, stands) in enumerate(zip(parts, look.stands(period, parts), strict=True))
        ]
        if not (summed.total.rows or summed.total.unseen):
            self.places.demand_known(query, own)
        scope, children, told = look.children(period)
        week = None if query.site_id is None else summed.week
        today = self.places.today(query.site_id, own)
        owing = self.places.doors(
            {one.door_id for one in look.owed_here() if one.begin < period.end and period.start < one.end}
        )
        return HistoryReport(
            query,
            place,
            period,
            rows,
            summed.total,
            beside,
            total_before,
            week,
            scope,
            children,
            told,
            now,
            today,
            owing=owing,
        )


def _paired(
    parts: Sequence[Part], others: Sequence[Part], sums: Sequence[PlaceSum], grain: Grain
) -> Mapping[int, PlaceSum]:
    """The other period's sums by the place of the part they stand beside."""
    if grain.length is None:
        return dict(enumerate(sums[: len(parts)]))
    shift = parts[0].local - others[0].local if parts and others else timedelta(0)
    theirs = {(other.local + shift, other.turn): one for other, one in zip(others, sums, strict=True)}
    return {
        place: theirs[part.local, part.turn] for place, part in enumerate(parts) if (part.local, part.turn) in theirs
    }
