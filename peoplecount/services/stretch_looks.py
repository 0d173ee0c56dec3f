"""Going through hours or quarter hours of the past, a manageable number of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.interval import Scope
from peoplecount.domain.roll_up import HOUR, QUARTER
from peoplecount.services.count_rows import CountRow, LineStretch, Names, rows_of, rows_of_sums, without_gaps
from peoplecount.services.counts_query import CountsQuery
from peoplecount.services.look import ONE_DAY, Chosen, CountHistory, Look, start_of_day
from peoplecount.services.owed_history import OwedLines
from peoplecount.services.unhurried import unhurried
from peoplecount.storage.history_rows import HourCount, QuarterHour
from peoplecount.storage.scope_sums import LineSpan

LONGEST = timedelta(days=400)

SUMMED_AT_ONCE = 24_000
"""Rows that the database sums up for one look: some 20 ms."""

WIDEST = 16
"""Times the usual width, where there is little."""


class StretchLooks:
    """Answers a question about hours or quarter hours, look by look.

    Of each line all stretches between its first and its last one of a day of UTC are told, known or not.
    """

    def __init__(
        self,
        history: CountHistory,
        query: CountsQuery,
        step: timedelta,
        names: Names,
        at_once: int,
        owed: OwedLines,
    ) -> None:
        """``at_once`` is how many rows are wanted from a look, about."""
        self._owed = owed
        self._history = history
        self._query = query
        self._step = step
        self._names = names
        self._chosen = Chosen.by(query, history, names)
        self._subjects = self._chosen.subjects(query.scope, names)
        self.at_once = at_once

    def __iter__(self) -> Iterator[Look]:
        """One after the other, without a gap."""
        query = self._query
        begin = max(query.begin, query.after.begin) if query.after else query.begin
        wider = 1
        while begin < query.end:
            end = min(begin + min(wider * self._width(), LONGEST), query.end)
            rows, found = self._look(begin, end)
            few = found and found * self._step < self._chosen.about * (end - begin) / 4
            wider = min(2 * wider, WIDEST) if few else 1
            if not found:  # of the day on which there is something, all of it: before it something may be untold
                following = self._next(end)
                end = query.end if following is None else max(end, start_of_day(following))
            yield Look(rows, found, min(end, query.end))
            begin = end

    def goes_on(self, until: datetime, now: datetime) -> bool:
        """Whether there are rows that begin at or after ``until`` and are over by ``now``. Raises ``DatabaseError``."""
        start = self._next(until)
        return start is not None and start < self._query.end and start + self._step <= now

    def _width(self) -> timedelta:
        stretches = (self.at_once + self._subjects - 1) // self._subjects
        if self._query.scope is not Scope.LINE:
            stretches = min(stretches, SUMMED_AT_ONCE // max(self._chosen.about, 1))
        return max(stretches, 1) * self._step

    def _look(self, begin: datetime, end: datetime) -> tuple[Iterator[CountRow], int]:
        """The rows of a time, and how many rows of the history they were made of."""
        query = self._query
        if query.scope is Scope.LINE:
            there = self._stretches(begin, end, self._chosen.lines)
            untold = self._untold(begin, end, self._doubtful(begin, end, there))
            stretches = unhurried([*there, *untold])
            return rows_of(stretches, query.scope, self._names, query.wants, self._owed), len(there)
        sums = self._history.sums(self._step, query.scope, begin, end, **self._chosen.filters)
        untold = self._untold(begin, end, self._gappy(begin, end))
        rows = rows_of_sums(sums, untold, query.scope, self._step, self._names, query.wants, self._owed)
        return rows, sum(one.rows for one in sums)

    def _stretches(self, begin: datetime, end: datetime, lines: Sequence[str] | None) -> list[LineStretch]:
        filters = {**self._chosen.filters, "line_ids": lines}
        if self._step == HOUR:
            return [_hour(row) for row in unhurried(self._history.hours(begin, end, **filters))]
        return [_quarter(row) for row in unhurried(self._history.quarter_hours(begin, end, **filters))]

    def _doubtful(self, begin: datetime, end: datetime, there: Sequence[LineStretch]) -> Sequence[str] | None:
        """Lines that may have something untold in this time; ``None`` where nobody knows which."""
        starts: dict[str, set[datetime]] = {}
        for one in there:
            starts.setdefault(one.line_id, set()).add(one.begin)
        spans = (LineSpan(line, min(of_line), max(of_line), len(of_line)) for line, of_line in starts.items())
        incomplete = [span.line_id for span in spans if not self._is_whole(span, begin, end)]
        if start_of_day(end) >= begin:  # other lines have rows before or after midnight, and nothing between two
            return incomplete
        if self._chosen.lines is None and self._chosen.site_id is not None:
            return None
        return [*incomplete, *(line for line in self._chosen.known() if line not in starts)]

    def _gappy(self, begin: datetime, end: datetime) -> Sequence[str] | None:
        """The same where the database has summed up.

        Of nearly all lines nearly all is told. This time alone shows that: their whole days need not be gone through.
        """
        chosen = self._chosen
        if chosen.site_id is not None or (chosen.lines is None and chosen.door_id is not None):
            return None
        if chosen.lines is not None:
            return chosen.lines
        return self._history.incomplete(self._step, begin, end)

    def _is_whole(self, span: LineSpan, begin: datetime, end: datetime) -> bool:
        first, last = span.first, span.last
        return first - begin < self._step and end - last <= self._step and self._most(span) == span.starts

    def _most(self, span: LineSpan) -> int:
        """How many starts a line has between its first and last where none is missing."""
        return (span.last - span.first) // self._step + 1

    def _untold(self, begin: datetime, end: datetime, lines: Sequence[str] | None) -> list[LineStretch]:
        """Stretches of which nothing is known, between others of the same line and day; of all lines or of some."""
        if lines is not None and not lines:
            return []
        first, last = start_of_day(begin), start_of_day(end - self._step / 2) + ONE_DAY
        spans = self._history.spans(self._step, first, last, **{**self._chosen.filters, "line_ids": lines})
        holed = [one.line_id for one in spans if self._most(one) > one.starts]
        if not holed:
            return []
        days = groupby(self._stretches(first, last, holed), key=lambda one: start_of_day(one.begin))
        told = (one for _, of_day in days for one in without_gaps(of_day, self._step))
        return [one for one in told if one.is_untold and begin <= one.begin < end]

    def _next(self, end: datetime) -> datetime | None:
        return self._history.next_start(self._step, end, **self._chosen.filters)


def _quarter(row: QuarterHour) -> LineStretch:
    figures = None if row.quality is Quality.MISSING else Figures(row.in_count, row.out_count)
    end = row.start + QUARTER
    return LineStretch(row.line_id, row.door_id, row.site_id, row.start, end, figures, row.quality, row.coverage)


def _hour(row: HourCount) -> LineStretch:
    return LineStretch(
        row.line_id,
        row.door_id,
        row.site_id,
        row.starts_at,
        row.starts_at + HOUR,
        row.figures,
        row.quality,
        row.coverage,
        row.local_start,
    )
