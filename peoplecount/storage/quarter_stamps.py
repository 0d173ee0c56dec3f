"""Stamps on quarters of an hour: which of them have been written since somebody read them.

Whoever writes rows of a quarter puts a new stamp on it in the same transaction. Two equal stamps mean the same rows,
also in a database that was put back to an earlier state: a stamp is drawn by lot and never comes again.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import and_, bindparam, func, insert, select, update

from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.positions import in_chunks
from peoplecount.storage.schema import quarter_stamps as table
from peoplecount.storage.tally import demand_rows

_BITS = 62
"""As many as every database's large numbers have, and more than ever meet by chance."""

_update = update(table).values(stamp=bindparam("new"))
_insert = insert(table)


def put_stamps(transaction: Transaction, starts: Collection[datetime]) -> None:
    """Say that rows of the quarters which begin at ``starts`` are written. Raises ``RowsLost``."""
    stamp = secrets.randbits(_BITS)
    for some in in_chunks(sorted(starts)):
        these = table.c.starts_at.in_(some)
        if transaction.change(_update.where(these), {"new": stamp}) == len(some):
            continue
        there = {row.starts_at for row in transaction.execute(select(table.c.starts_at).where(these))}
        transaction.change_each(_insert, [{"starts_at": one, "stamp": stamp} for one in some if one not in there])
        demand_rows(transaction, table, and_(these, table.c.stamp == stamp), len(some))


def load_stamps(db: IDBConnection, start: datetime, end: datetime) -> Mapping[datetime, int]:
    """By the quarter's beginning, at or after ``start`` and before ``end``. Raises ``DatabaseError``.

    A quarter that has none has not been written since there are stamps.
    """
    question = select(table.c.starts_at, table.c.stamp).where(table.c.starts_at >= start, table.c.starts_at < end)
    return {row.starts_at: row.stamp for row in db.execute(question)}


def stamp_check(db: IDBConnection, before: datetime) -> tuple[int, int]:
    """How many stamps there are on quarters that began before a moment, and a sum of them. Raises ``DatabaseError``.

    Another answer means that one of them was written since; for millions of years to come the sum fits its type.
    """
    told = func.sum(table.c.stamp % CHECKED_BY)
    question = select(func.count().label("stamps"), told.label("told")).where(table.c.starts_at < before)
    row = db.execute(question)[0]
    return int(row.stamps), int(row.told or 0)


def stamp_sum(db: IDBConnection, start: datetime, end: datetime) -> tuple[int, int]:
    """The same of quarters that begin at or after ``start`` and before ``end``. Raises ``DatabaseError``."""
    told = func.sum(table.c.stamp % CHECKED_BY)
    question = select(func.count().label("stamps"), told.label("told"))
    row = db.execute(question.where(table.c.starts_at >= start, table.c.starts_at < end))[0]
    return int(row.stamps), int(row.told or 0)


CHECKED_BY = 1_000_000_007
