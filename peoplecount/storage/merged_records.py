"""Records of a coarser grain: the changes of a line within some minutes as one row, which grows while they last.

What is new is decided by the lines' positions before, so a row grows by each change once, however often it comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, insert, select, update

from peoplecount.domain.spread import stretch_of
from peoplecount.storage.connection import Transaction
from peoplecount.storage.positions import in_chunks
from peoplecount.storage.records import Record, add_records, rows_of
from peoplecount.storage.schema import records as table
from peoplecount.storage.tally import Tally, demand, take_tally

_MARKS = ("event_epoch", "event_number", "started_at", "ended_at", "local_time", "in_total", "out_total")
_GROWING = (*_MARKS, "in_count", "out_count")
_add = insert(table)
_grow = update(table).where(table.c.record_id == bindparam("row")).values({name: bindparam(name) for name in _GROWING})


class Slot(NamedTuple):
    """Changes with the same of all this are one row."""

    line_id: str
    stretch: datetime
    """When it began, UTC. It holds its end and not its beginning, as the roll-ups do."""

    door_id: str
    site_id: str
    quality: str
    in_generation: str
    out_generation: str


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that are looked up together: of some lines, that ended after ``first`` and not after ``last``."""

    lines: Sequence[str]
    first: datetime
    last: datetime

    def rows(self) -> ColumnElement[bool]:
        """The same as a condition."""
        columns = table.c
        return and_(columns.line_id.in_(self.lines), columns.ended_at > self.first, columns.ended_at <= self.last)


def merge_records(transaction: Transaction, records: Sequence[Record], grain: timedelta) -> None:
    """Write ``records``, which come from one batch of the log in its order. Raises ``RowsLost``.

    Corrections, and changes that took longer than ``grain``, stay rows of their own.
    """
    add_records(transaction, [record for record in records if not _is_short(record, grain)])
    short = [record for record in records if _is_short(record, grain)]
    parts = list(_parts(short, grain))
    before = _tally(transaction, parts)
    rows = _open_rows(transaction, parts, grain)
    grown, new = _merge(short, rows, grain)
    transaction.change_each(_grow, grown)
    transaction.change_each(_add, new)
    sent = Tally(len(new), sum(record.entered for record in short), sum(record.left for record in short))
    demand(table, _tally(transaction, parts), before + sent)


def _is_short(record: Record, grain: timedelta) -> bool:
    return record.position is not None and record.ended_at - record.started_at <= grain


def _merge(
    records: Sequence[Record], rows: dict[Slot, tuple[int, dict[str, Any]]], grain: timedelta
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows that grow, as ``_grow`` takes them, and new ones."""
    grown: dict[int, dict[str, Any]] = {}
    new: dict[Slot, dict[str, Any]] = {}
    for row in map(dict, rows_of(records)):
        slot = _slot(row, grain)
        if slot in rows:
            number, there = rows[slot]
            together = _together(grown.get(number, there), row)
            grown[number] = {"row": number} | {name: together[name] for name in _GROWING}
        else:
            new[slot] = _together(new[slot], row) if slot in new else row
    return list(grown.values()), list(new.values())


def _together(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    """Named after the later one, as its totals are the later ones."""
    return later | {
        "started_at": min(earlier["started_at"], later["started_at"]),
        "ended_at": max(earlier["ended_at"], later["ended_at"]),
        "local_time": max(earlier["local_time"], later["local_time"]),
        "in_count": earlier["in_count"] + later["in_count"],
        "out_count": earlier["out_count"] + later["out_count"],
    }


def _slot(row: dict[str, Any], grain: timedelta) -> Slot:
    names = ("door_id", "site_id", "quality", "in_generation", "out_generation")
    return Slot(row["line_id"], stretch_of(row["ended_at"], grain), *(row[name] for name in names))


def _open_rows(
    transaction: Transaction, parts: Sequence[Part], grain: timedelta
) -> dict[Slot, tuple[int, dict[str, Any]]]:
    """Rows that may grow, by slot, with their numbers; the newest where there are several of a finer grain."""
    found: dict[Slot, tuple[int, dict[str, Any]]] = {}
    for part in parts:
        for row in transaction.execute(select(table).where(part.rows()).order_by(table.c.record_id)):
            if row.in_generation is not None and row.ended_at - row.started_at <= grain:
                fields = dict(row._mapping)  # noqa: SLF001
                found[_slot(fields, grain)] = (fields["record_id"], fields)
    return found


def _parts(records: Sequence[Record], grain: timedelta) -> Iterator[Part]:
    """Lines by day, so that an entry of long ago does not have everything since looked at."""
    days: dict[date, list[tuple[str, datetime]]] = {}
    for record in records:
        stretch = stretch_of(record.ended_at, grain)
        days.setdefault(stretch.date(), []).append((str(record.key), stretch))
    for found in days.values():
        first, last = min(stretch for _, stretch in found), max(stretch for _, stretch in found)
        for lines in in_chunks(sorted({line for line, _ in found})):
            yield Part(lines, first, last + grain)


def _tally(transaction: Transaction, parts: Sequence[Part]) -> Tally:
    return sum((take_tally(transaction, table, part.rows()) for part in parts), Tally(0, 0, 0))
