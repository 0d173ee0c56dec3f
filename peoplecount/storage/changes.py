"""What was written into the history after an event: from when on each line, door or site may have other figures."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Table, func, select

from peoplecount.domain.event_id import EventId
from peoplecount.domain.interval import Scope
from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.schema import corrections, records

_SUBJECTS = {Scope.SITE: "site_id", Scope.DOOR: "door_id", Scope.LINE: "line_id"}
_BEGINS = {"records": "started_at", "corrections": "starts_at"}

LEEWAY = timedelta(hours=1)
"""An event is appended when it is known, or a little later."""


def load_changes(db: IDBConnection, scope: Scope, since: EventId, at: datetime) -> dict[str, datetime]:
    """By subject the earliest moment (UTC) of which something was told after an event. Raises ``DatabaseError``.

    ``at`` is when that event was appended: there is an index on times of corrections, and none on their events.
    """
    found: dict[str, datetime] = {}
    for table in (records, corrections):
        for subject, begin in _earliest(db, table, scope, since, at):
            found[subject] = min(begin, found.get(subject, begin))
    return found


def _earliest(
    db: IDBConnection, table: Table, scope: Scope, since: EventId, at: datetime
) -> list[tuple[str, datetime]]:
    subject, columns = table.c[_SUBJECTS[scope]], table.c
    question = (
        select(subject, func.min(columns[_BEGINS[table.name]]).label("begin"))
        .where(columns.event_epoch == since.epoch, columns.event_number > since.number)
        .group_by(subject)
    )
    if table is corrections:
        question = question.where(columns.known_at >= at - LEEWAY)
    return [(row[0], row.begin) for row in db.execute(question)]
