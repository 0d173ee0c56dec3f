"""Counts of earlier times, with how far they can be trusted: for the API and the export."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, islice
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from peoplecount.domain.clock import Clock
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.interval import Step
from peoplecount.domain.wall_clock import day_around
from peoplecount.services.count_rows import CountRow, LineStretch, Names, rows_of, without_gaps
from peoplecount.services.counts_query import CountsQuery, Position
from peoplecount.services.unhurried import unhurried
from peoplecount.storage.history import DayCount, HourCount, QuarterHour

ONE_DAY = timedelta(days=1)
LONGEST_LOOK = timedelta(days=64)
FEW_ROWS = 5_000
"""Rows of one look into the history; where it brought fewer, the next one reaches twice as far."""

MOST_ROWS = 20_000
"""Rows of a look over several days. One that finds as many is made anew by single days: behind empty months there may
be hundreds of lines."""


NAMED_AT_MOST = 20


class NoSuchPlace(LookupError):
    """A site, door or line was asked for of which nothing is known; the message names those that are."""


class CountHistory(Protocol):
    """The part of the history that is asked. Raises ``DatabaseError``."""

    def quarter_hours(
        self,
        start: datetime,
        end: datetime,
        site_id: str | None = None,
        *,
        line_id: str | None = None,
        most: int | None = None,
    ) -> Sequence[QuarterHour]:
        """See ``History``."""
        ...

    def hours(
        self,
        start: datetime,
        end: datetime,
        *,
        line_ids: Collection[str] | None = None,
        site_id: str | None = None,
        most: int | None = None,
    ) -> Sequence[HourCount]:
        """See ``History``."""
        ...

    def days(
        self, first: date, last: date, *, line_ids: Collection[str] | None = None, site_id: str | None = None
    ) -> Sequence[DayCount]:
        """See ``History``."""
        ...


class Counts:
    """Answers what people ask of the past.

    Intervals that are not over are left out, and so are times of which nothing at all is known. Of a line every
    interval between its first and its last one of a day is told, known or not; and every sum over lines says whether
    it has them all.
    """

    def __init__(self, history: CountHistory, board: Callable[[], Mapping[str, Any]], clock: Clock) -> None:
        """``board`` gives a snapshot of the live board: what things are called."""
        self._history = history
        self._board = board
        self._clock = clock

    def ask(self, asked: Mapping[str, str]) -> CountsQuery:
        """Understand parameters. Days are those of the site's zone, of UTC where sites differ. Raises ``BadQuery``."""
        site_id = asked.get("site")
        sites = self._board()["sites"]
        zones = {site["timeZone"] for site in sites if site["siteId"] == site_id or not site_id}
        zone = ZoneInfo(zones.pop() if len(zones) == 1 else "UTC")
        return CountsQuery.parse(asked, zone, self._clock.now())

    def page(self, query: CountsQuery) -> tuple[list[CountRow], Position | None]:
        """As many rows as are asked for at once, and where the next ones begin. Raises ``DatabaseError``."""
        found = list(islice(self.rows(query), query.limit + 1))
        if len(found) <= query.limit:
            return found, None
        last = found[query.limit - 1]
        return found[: query.limit], Position(last.begin, last.subject)

    def rows(self, query: CountsQuery) -> Iterator[CountRow]:
        """All rows by time and subject; the history is read on as they are taken. Raises ``DatabaseError``."""
        names = Names.of(self._board())
        now = self._clock.now()
        for stretches in self._looks(query, names):
            for row in unhurried(rows_of(unhurried(stretches), query.scope, names, query.wants)):
                if row.end <= now:
                    yield row

    def demand_known(self, query: CountsQuery) -> None:
        """Raise ``NoSuchPlace`` where what was asked for is not on the board.

        For a question that brought no rows: what was removed is not on the board either, but has its counts.
        """
        board = self._board()
        for kind, wanted in (("site", query.site_id), ("door", query.door_id), ("line", query.line_id)):
            known = sorted(str(one[f"{kind}Id"]) for one in board[f"{kind}s"])
            if wanted is not None and wanted not in known:
                more = f" and {len(known) - NAMED_AT_MOST} more" if len(known) > NAMED_AT_MOST else ""
                names = ", ".join(known[:NAMED_AT_MOST]) or "none yet"
                raise NoSuchPlace(
                    f"No {kind} {wanted[:80]!r} here, nor counts of one then. {kind.title()}s: {names}{more}."
                )

    def _looks(self, query: CountsQuery, names: Names) -> Iterator[list[LineStretch]]:
        """Day by day, but looking at as many at once as bring a fair number of rows."""
        begin = _day_of(max(query.begin, query.after.begin) if query.after else query.begin)
        if query.step is Step.DAY:  # a day begins up to 14 hours before it does in UTC
            begin -= ONE_DAY
        span = ONE_DAY
        while begin < query.end:
            until = min(begin + span, _day_of(query.end) + ONE_DAY)
            most = MOST_ROWS if until - begin > ONE_DAY else None
            found = self._look(query, begin, until, names, most)
            if len(found) == most:  # there may be more
                span = ONE_DAY
                continue
            wanted = (one for one in found if query.door_id in {None, one.door_id})
            for _, of_day in groupby(wanted, key=lambda one: _day_of(one.begin)):
                day = list(of_day)
                yield day if query.step.length is None else list(without_gaps(unhurried(day), query.step.length))
            span = min(2 * span, LONGEST_LOOK) if len(found) < FEW_ROWS else ONE_DAY
            begin = until

    def _look(
        self, query: CountsQuery, begin: datetime, end: datetime, names: Names, most: int | None
    ) -> list[LineStretch]:
        """At most ``most`` of them, but for days: those are few."""
        lines, site = None if query.line_id is None else [query.line_id], query.site_id
        if query.step is Step.QUARTER:
            quarters = self._history.quarter_hours(begin, end, site, line_id=query.line_id, most=most)
            return [_quarter(row) for row in unhurried(quarters)]
        if query.step is Step.HOUR:
            hours = self._history.hours(begin, end, line_ids=lines, site_id=site, most=most)
            return [_hour(row) for row in unhurried(hours)]
        last = (end - ONE_DAY).date()
        days = self._history.days(begin.date(), last, line_ids=lines, site_id=site)
        return sorted((_day(row, names) for row in unhurried(days)), key=lambda one: one.begin)


def _quarter(row: QuarterHour) -> LineStretch:
    figures = None if row.quality is Quality.MISSING else Figures(row.in_count, row.out_count)
    end = row.start + timedelta(minutes=15)
    return LineStretch(row.line_id, row.door_id, row.site_id, row.start, end, figures, row.quality, row.coverage)


def _hour(row: HourCount) -> LineStretch:
    end = row.starts_at + timedelta(hours=1)
    return LineStretch(
        row.line_id,
        row.door_id,
        row.site_id,
        row.starts_at,
        end,
        row.figures,
        row.quality,
        row.coverage,
        row.local_start,
    )


def _day(row: DayCount, names: Names) -> LineStretch:
    noon = datetime(row.day.year, row.day.month, row.day.day, 12, tzinfo=names.zone(row.site_id))
    begin, end = day_around(noon, noon.tzinfo or UTC)
    hours = (end - begin) // timedelta(hours=1)
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


def _day_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
