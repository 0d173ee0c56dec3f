"""Whose data a database holds, and how far they have been copied from another: rows beside the writer's cursor."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Table, insert, select, update

from peoplecount.domain.event_id import EventId
from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.errors import CopyRefused, CopyUnfinished
from peoplecount.storage.history import RECORDS
from peoplecount.storage.schema import (
    camera_choices,
    cameras,
    hour_counts,
    positions,
    quarter_hours,
    records,
    sites,
    writer_cursor,
)
from peoplecount.storage.writer_cursor import WriterCursor, load_cursor

INSTALLATION = "installation"
"""Its ``epoch`` names the installation."""

COPY = "copy"
"""Where the writer's cursor stood when a copy into this database was finished; below zero while one is under way."""

_UNDER_WAY = EventId("", -1)


@dataclass(frozen=True, slots=True)
class Copied:
    """A database that copies go into, as it was found."""

    cursor: WriterCursor | None
    """Of the record writer."""


def installation_of(db: IDBConnection) -> str:
    """The name of the installation whose data ``db`` holds; given now where it has none. Raises ``DatabaseError``."""

    def work(transaction: Transaction) -> str:
        known = load_cursor(transaction, INSTALLATION)
        if known is not None:
            return known.event_id.epoch
        name = secrets.token_hex(8)
        put_cursor(transaction, INSTALLATION, WriterCursor(EventId(name, 0), ""))
        return name

    return db.transaction(work)


def claim(target: IDBConnection, installation: str) -> Copied:
    """Mark ``target`` as one into which a copy of ``installation`` is under way: the service leaves it alone then.

    Raises ``CopyRefused`` where it holds somebody else's data, or a service has gone on writing there.
    """

    def work(transaction: Transaction) -> Copied:
        found = demand_ours(transaction, installation)
        put_cursor(transaction, INSTALLATION, WriterCursor(EventId(installation, 0), ""))
        put_cursor(transaction, COPY, WriterCursor(_UNDER_WAY, ""))
        return found

    return target.transaction(work)


def demand_ours(target: IDBConnection | Transaction, installation: str) -> Copied:
    """What was found. Raises ``CopyRefused``, see ``claim``."""
    owner, mark = load_cursor(target, INSTALLATION), load_cursor(target, COPY)
    cursor = load_cursor(target, RECORDS)
    if owner is None:
        _demand_empty(target)
    elif owner.event_id.epoch != installation:
        raise CopyRefused("the other database holds the data of another installation; give an empty one")
    elif mark is None:
        raise CopyRefused("the other database is one that was copied from, or this one; give an empty one")
    elif mark.event_id != _UNDER_WAY and mark.event_id != _place(cursor):
        raise CopyRefused(
            "a service has been writing to the other database since it was copied: it has gone on there, and copying "
            "again would undo that"
        )
    return Copied(cursor)


def finish(transaction: Transaction, cursor: WriterCursor | None) -> None:
    """Let the service go on at ``cursor``. In the transaction that brings the positions."""
    if cursor is not None:
        put_cursor(transaction, RECORDS, cursor)
    put_cursor(transaction, COPY, WriterCursor(_place(cursor), ""))


def demand_whole(db: IDBConnection) -> None:
    """Raise ``CopyUnfinished`` where a copy into this database has begun and not ended."""
    mark = load_cursor(db, COPY)
    if mark is not None and mark.event_id == _UNDER_WAY:
        raise CopyUnfinished(
            "a copy into this database has not been finished: run `python -m peoplecount db copy` again"
        )


def put_cursor(transaction: Transaction, name: str, cursor: WriterCursor) -> None:
    """Write a cursor, whatever stood there."""
    at = cursor.event_id
    fields = {"epoch": at.epoch, "number": at.number, "fingerprint": cursor.fingerprint}
    if not transaction.change(update(writer_cursor).where(writer_cursor.c.name == name).values(fields)):
        transaction.change(insert(writer_cursor), {"name": name, **fields})


def _place(cursor: WriterCursor | None) -> EventId:
    return cursor.event_id if cursor is not None else EventId("", 0)


def _demand_empty(target: IDBConnection | Transaction) -> None:
    for table in (cameras, camera_choices, sites, positions, hour_counts, quarter_hours, records, writer_cursor):
        if _has_rows(target, table):
            raise CopyRefused(
                f"the other database has rows in {table.name} that did not come from here; give an empty one"
            )


def _has_rows(target: IDBConnection | Transaction, table: Table) -> bool:
    return bool(target.execute(select(table).limit(1)))
