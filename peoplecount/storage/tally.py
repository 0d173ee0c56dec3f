"""Holding what a server has against what it was sent.

A driver and a server were seen to lose rows of a batch without an error, so every batch is counted and summed
where it is, in its own transaction, before the cursor moves on.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, func, select

from peoplecount.storage.connection import Transaction
from peoplecount.storage.errors import RowsLost


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows, and the sums of their two figures."""

    rows: int
    entered: int
    left: int

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.rows + other.rows, self.entered + other.entered, self.left + other.left)


def take_tally(
    transaction: Transaction,
    table: Table,
    *where: ColumnElement[bool],
    figures: tuple[str, str] = ("in_count", "out_count"),
) -> Tally:
    """Count the rows of ``table`` and sum two columns of theirs."""
    sums = [func.coalesce(func.sum(table.c[name]), 0) for name in figures]
    question = select(func.count().label("rows"), sums[0].label("entered"), sums[1].label("left"))
    row = transaction.execute(question.select_from(table).where(*where))[0]
    return Tally(int(row.rows), int(row.entered), int(row.left))


def demand_rows(transaction: Transaction, table: Table, where: ColumnElement[bool], sent: int) -> None:
    """Raise ``RowsLost`` unless ``table`` has as many rows as were sent."""
    found = int(transaction.execute(select(func.count()).select_from(table).where(where))[0][0])
    if found != sent:
        raise RowsLost(f"{table.name}: sent {sent} rows, the server has {found}; nothing of it was kept")


def demand(table: Table, found: Tally, expected: Tally) -> None:
    """Raise ``RowsLost`` unless everything is there."""
    if found != expected:
        raise RowsLost(f"{table.name}: sent {expected}, the server has {found}; the batch was rolled back")
