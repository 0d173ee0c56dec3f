"""The history: what the database knows about earlier hours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from sqlalchemy import Select, Table, and_, case, func, select

from peoplecount.domain.event import WORSE, Quality
from peoplecount.domain.event_id import EventId
from peoplecount.domain.interval import Scope
from peoplecount.domain.place_sum import PlaceStretch
from peoplecount.domain.roll_up import HOUR, QUARTER
from peoplecount.storage.changes import load_changes
from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.dialects import local_day
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.storage.history_rows import DayCount, HourCount, QuarterHour, day_of, hour_of, quarter_of
from peoplecount.storage.place_history import PlaceHistory, Where
from peoplecount.storage.positions import in_chunks
from peoplecount.storage.quarter_stamps import load_stamps, stamp_sum
from peoplecount.storage.schema import hour_counts, positions, quarter_hours
from peoplecount.storage.scope_sums import (
    LineSpan,
    ScopeSum,
    incomplete_question,
    read_sums,
    span_of,
    spans_question,
    sums_question,
    unknown_question,
)
from peoplecount.storage.writer_cursor import load_cursor

RECORDS = "records"
"""The writer whose cursor tells how far the history reaches."""

MOST_READINGS = 20
"""The writer moves its cursor with everything it writes; the same before and after means nothing came between."""


_TABLES = {HOUR: hour_counts, QUARTER: quarter_hours}

T = TypeVar("T")


class History:
    """Asks the roll-ups. A stretch without a row is one in which nobody was counted, or nothing was asked."""

    def __init__(self, db: IDBConnection) -> None:
        self._db = db

    def quarter_hours(
        self,
        start: datetime,
        end: datetime,
        site_id: str | None = None,
        *,
        door_id: str | None = None,
        line_ids: Collection[str] | None = None,
    ) -> list[QuarterHour]:
        """Quarter hours that begin at or after ``start`` and before ``end``, by time, line and door.

        Of those lines only that fit everything that is given. Raises ``DatabaseError``.
        """
        rows = self._chosen(quarter_hours, _between(quarter_hours, start, end), None, line_ids, site_id, door_id)
        return sorted(map(quarter_of, rows), key=lambda one: (one.start, one.line_id, one.door_id))

    def hours(
        self,
        start: datetime,
        end: datetime,
        *,
        camera_id: str | None = None,
        line_ids: Collection[str] | None = None,
        site_id: str | None = None,
        door_id: str | None = None,
    ) -> list[HourCount]:
        """Hours that begin at or after ``start`` and before ``end`` (UTC), by time, line and door.

        Of those lines only that fit everything that is given. Raises ``DatabaseError``.
        """
        rows = self._chosen(hour_counts, _between(hour_counts, start, end), camera_id, line_ids, site_id, door_id)
        return sorted(map(hour_of, rows), key=lambda hour: (hour.starts_at, hour.line_id, hour.door_id))

    def days(
        self,
        first: date,
        last: date,
        *,
        camera_id: str | None = None,
        line_ids: Collection[str] | None = None,
        site_id: str | None = None,
        door_id: str | None = None,
    ) -> list[DayCount]:
        """Days of the cameras' wall clocks, from ``first`` to ``last``, both included; by day, line and door.

        Of those lines only that fit everything that is given. Raises ``DatabaseError``.
        """
        question = _day_question(first, last, by_place=not (line_ids is None and site_id is None and door_id is None))
        found = map(day_of, self._chosen(hour_counts, question, camera_id, line_ids, site_id, door_id))
        return sorted(
            (day for day in found if first <= day.day <= last), key=lambda day: (day.day, day.line_id, day.door_id)
        )

    def sums(
        self,
        step: timedelta,
        scope: Scope,
        start: datetime,
        end: datetime,
        *,
        site_id: str | None = None,
        door_id: str | None = None,
        line_ids: Collection[str] | None = None,
    ) -> list[ScopeSum]:
        """Sites or doors by hour or quarter of an hour, as ``step`` and ``scope`` say, by time and subject.

        Stretches that begin at or after ``start`` and before ``end``; of ``line_ids`` no more than a statement can
        name. Raises ``DatabaseError``.
        """
        subject = "site_id" if scope is Scope.SITE else "door_id"
        table = _TABLES[step]
        question = sums_question(table, subject, start, end)
        return read_sums(self._chosen(table, question, None, line_ids, site_id, door_id))

    def spans(
        self,
        step: timedelta,
        start: datetime,
        end: datetime,
        *,
        line_ids: Collection[str] | None = None,
        site_id: str | None = None,
        door_id: str | None = None,
    ) -> list[LineSpan]:
        """From when to when lines have rows in a time; those without any are left out. Raises ``DatabaseError``."""
        table = _TABLES[step]
        question = spans_question(table, start, end)
        return [LineSpan(*row) for row in self._chosen(table, question, None, line_ids, site_id, door_id)]

    def incomplete(self, step: timedelta, start: datetime, end: datetime) -> list[str]:
        """Lines that were ever counted and have not a row for every ``step`` of a time. Raises ``DatabaseError``.

        Among them may be some that moved to another door in that time and have all.
        """
        return [row.line_id for row in self._db.execute(incomplete_question(_TABLES[step], step, start, end))]

    def next_start(
        self,
        step: timedelta,
        start: datetime,
        *,
        line_ids: Collection[str] | None = None,
        site_id: str | None = None,
        door_id: str | None = None,
    ) -> datetime | None:
        """When the first row at or after ``start`` begins; ``None`` where there is none. Raises ``DatabaseError``."""
        table = _TABLES[step]
        question = select(func.min(table.c.starts_at).label("next")).where(table.c.starts_at >= start)
        rows = self._chosen(table, question, None, line_ids, site_id, door_id)
        return min((row.next for row in rows if row.next is not None), default=None)

    def count_lines(self) -> int:
        """How many lines were ever counted. Raises ``DatabaseError``."""
        return int(self._db.execute(select(func.count()).select_from(positions))[0][0])

    def lines(self) -> list[str]:
        """All lines that were ever counted. Raises ``DatabaseError``."""
        return [row.line_id for row in self._db.execute(select(positions.c.line_id))]

    def lines_of_door(self, door_id: str, start: datetime, end: datetime) -> list[str]:
        """Lines that counted for a door in a time, to the hour. Raises ``DatabaseError``."""
        columns = hour_counts.c
        question = select(columns.line_id).distinct().where(columns.door_id == door_id)
        around = span_of(hour_counts, start - HOUR, end + HOUR)
        return [row.line_id for row in self._db.execute(question.where(around))]

    def unknown_quarters(self, start: datetime, end: datetime) -> set[tuple[str, datetime]]:
        """Lines and quarter hours of which nothing is known. Raises ``DatabaseError``."""
        return {(row.line_id, row.starts_at) for row in self._db.execute(unknown_question(quarter_hours, start, end))}

    def stamps(self, start: datetime, end: datetime) -> Mapping[datetime, int]:
        """Of quarters of an hour: another one means that rows of it were written since. Raises ``DatabaseError``."""
        return load_stamps(self._db, start, end)

    def stamp_sum(self, start: datetime, end: datetime) -> tuple[int, int]:
        """Another answer means that rows of this time were written since. Raises ``DatabaseError``."""
        return stamp_sum(self._db, start, end)

    def learned_later(
        self, scope: Scope, start: datetime, end: datetime, known: datetime, site_id: str | None = None
    ) -> list[PlaceStretch]:
        """See ``PlaceHistory``. Raises ``DatabaseError``."""
        where = Where(None if site_id is None else [site_id])
        return PlaceHistory(self._db).learned_later(scope, start, end, known, where)

    def changed_since(self, scope: Scope, since: EventId, at: datetime) -> Mapping[str, datetime]:
        """See ``load_changes``. Raises ``DatabaseError``."""
        return load_changes(self._db, scope, since, at)

    def _chosen(
        self,
        table: Table,
        question: Select[Any],
        camera_id: str | None,
        line_ids: Collection[str] | None,
        site_id: str | None,
        door_id: str | None,
    ) -> list[Any]:
        columns = table.c
        if site_id is not None:
            question = question.where(columns.site_id == site_id)
        if door_id is not None:
            question = question.where(columns.door_id == door_id)
        if camera_id is not None:  # every line that was ever counted has a position
            of_camera = select(positions.c.line_id).where(positions.c.camera_id == camera_id)
            question = question.where(columns.line_id.in_(of_camera))
        if line_ids is None:
            return list(self._db.execute(question))
        return [
            row
            for lines in in_chunks(sorted(line_ids))
            for row in self._db.execute(question.where(columns.line_id.in_(lines)))
        ]

    def written_up_to(self) -> EventId | None:
        """The last event that is in the database; ``None`` where none is yet. Raises ``DatabaseError``."""
        cursor = load_cursor(self._db, RECORDS)
        return cursor.event_id if cursor else None

    def as_of(self, read: Callable[[], T]) -> tuple[T, EventId | None]:
        """What ``read`` reads of the history, and the last event that is in it, for whoever adds later ones himself.

        It is called until nothing was written meanwhile. Raises ``DatabaseError``.
        """
        before = self.written_up_to()
        for _ in range(MOST_READINGS):
            found = read()
            after = self.written_up_to()
            if after == before:
                return found, after
            before = after
        raise DatabaseUnavailable("the history is being written faster than it can be read; try again")


def _between(table: Table, start: datetime, end: datetime) -> Select[Any]:
    return select(table).where(span_of(table, start, end))


ZONES = timedelta(hours=15)
"""No wall clock is further from UTC than 14 hours. The days of a site, door or line are looked for by UTC, because that
stands in the index behind these; what belongs to days around them comes along, and is left out here. As a condition
PostgreSQL would look for it in an index of everybody's, or take it that hardly any row is left and sort them."""


def _day_question(first: date, last: date, *, by_place: bool) -> Select[Any]:
    columns = hour_counts.c
    begin, end = datetime.combine(first, time(), UTC), datetime.combine(last, time(), UTC) + timedelta(days=1)
    day = local_day(columns.local_start)
    missing = case((columns.quality == Quality.MISSING.value, 1), else_=0)
    rank = case({quality.value: place for place, quality in enumerate(WORSE)}, value=columns.quality)
    named = (columns.line_id, columns.door_id, columns.site_id)
    is_one = first == last and not by_place  # then it need not be made out for every row
    span = and_(columns.local_start >= begin.replace(tzinfo=None), columns.local_start < end.replace(tzinfo=None))
    if by_place:
        span = span_of(hour_counts, begin - ZONES, end + ZONES)
    return (
        select(
            *named,
            (func.min(columns.local_start) if is_one else day).label("day"),
            func.sum(columns.in_count).label("entered"),
            func.sum(columns.out_count).label("left_"),
            func.max(rank).label("rank"),
            func.avg(columns.coverage).label("coverage"),
            func.count().label("rows"),
            func.sum(missing).label("missing"),
        )
        .where(span)
        .group_by(*named, *([] if is_one else [day]))
    )
