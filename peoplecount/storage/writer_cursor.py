"""How far a writer has read the event log, kept in the database beside what it wrote."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, insert, select, update

from peoplecount.domain.event_id import EventId
from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.errors import AnotherWriter
from peoplecount.storage.schema import writer_cursor


@dataclass(frozen=True, slots=True)
class WriterCursor:
    """The last event that was dealt with."""

    event_id: EventId
    fingerprint: str
    """Of that event's content, so that a rewound log is known even when it has grown past the number again."""


_load = select(writer_cursor.c.epoch, writer_cursor.c.number, writer_cursor.c.fingerprint).where(
    writer_cursor.c.name == bindparam("writer")
)
_move = (
    update(writer_cursor)
    .where(
        writer_cursor.c.name == bindparam("writer"),
        writer_cursor.c.epoch == bindparam("old_epoch"),
        writer_cursor.c.number == bindparam("old_number"),
    )
    .values(epoch=bindparam("epoch"), number=bindparam("number"), fingerprint=bindparam("fingerprint"))
)


def load_cursor(db: IDBConnection | Transaction, writer: str) -> WriterCursor | None:
    """The cursor of ``writer``; ``None`` where it has never written."""
    rows = db.execute(_load, {"writer": writer})
    return WriterCursor(EventId(rows[0].epoch, rows[0].number), rows[0].fingerprint) if rows else None


def start_cursor(transaction: Transaction, writer: str, at: EventId) -> WriterCursor:
    """A first cursor. Raises ``DatabaseConflict`` where there is one by now."""
    cursor = WriterCursor(at, "")
    transaction.change(
        insert(writer_cursor), {"name": writer, "epoch": at.epoch, "number": at.number, "fingerprint": ""}
    )
    return cursor


def move_cursor(transaction: Transaction, writer: str, old: WriterCursor, new: WriterCursor) -> None:
    """Move the cursor of ``writer``; first in its transaction, so that a second writer waits here and then fails.

    Raises ``AnotherWriter`` if it does not stand where we left it.
    """
    moved = transaction.change(
        _move,
        {
            "writer": writer,
            "old_epoch": old.event_id.epoch,
            "old_number": old.event_id.number,
            "epoch": new.event_id.epoch,
            "number": new.event_id.number,
            "fingerprint": new.fingerprint,
        },
    )
    if moved != 1:
        raise AnotherWriter(f"the cursor {writer!r} is not at {old.event_id} any more: another process writes, too")
