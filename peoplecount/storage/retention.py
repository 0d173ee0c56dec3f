"""Retention: the oldest records go, a few at a time. Hours, quarter hours and corrections stay."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, select

from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.schema import positions, records

AT_ONCE = 1000
"""Rows a transaction. SQL Server takes a lock on the whole table from 5,000 on, and 2,100 parameters."""

_newest = select(records.c.local_time).order_by(records.c.record_id.desc()).limit(AT_ONCE)
_oldest = (
    select(records.c.record_id)
    .where(records.c.line_id == bindparam("line"), records.c.ended_at < bindparam("before"))
    .order_by(records.c.ended_at)
    .limit(AT_ONCE)
)


def recorded_lines(db: IDBConnection) -> list[str]:
    """The ids of all lines that were ever written. Raises ``DatabaseError``."""
    return [row.line_id for row in db.execute(select(positions.c.line_id).order_by(positions.c.line_id))]


def newest_local_time(db: IDBConnection) -> datetime | None:
    """What the cameras' wall clocks showed in the records that were written last, at most; ``None`` without records.

    Those written last, and not those with the latest times: these may have been written while a clock was wrong.
    Raises ``DatabaseError``.
    """
    return max((row.local_time for row in db.execute(_newest)), default=None)


def purge_records(db: IDBConnection, line_id: str, before: datetime) -> int:
    """Remove a line's oldest records that ended before a moment (UTC), at most ``AT_ONCE``; how many they were.

    Raises ``DatabaseError``.
    """

    def work(transaction: Transaction) -> int:
        found = [row.record_id for row in transaction.execute(_oldest, {"line": line_id, "before": before})]
        return transaction.change(delete(records).where(records.c.record_id.in_(found))) if found else 0

    return db.transaction(work)
