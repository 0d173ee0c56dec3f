"""Records: the history, one row a line and change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, insert

from peoplecount.domain.event import Quality
from peoplecount.domain.event_id import EventId
from peoplecount.domain.line import LineKey
from peoplecount.domain.position import Position
from peoplecount.storage.connection import Transaction
from peoplecount.storage.schema import records as table
from peoplecount.storage.tally import Tally, demand, take_tally


@dataclass(frozen=True, slots=True)
class Record:
    """People in and out of a line between two moments, as they go into the history."""

    event_id: EventId
    key: LineKey
    door_id: str
    site_id: str
    started_at: datetime
    ended_at: datetime
    local_time: datetime
    entered: int
    left: int
    """In our sense: of a line that is swapped, what its camera calls out is in."""

    position: Position | None
    """The camera's totals at ``ended_at``, in its own sense; ``None`` of what a correction added or took back."""

    quality: Quality
    utc_offset: timedelta | None = None
    """How much of ``local_time`` less ``ended_at`` is the camera's zone, where that is known; not kept."""


_insert = insert(table)


def add_records(transaction: Transaction, records: Sequence[Record]) -> None:
    """Insert ``records``, which come from one batch of the log in its order. Raises ``RowsLost``."""
    if not records:
        return
    first, last = records[0].event_id, records[-1].event_id
    batch = and_(table.c.event_epoch == first.epoch, table.c.event_number.between(first.number, last.number))
    before = take_tally(transaction, table, batch)
    transaction.change_each(_insert, [row_of(record) for record in records])
    sent = Tally(len(records), sum(record.entered for record in records), sum(record.left for record in records))
    demand(table, take_tally(transaction, table, batch), before + sent)


def row_of(record: Record) -> dict[str, Any]:
    """A record's row, without its number."""
    position = record.position
    return {
        "event_epoch": record.event_id.epoch,
        "event_number": record.event_id.number,
        "line_id": str(record.key),
        "camera_id": record.key.camera_id,
        "channel": record.key.channel,
        "rule": record.key.rule,
        "line_index": record.key.index,
        "door_id": record.door_id,
        "site_id": record.site_id,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "local_time": record.local_time,
        "in_count": record.entered,
        "out_count": record.left,
        "in_total": position.entered.total if position else None,
        "out_total": position.left.total if position else None,
        "in_generation": str(position.entered.generation) if position else None,
        "out_generation": str(position.left.generation) if position else None,
        "quality": record.quality.value,
    }
