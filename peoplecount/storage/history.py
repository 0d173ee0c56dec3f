"""The history: what the database knows about earlier hours."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select

from peoplecount.domain.event import WORSE, Quality
from peoplecount.domain.event_id import EventId
from peoplecount.domain.figures import Figures
from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.dialects import local_day
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.storage.positions import in_chunks
from peoplecount.storage.schema import hour_counts, positions, quarter_hours
from peoplecount.storage.writer_cursor import load_cursor

RECORDS = "records"
"""The writer whose cursor tells how far the history reaches."""

MOST_READINGS = 20
"""The writer moves its cursor with everything it writes; the same before and after means nothing came between."""


@dataclass(frozen=True, slots=True)
class QuarterHour:
    """People in and out of a line, by the door and site it counted for, in 15 minutes."""

    line_id: str
    door_id: str
    site_id: str
    start: datetime
    """UTC."""

    in_count: int
    out_count: int
    quality: Quality
    """``MISSING``: nothing is known, and the counts, 0, mean nothing."""

    coverage: float | None = None
    """The share of the expected readings that came, 0 to 1; ``None``: not known yet."""


@dataclass(frozen=True, slots=True)
class HourCount:
    """People in and out of a line, by the door and site it counted for, in an hour of its camera's wall clock."""

    line_id: str
    door_id: str
    site_id: str
    starts_at: datetime
    """UTC."""

    local_start: datetime
    """The camera's wall clock, without a zone; in autumn one hour comes twice."""

    figures: Figures | None
    """``None`` where nothing is known."""

    quality: Quality
    """``MISSING`` where ``figures`` is ``None``."""

    coverage: float | None
    """As above."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """People in and out of a line, by the door and site it counted for, on a day of its camera's wall clock."""

    line_id: str
    door_id: str
    site_id: str
    day: date
    figures: Figures | None
    """The sum of what is known; ``None`` where nothing is."""

    quality: Quality
    """The worst of its hours; ``MISSING`` where nothing is known of one of them."""

    coverage: float | None
    """The mean of its hours, as far as it is known of them."""

    hours: int
    """Hours of which something is known. A whole day has 24, but 23 or 25 where clocks change; an hour without a row is
    one that has not been closed, or that lies before the camera was entered."""

    rows: int
    """Hours that have a row; ``coverage`` is their mean."""


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
        line_id: str | None = None,
        most: int | None = None,
    ) -> list[QuarterHour]:
        """Quarter hours that begin at or after ``start`` and before ``end``, by time and line.

        The first ``most`` of them where that is given. Raises ``DatabaseError``.
        """
        columns = quarter_hours.c
        question = (
            select(quarter_hours)
            .where(columns.starts_at >= start, columns.starts_at < end)
            .order_by(columns.starts_at, columns.line_id, columns.door_id)
        )
        if site_id is not None:
            question = question.where(columns.site_id == site_id)
        if line_id is not None:
            question = question.where(columns.line_id == line_id)
        return [
            QuarterHour(
                row.line_id,
                row.door_id,
                row.site_id,
                row.starts_at,
                row.in_count,
                row.out_count,
                Quality(row.quality),
                row.coverage,
            )
            for row in self._db.execute(question if most is None else question.limit(most))
        ]

    def hours(
        self,
        start: datetime,
        end: datetime,
        *,
        camera_id: str | None = None,
        line_ids: Collection[str] | None = None,
        site_id: str | None = None,
        most: int | None = None,
    ) -> list[HourCount]:
        """Hours that begin at or after ``start`` and before ``end`` (UTC), by time, line and door.

        Of those lines only that fit everything that is given; the first ``most`` where that is given, for a handful of
        ``line_ids``. Raises ``DatabaseError``.
        """
        columns = hour_counts.c
        question = (
            select(hour_counts)
            .where(columns.starts_at >= start, columns.starts_at < end)
            .order_by(columns.starts_at, columns.line_id, columns.door_id, columns.site_id)
        )
        rows = self._chosen(question if most is None else question.limit(most), camera_id, line_ids, site_id)
        return sorted((_hour(row) for row in rows), key=lambda hour: (hour.starts_at, hour.line_id, hour.door_id))

    def days(
        self,
        first: date,
        last: date,
        *,
        camera_id: str | None = None,
        line_ids: Collection[str] | None = None,
        site_id: str | None = None,
    ) -> list[DayCount]:
        """Days of the cameras' wall clocks, from ``first`` to ``last``, both included; by day, line and door.

        Of those lines only that fit everything that is given. Raises ``DatabaseError``.
        """
        rows = self._chosen(_day_question(first, last), camera_id, line_ids, site_id)
        return sorted((_day(row) for row in rows), key=lambda day: (day.day, day.line_id, day.door_id))

    def _chosen(
        self, question: Select[Any], camera_id: str | None, line_ids: Collection[str] | None, site_id: str | None
    ) -> list[Any]:
        columns = hour_counts.c
        if site_id is not None:
            question = question.where(columns.site_id == site_id)
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

    def quarter_hours_as_of(
        self, start: datetime, end: datetime, site_id: str | None = None
    ) -> tuple[list[QuarterHour], EventId | None]:
        """``quarter_hours`` and the last event that is in them, for whoever adds later events himself.

        Raises ``DatabaseError``.
        """
        before = self.written_up_to()
        for _ in range(MOST_READINGS):
            rows = self.quarter_hours(start, end, site_id)
            after = self.written_up_to()
            if after == before:
                return rows, after
            before = after
        raise DatabaseUnavailable("the history is being written faster than it can be read; try again")


ZONES = timedelta(hours=15)
"""No wall clock is further from UTC than 14 hours. Days are looked for by UTC, because that has the index."""


def _day_question(first: date, last: date) -> Select[Any]:
    columns = hour_counts.c
    begin, end = datetime.combine(first, time(), UTC), datetime.combine(last, time(), UTC) + timedelta(days=1)
    day = local_day(columns.local_start)
    missing = case((columns.quality == Quality.MISSING.value, 1), else_=0)
    rank = case({quality.value: place for place, quality in enumerate(WORSE)}, value=columns.quality)
    named = (columns.line_id, columns.door_id, columns.site_id)
    return (
        select(
            *named,
            day.label("day"),
            func.sum(columns.in_count).label("entered"),
            func.sum(columns.out_count).label("left_"),
            func.max(rank).label("rank"),
            func.avg(columns.coverage).label("coverage"),
            func.count().label("rows"),
            func.sum(missing).label("missing"),
        )
        .where(
            columns.starts_at >= begin - ZONES,
            columns.starts_at < end + ZONES,
            columns.local_start >= begin.replace(tzinfo=None),
            columns.local_start < end.replace(tzinfo=None),
        )
        .group_by(*named, day)
    )


def _day(row: Any) -> DayCount:  # noqa: ANN401
    known = int(row.rows) - int(row.missing)
    return DayCount(
        row.line_id,
        row.door_id,
        row.site_id,
        row.day if isinstance(row.day, date) else date.fromisoformat(row.day),
        Figures(int(row.entered), int(row.left_)) if known else None,
        WORSE[row.rank],
        None if row.coverage is None else float(row.coverage),
        known,
        int(row.rows),
    )


def _hour(row: Any) -> HourCount:  # noqa: ANN401
    quality = Quality(row.quality)
    return HourCount(
        row.line_id,
        row.door_id,
        row.site_id,
        row.starts_at,
        row.local_start,
        None if quality is Quality.MISSING else Figures(row.in_count, row.out_count),
        quality,
        row.coverage,
    )
