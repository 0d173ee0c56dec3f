"""How far each line is written: the totals that decide what is new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import bindparam, insert, select, update

from peoplecount.domain.increment import Generation
from peoplecount.domain.line import LineKey
from peoplecount.domain.position import Mark, Position
from peoplecount.storage.connection import IDBConnection, Rows, Transaction
from peoplecount.storage.schema import positions
from peoplecount.storage.tally import Tally, demand, take_tally

T = TypeVar("T")

LINES_AT_ONCE = 500
"""SQL Server takes 2,100 parameters a statement."""


class LinePosition(NamedTuple):
    """How far a line is written, and to which moment."""

    position: Position
    ended_at: datetime


_update = (
    update(positions)
    .where(positions.c.line_id == bindparam("line"))
    .values(
        {name: bindparam(name) for name in ("in_generation", "in_total", "out_generation", "out_total", "ended_at")}
    )
)

_insert = insert(positions)


def load_positions(transaction: Transaction, keys: Iterable[LineKey]) -> dict[LineKey, LinePosition]:
    """The positions of those of ``keys`` that have been written."""
    found: dict[LineKey, LinePosition] = {}
    for lines in in_chunks([str(key) for key in keys]):
        found |= _read(transaction.execute(select(positions).where(positions.c.line_id.in_(lines))))
    return found


def all_positions(db: IDBConnection) -> dict[LineKey, LinePosition]:
    """How far every line is written. Raises ``DatabaseError``."""
    return _read(db.execute(select(positions)))


def generations(db: IDBConnection) -> dict[LineKey, tuple[Generation, Generation]]:
    """The generations of in and out that every line is written in. Raises ``DatabaseError``.

    A log that was lost or put back must begin none that compares smaller: the database would take it for an old one.
    """
    return {
        key: (line.position.entered.generation, line.position.left.generation)
        for key, line in all_positions(db).items()
    }


def _read(rows: Rows) -> dict[LineKey, LinePosition]:
    return {
        LineKey(row.camera_id, row.channel, row.rule, row.line_index): LinePosition(
            Position(
                Mark(Generation.parse(row.in_generation), row.in_total),
                Mark(Generation.parse(row.out_generation), row.out_total),
            ),
            row.ended_at,
        )
        for row in rows
    }


def save_positions(
    transaction: Transaction, before: Mapping[LineKey, LinePosition], after: Mapping[LineKey, LinePosition]
) -> None:
    """Write ``after``, where ``before`` is what the database holds of those lines. Raises ``RowsLost``."""
    changed = {key: line for key, line in after.items() if before.get(key) != line}
    transaction.change_each(_update, [{"line": str(key), **_totals(changed[key])} for key in changed if key in before])
    transaction.change_each(_insert, [_identity(key) | _totals(changed[key]) for key in changed if key not in before])
    for lines in in_chunks([str(key) for key in changed]):
        _demand_all(transaction, lines, {str(key): line.position for key, line in changed.items()})


def _demand_all(transaction: Transaction, lines: Sequence[str], sent: Mapping[str, Position]) -> None:
    expected = Tally(
        len(lines), sum(sent[line].entered.total for line in lines), sum(sent[line].left.total for line in lines)
    )
    found = take_tally(transaction, positions, positions.c.line_id.in_(lines), figures=("in_total", "out_total"))
    demand(positions, found, expected)


def in_chunks(lines: Sequence[T]) -> Iterator[Sequence[T]]:
    """``lines``, or whatever they are, in parts that one statement can name."""
    for start in range(0, len(lines), LINES_AT_ONCE):
        yield lines[start : start + LINES_AT_ONCE]


def _identity(key: LineKey) -> dict[str, Any]:
    return {
        "line_id": str(key),
        "camera_id": key.camera_id,
        "channel": key.channel,
        "rule": key.rule,
        "line_index": key.index,
    }


def _totals(line: LinePosition) -> dict[str, Any]:
    return {
        "in_generation": str(line.position.entered.generation),
        "in_total": line.position.entered.total,
        "out_generation": str(line.position.left.generation),
        "out_total": line.position.left.total,
        "ended_at": line.ended_at,
    }
