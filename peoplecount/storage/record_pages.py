"""Records by the events they were made of: what was counted between two places of the event log."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select

from peoplecount.domain.event import Quality
from peoplecount.domain.event_id import EventId
from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.schema import records


@dataclass(frozen=True, slots=True)
class RecordRow:
    """People in and out of a line between two moments, as the database has them."""

    event_id: EventId
    site_id: str
    door_id: str
    camera_id: str
    line_id: str
    started_at: datetime
    ended_at: datetime
    local_time: datetime
    entered: int
    left: int
    in_total: int | None
    """What the camera showed; ``None`` of what a correction added or took back."""

    out_total: int | None
    quality: Quality


@dataclass(frozen=True, slots=True)
class RecordPlaces:
    """Of which cameras, doors and sites; each empty for all."""

    camera_ids: Collection[str] = field(default=())
    door_ids: Collection[str] = field(default=())
    site_ids: Collection[str] = field(default=())

    def conditions(self) -> list[ColumnElement[bool]]:
        """What they demand of a record."""
        pairs = (
            (records.c.camera_id, self.camera_ids),
            (records.c.door_id, self.door_ids),
            (records.c.site_id, self.site_ids),
        )
        return [column.in_(sorted(ids)) for column, ids in pairs if ids]


class RecordPages:
    """Reads records in the order of the log, through all its epochs.

    Where several changes are one row (RECORDS_INTERVAL), it is in the place of the last of them.
    """

    def __init__(self, db: IDBConnection) -> None:
        self._db = db

    def page(self, after: EventId, until: EventId | None, places: RecordPlaces, limit: int) -> list[RecordRow]:
        """At most ``limit`` records of events after one and up to another. Raises ``DatabaseError``."""
        found = self._of_epoch(after, until, places, limit)
        while len(found) < limit and not (until and until.epoch == after.epoch):
            epoch = self._epoch_after(after.epoch)
            if epoch is None:
                break
            after = EventId(epoch, -1)
            found += self._of_epoch(after, until, places, limit - len(found))
        return found

    def knows(self, epoch: str) -> bool:
        """Whether there is a record of that epoch. Raises ``DatabaseError``."""
        return bool(self._db.execute(select(records.c.record_id).where(records.c.event_epoch == epoch).limit(1)))

    def _of_epoch(self, after: EventId, until: EventId | None, places: RecordPlaces, limit: int) -> list[RecordRow]:
        columns = records.c
        question = (
            select(records)
            .where(columns.event_epoch == after.epoch, columns.event_number > after.number, *places.conditions())
            .order_by(columns.event_number, columns.record_id)
            .limit(limit)
        )
        if until is not None and until.epoch == after.epoch:
            question = question.where(columns.event_number <= until.number)
        return [_row(row) for row in self._db.execute(question)]

    def _epoch_after(self, epoch: str) -> str | None:
        """The epoch that was written next; ``None`` where none was."""
        columns = records.c
        last = (
            select(columns.record_id)
            .where(columns.event_epoch == epoch)
            .order_by(columns.event_number.desc(), columns.record_id.desc())
            .limit(1)
        )
        written = self._db.execute(last)
        if not written:
            return None
        following = (
            select(columns.event_epoch)
            .where(columns.record_id > written[0].record_id, columns.event_epoch != epoch)
            .order_by(columns.record_id)
            .limit(1)
        )
        rows = self._db.execute(following)
        return str(rows[0].event_epoch) if rows else None


def _row(row: Row[Any]) -> RecordRow:
    return RecordRow(
        EventId(row.event_epoch, row.event_number),
        row.site_id,
        row.door_id,
        row.camera_id,
        row.line_id,
        row.started_at,
        row.ended_at,
        row.local_time,
        row.in_count,
        row.out_count,
        row.in_total,
        row.out_total,
        Quality(row.quality),
    )
