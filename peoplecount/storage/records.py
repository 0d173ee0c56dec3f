"""Records: the history, one row a line and change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, insert

from peoplecount.domain.event import QUALITIES, Quality
from peoplecount.domain.event_id import EventId
from peoplecount.domain.line import LineKey
from peoplecount.domain.position import Position
from peoplecount.storage.column_rows import ColumnRows
from peoplecount.storage.connection import Transaction
from peoplecount.storage.schema import records as table
from peoplecount.storage.tally import Tally, demand, take_tally


class Record(NamedTuple):
    """People in and out of a line between two moments, as they go into the history."""

    event_id: EventId
    key: LineKey
    line_id: str
    """The key as text."""

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

_WORDS = {quality: word for word, quality in QUALITIES.items()}
"""A look is quicker than ``value`` is."""


def add_records(transaction: Transaction, records: Sequence[Record]) -> None:
    """Insert ``records``, which come from one batch of the log in its order. Raises ``RowsLost``."""
    if not records:
        return
    first, last = records[0].event_id, records[-1].event_id
    batch = and_(table.c.event_epoch == first.epoch, table.c.event_number.between(first.number, last.number))
    before = take_tally(transaction, table, batch)
    rows = rows_of(records)
    transaction.change_each(_insert, rows)
    sent = Tally(len(rows), sum(rows.columns["in_count"]), sum(rows.columns["out_count"]))
    demand(table, take_tally(transaction, table, batch), before + sent)


def rows_of(records: Sequence[Record]) -> ColumnRows:
    """The rows of ``records``, without their numbers."""
    events = [record.event_id for record in records]
    keys = [record.key for record in records]
    positions = [record.position for record in records]
    columns: dict[str, list[Any]] = {
        "event_epoch": [event.epoch for event in events],
        "event_number": [event.number for event in events],
        "line_id": [record.line_id for record in records],
        "camera_id": [key.camera_id for key in keys],
        "channel": [key.channel for key in keys],
        "rule": [key.rule for key in keys],
        "line_index": [key.index for key in keys],
        "door_id": [record.door_id for record in records],
        "site_id": [record.site_id for record in records],
        "started_at": [record.started_at for record in records],
        "ended_at": [record.ended_at for record in records],
        "local_time": [record.local_time for record in records],
        "in_count": [record.entered for record in records],
        "out_count": [record.left for record in records],
        "in_total": [position and position.entered.total for position in positions],
        "out_total": [position and position.left.total for position in positions],
        "in_generation": [position and str(position.entered.generation) for position in positions],
        "out_generation": [position and str(position.left.generation) for position in positions],
        "quality": [_WORDS[record.quality] for record in records],
    }
    return ColumnRows(columns)
