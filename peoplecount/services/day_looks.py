"""Going through the days of the past; the database sums them up from hours whenever they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from peoplecount.domain.roll_up import HOUR
from peoplecount.domain.wall_clock import day_around
from peoplecount.services.count_rows import CountRow, LineStretch, Names, rows_of
from peoplecount.services.counts_query import CountsQuery
from peoplecount.services.look import ONE_DAY, Chosen, CountHistory, Look, start_of_day
from peoplecount.services.owed_history import OwedLines
from peoplecount.services.unhurried import unhurried
from peoplecount.storage.history_rows import DayCount

HOURS_AT_ONCE = 24_000
"""Rows of the history that make up one look: the database takes some 30 ms for them."""

LONGEST = 400
"""Days of a look."""

LONGEST_OFFSET = timedelta(hours=14)
"""Of a zone to UTC. A day of a camera's clock may begin that much earlier, or later, than one in UTC."""


class DayLooks:
    """Answers a question about days, look by look."""

    def __init__(self, history: CountHistory, query: CountsQuery, names: Names, owed: OwedLines) -> None:
        self._owed = owed
        self._history = history
        self._query = query
        self._names = names
        self._zones = {*names.zones.values(), names.zone("")}
        self._chosen = Chosen.by(query, history, names)
        self._width = min(max(HOURS_AT_ONCE // (24 * max(self._chosen.about, 1)), 1), LONGEST) * ONE_DAY
        self._bounds: dict[tuple[date, ZoneInfo], tuple[datetime, datetime]] = {}
        self.at_once = query.limit  # days of what is summed up at once are few

    def __iter__(self) -> Iterator[Look]:
        """Each look is about whole days of the cameras' wall clocks."""
        query = self._query
        begin = query.after.begin if query.after else query.begin
        day = min(_first_day(begin, zone) for zone in self._zones)
        end = max(_first_day(query.end, zone) for zone in self._zones)
        while day < end:
            until = min(day + self._width, end)
            days = self._history.days(day, until - ONE_DAY, **self._chosen.filters)
            if not days:
                until = max(self._next(until) or end, until)
            rows = self._rows([self._stretch(row) for row in unhurried(days)])
            yield Look(rows, sum(one.rows for one in days), self._begin_of(until) if until < end else query.end)
            day = until

    def goes_on(self, until: datetime, now: datetime) -> bool:  # noqa: ARG002
        """Whether there may be rows of later days: a look will tell."""
        return until < self._query.end

    def _rows(self, days: list[LineStretch]) -> Iterator[CountRow]:
        days.sort(key=lambda one: one.begin)
        for _, of_day in groupby(days, key=lambda one: start_of_day(one.begin)):
            yield from rows_of(unhurried(of_day), self._query.scope, self._names, self._query.wants, self._owed)

    def _next(self, day: date) -> date | None:
        """A day before which there is nothing more."""
        start = self._history.next_start(HOUR, self._begin_of(day), **self._chosen.filters)
        return None if start is None else (start - LONGEST_OFFSET).date()

    def _begin_of(self, day: date) -> datetime:
        """Before it, or any later one, begins anywhere."""
        return datetime(day.year, day.month, day.day, tzinfo=UTC) - LONGEST_OFFSET

    def _stretch(self, row: DayCount) -> LineStretch:
        begin, end = self._bounds_of(row.day, self._names.zone(row.site_id))
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

    def _bounds_of(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        key = (day, zone)
        if key not in self._bounds:
            self._bounds[key] = day_around(datetime(day.year, day.month, day.day, 12, tzinfo=zone), zone)
        return self._bounds[key]


def _first_day(moment: datetime, zone: ZoneInfo) -> date:
    """The first one that begins at or after ``moment``."""
    local = moment.astimezone(zone)
    begin, _ = day_around(local, zone)
    return local.date() if begin >= moment else local.date() + ONE_DAY
