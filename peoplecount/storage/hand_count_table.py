"""Our own table of hand counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update

from peoplecount.domain.hand_count import HandCount
from peoplecount.domain.threshold import MOST_PEOPLE
from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.entries import one_line, plain_id
from peoplecount.storage.errors import InvalidEntry
from peoplecount.storage.schema import hand_counts


class HandCountTable:
    """Lists and enters what people counted by hand. All calls raise ``DatabaseError``."""

    def __init__(self, db: IDBConnection) -> None:
        self._db = db

    def put(self, count: HandCount) -> None:
        """Enter a count, or change the one of that site and moment. Raises ``InvalidEntry`` too."""
        try:
            site_id = plain_id(count.site_id)
        except ValueError as error:
            raise InvalidEntry(f"site {count.site_id[:64]!r}: {error}") from error
        if not 0 <= count.people <= MOST_PEOPLE:
            raise InvalidEntry(f"{count.people} people cannot be inside: 0 to {MOST_PEOPLE} are allowed")
        columns = hand_counts.c
        same = (columns.site_id == site_id) & (columns.counted_at == count.counted_at)
        fields = {"people": count.people, "note": one_line(count.note)}

        def work(transaction: Transaction) -> None:
            if not transaction.change(update(hand_counts).where(same).values(fields)):
                transaction.change(insert(hand_counts), {"site_id": site_id, "counted_at": count.counted_at, **fields})

        self._db.transaction(work)

    def since(self, start: datetime) -> list[HandCount]:
        """The counts made at or after ``start`` (UTC), in order of time."""
        columns = hand_counts.c
        rows = self._db.execute(
            select(columns.site_id, columns.counted_at, columns.people, columns.note)
            .where(columns.counted_at >= start)
            .order_by(columns.counted_at, columns.site_id)
        )
        return [HandCount(row.site_id, row.counted_at, row.people, row.note) for row in rows]
