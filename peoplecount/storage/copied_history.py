"""Copying the history of one line, a stretch of time after the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, select, union

from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.copied_table import CopiedTable
from peoplecount.storage.positions import in_chunks
from peoplecount.storage.quarter_stamps import put_stamps
from peoplecount.storage.schema import corrections, hour_counts, positions, quarter_hours, records
from peoplecount.storage.tally import Tally, demand, take_tally

HISTORY = (
    CopiedTable(hour_counts, time="starts_at"),
    CopiedTable(quarter_hours, time="starts_at"),
    CopiedTable(records, time="ended_at"),
    CopiedTable(corrections, time="starts_at", figures=("new_in", "new_out")),
)

FEW, MANY = 2_000, 10_000
"""Rows of a stretch; the next one is longer after fewer, and shorter after more."""

FIRST_SPAN, SHORTEST, LONGEST = timedelta(days=16), timedelta(hours=1), timedelta(days=1024)


class Stretch(NamedTuple):
    """What was done about a stretch."""

    rows: int
    """Looked at here."""

    written: int
    """Added, changed or removed there."""


def lines_of(db: IDBConnection) -> list[str]:
    """The ids of all lines that have a history, in order. Raises ``DatabaseError``."""
    both = union(*(select(table.c.line_id) for table in (positions, hour_counts))).subquery()
    return [row.line_id for row in db.execute(select(both.c.line_id).order_by(both.c.line_id))]


def copy_line(copied: CopiedTable, source: IDBConnection, target: IDBConnection, line_id: str) -> Iterator[Stretch]:
    """Bring a line's rows in ``target`` to those in ``source``, each stretch in a transaction of its own.

    Raises ``DatabaseError``, ``RowsLost`` and ``CopyRefused`` among them.
    """
    begin, last = _extent(copied, source, target, line_id)
    span = FIRST_SPAN
    while begin is not None and last is not None and begin <= last:
        done = _copy_stretch(copied, source, target, line_id, begin, begin + span)
        yield done
        begin += span
        if done.rows > MANY:
            span = max(span / 4, SHORTEST)
        elif done.rows < FEW:
            span = min(span * 2, LONGEST)


def tally_of(copied: CopiedTable, db: IDBConnection, lines: list[str]) -> Tally:
    """Rows and sums of some lines. Raises ``DatabaseError``."""
    columns, sums = copied.table.c, Tally(0, 0, 0)
    for some in in_chunks(lines):
        where = columns.line_id.in_(some)
        sums += db.transaction(partial(_tally, copied, where))
    return sums


def _tally(copied: CopiedTable, where: ColumnElement[bool], transaction: Transaction) -> Tally:
    return take_tally(transaction, copied.table, where, figures=copied.figures)


def _extent(
    copied: CopiedTable, source: IDBConnection, target: IDBConnection, line_id: str
) -> tuple[datetime | None, datetime | None]:
    """When the first and the last row of either are."""
    columns = copied.table.c
    time = columns[copied.time]
    question = select(func.min(time).label("first"), func.max(time).label("last")).where(columns.line_id == line_id)
    rows = [db.execute(question)[0] for db in (source, target)]
    times = [moment for row in rows for moment in (row.first, row.last) if moment is not None]
    return (min(times), max(times)) if times else (None, None)


def _copy_stretch(
    copied: CopiedTable, source: IDBConnection, target: IDBConnection, line_id: str, begin: datetime, end: datetime
) -> Stretch:
    columns = copied.table.c
    time = columns[copied.time]
    where = and_(columns.line_id == line_id, time >= begin, time < end)
    here = copied.rows(source, where)

    def work(transaction: Transaction) -> int:
        differences = copied.differences(here, copied.rows(transaction, where))
        copied.remove(transaction, differences)
        copied.put(transaction, differences)
        if copied.table in (hour_counts, quarter_hours):
            place = copied.names.index(copied.time)
            put_stamps(transaction, {row[place] for row in (*differences.new, *differences.changed, *differences.gone)})
        if len(differences):
            demand(copied.table, _tally(copied, where, transaction), copied.tally(here))
        return len(differences)

    return Stretch(len(here), target.transaction(work))
