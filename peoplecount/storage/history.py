"""The history: what the database knows about earlier hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from peoplecount.domain.event import Quality
from peoplecount.domain.event_id import EventId
from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.storage.schema import quarter_hours
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


class History:
    """Asks the roll-ups. A quarter hour without a row is one in which nobody was counted, or nothing was asked."""

    def __init__(self, db: IDBConnection) -> None:
        self._db = db

    def quarter_hours(self, start: datetime, end: datetime, site_id: str | None = None) -> list[QuarterHour]:
        """Quarter hours that begin at or after ``start`` and before ``end``, by time and line.

        Raises ``DatabaseError``.
        """
        columns = quarter_hours.c
        question = (
            select(quarter_hours)
            .where(columns.starts_at >= start, columns.starts_at < end)
            .order_by(columns.starts_at, columns.line_id, columns.door_id)
        )
        if site_id is not None:
            question = question.where(columns.site_id == site_id)
        return [
            QuarterHour(
                row.line_id,
                row.door_id,
                row.site_id,
                row.starts_at,
                row.in_count,
                row.out_count,
                Quality(row.quality),
            )
            for row in self._db.execute(question)
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
