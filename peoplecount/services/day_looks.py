"""Going through the days of the past; the database sums them up from hours whenever they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby

from peoplecount.domain.roll_up import HOUR
from peoplecount.domain.wall_clock import day_around
from peoplecount.services.count_rows import CountRow, LineStretch, Names, rows_of
from peoplecount.services.counts_query import CountsQuery
from peoplecount.services.look import ONE_DAY, Chosen, CountHistory, Look, start_of_day
from peoplecount.services.unhurried import unhurried
from peoplecount.storage.history_rows import DayCount

HOURS_AT_ONCE = 24_000
"""Rows of the history that make up one look: the database takes some 30 ms for them."""

LONGEST = timedelta(days=400)

LATEST = timedelta(hours=12)
"""After its midnight in UTC, a day of the zone that is last begins."""


class DayLooks:
    """Answers a question about days, look by look."""

    def __init__(self, history: CountHistory, query: CountsQuery, names: Names) -> None:
        self._history = history
        self._query = query
        self._names = names
        self._chosen = Chosen.by(query, history, names)
        self.at_once = query.limit  # days of what is summed up at once are few
        self._width = min(max(HOURS_AT_ONCE // (24 * max(self._chosen.about, 1)), 1) * ONE_DAY, LONGEST)

    def __iter__(self) -> Iterator[Look]:
        """Each look is about whole days of the cameras' wall clocks."""
        query = self._query
        begin = start_of_day((query.after.begin if query.after else query.begin) - LATEST)
        while begin < query.end:
            end = min(begin + self._width, start_of_day(query.end) + ONE_DAY)
            days = self._history.days(begin.date(), (end - ONE_DAY).date(), **self._chosen.filters)
            if not days:
                end = self._next(end)
            rows = self._rows([_day(row, self._names) for row in unhurried(days)])
            yield Look(rows, sum(day.rows for day in days), min(end, query.end))
            begin = end

    def goes_on(self, until: datetime, now: datetime) -> bool:  # noqa: ARG002
        """Whether there may be rows of later days: a look will tell."""
        return until < self._query.end

    def _rows(self, days: list[LineStretch]) -> Iterator[CountRow]:
        days.sort(key=lambda one: one.begin)
        for _, of_day in groupby(days, key=lambda one: start_of_day(one.begin)):
            yield from rows_of(unhurried(of_day), self._query.scope, self._names, self._query.wants)

    def _next(self, end: datetime) -> datetime:
        start = self._history.next_start(HOUR, end - ONE_DAY, **self._chosen.filters)
        return self._query.end if start is None else max(end, start_of_day(start) - ONE_DAY)


def _day(row: DayCount, names: Names) -> LineStretch:
    noon = datetime(row.day.year, row.day.month, row.day.day, 12, tzinfo=names.zone(row.site_id))
    begin, end = day_around(noon, noon.tzinfo or UTC)
    hours = (end - begin) // HOUR
    return LineStretch(
        row.line_id,
        row.door_id,
        row.site_id,
        begin,
        end,
        row.figures,
        row.quality,
        None if row.coverage is None else row.coverage * min(row.rows / hours, 1.0),
        is_whole=row.hours >= hours,
    )
