"""Corrections: the hours that were told anew, with what the database held before. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, insert

from peoplecount.domain.correction import HourCorrection
from peoplecount.domain.event import Quality
from peoplecount.domain.event_id import EventId
from peoplecount.domain.figures import Figures
from peoplecount.storage.connection import Transaction
from peoplecount.storage.schema import corrections as table
from peoplecount.storage.tally import Tally, demand, take_tally

FIGURES = ("new_in", "new_out")


@dataclass(frozen=True, slots=True)
class CorrectedHour:
    """A correction, and what the database held until then."""

    event_id: EventId
    door_id: str
    site_id: str
    correction: HourCorrection
    old: Figures | None
    """What the database held; ``None`` where it knew nothing."""

    old_quality: Quality
    known_at: datetime
    """UTC."""


_insert = insert(table)


def add_corrections(transaction: Transaction, hours: Sequence[CorrectedHour]) -> None:
    """Insert ``hours``, which come from one batch of the log in its order. Raises ``RowsLost``."""
    if not hours:
        return
    first, last = hours[0].event_id, hours[-1].event_id
    batch = and_(table.c.known_at.between(*_known(hours)), table.c.event_epoch == first.epoch)
    batch = and_(batch, table.c.event_number.between(first.number, last.number))
    before = take_tally(transaction, table, batch, figures=FIGURES)
    transaction.change_each(_insert, [_row(hour) for hour in hours])
    new = [hour.correction.new for hour in hours]
    sent = Tally(len(hours), sum(one.entered for one in new), sum(one.left for one in new))
    demand(table, take_tally(transaction, table, batch, figures=FIGURES), before + sent)


def _known(hours: Sequence[CorrectedHour]) -> tuple[datetime, datetime]:
    """There is an index on the time and none on the event."""
    known = [hour.known_at for hour in hours]
    return min(known), max(known)


def _row(hour: CorrectedHour) -> dict[str, Any]:
    correction, old = hour.correction, hour.old
    return {
        "event_epoch": hour.event_id.epoch,
        "event_number": hour.event_id.number,
        "line_id": str(correction.key),
        "door_id": hour.door_id,
        "site_id": hour.site_id,
        "starts_at": correction.started_at,
        "ends_at": correction.ended_at,
        "local_start": correction.local_start,
        "old_in": None if old is None else old.entered,
        "old_out": None if old is None else old.left,
        "new_in": correction.new.entered,
        "new_out": correction.new.left,
        "old_quality": hour.old_quality.value,
        "quality": correction.quality.value,
        "coverage": correction.coverage,
        "reason": correction.reason.value,
        "known_at": hour.known_at,
    }
