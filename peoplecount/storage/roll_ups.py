"""Roll-ups: people by quarter hour, and by hour of the camera's wall clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, and_, bindparam, insert, select, update

from peoplecount.domain.event import Quality, worst
from peoplecount.domain.spread import spread
from peoplecount.storage.connection import Transaction
from peoplecount.storage.positions import in_chunks
from peoplecount.storage.records import Record
from peoplecount.storage.schema import hour_counts, quarter_hours
from peoplecount.storage.tally import Tally, demand, take_tally

QUARTER_HOUR = timedelta(minutes=15)
HOUR = timedelta(hours=1)

LONG_SPAN = timedelta(days=1)
"""A line whose counts reach further back is looked up by itself, so that the others' rows of all that time are not."""


class Stretch(NamedTuple):
    """What a row of a roll-up is about."""

    line_id: str
    starts_at: datetime
    door_id: str
    site_id: str


@dataclass(slots=True)
class Sums:
    """What is in a row of a roll-up."""

    entered: int = 0
    left: int = 0
    quality: Quality = Quality.MEASURED

    def add(self, entered: int, left: int, quality: Quality) -> None:
        """More people of the same stretch; it is as good as the worst of them."""
        self.entered += entered
        self.left += left
        self.quality = worst(self.quality, quality)


def add_to_roll_ups(transaction: Transaction, records: Sequence[Record]) -> None:
    """Add ``records`` to both roll-ups. Raises ``RowsLost``."""
    _RollUp(quarter_hours).add(transaction, _by_quarter_hour(records), {})
    sums, local_starts = _by_local_hour(records)
    _RollUp(hour_counts).add(transaction, sums, local_starts)


def _by_quarter_hour(records: Sequence[Record]) -> dict[Stretch, Sums]:
    sums: dict[Stretch, Sums] = {}
    for record in records:
        _share_out(sums, record, QUARTER_HOUR, timedelta(0))
    return sums


def _by_local_hour(records: Sequence[Record]) -> tuple[dict[Stretch, Sums], dict[Stretch, datetime]]:
    sums: dict[Stretch, Sums] = {}
    local_starts: dict[Stretch, datetime] = {}
    for record in records:
        offset = _zone_offset(record)
        for stretch in _share_out(sums, record, HOUR, -offset):
            local_starts[stretch] = (stretch.starts_at + offset).replace(tzinfo=None)
    return sums, local_starts


def _zone_offset(record: Record) -> timedelta:
    """The camera's wall clock less UTC, to the quarter hour; what is left of it is a clock that is off."""
    offset = record.local_time - record.ended_at.replace(tzinfo=None)
    return (offset + QUARTER_HOUR / 2) // QUARTER_HOUR * QUARTER_HOUR


def _share_out(sums: dict[Stretch, Sums], record: Record, length: timedelta, shift: timedelta) -> list[Stretch]:
    entered = spread(record.entered, record.started_at, record.ended_at, length, shift)
    left = spread(record.left, record.started_at, record.ended_at, length, shift)
    quality = record.quality
    if record.ended_at - record.started_at > length:  # how they came over that time is a guess
        quality = worst(quality, Quality.ESTIMATED)
    stretches = []
    for starts_at in entered.keys() | left.keys():
        stretch = Stretch(str(record.key), starts_at, record.door_id, record.site_id)
        sums.setdefault(stretch, Sums()).add(entered.get(starts_at, 0), left.get(starts_at, 0), quality)
        stretches.append(stretch)
    return stretches


class _RollUp:
    """One of the two tables. What is there is read, added to and written back; the cursor's lock keeps others out."""

    def __init__(self, table: Table) -> None:
        self._table = table
        columns = table.c
        self._update = (
            update(table)
            .where(
                columns.line_id == bindparam("line"),
                columns.starts_at == bindparam("start"),
                columns.door_id == bindparam("door"),
                columns.site_id == bindparam("site"),
            )
            .values({name: bindparam(name) for name in ("in_count", "out_count", "quality")})
        )

    def add(
        self, transaction: Transaction, sums: Mapping[Stretch, Sums], local_starts: Mapping[Stretch, datetime]
    ) -> None:
        for part in _parts(sums):
            self._add_part(transaction, part, local_starts)

    def _add_part(
        self, transaction: Transaction, sums: Mapping[Stretch, Sums], local_starts: Mapping[Stretch, datetime]
    ) -> None:
        touched = self._touched(sums)
        there = self._load(transaction, touched)
        before = _tally(there)
        added = Tally(
            len(sums.keys() - there.keys()),
            sum(one.entered for one in sums.values()),
            sum(one.left for one in sums.values()),
        )
        updates, inserts = [], []
        for stretch, more in sums.items():
            if stretch in there:
                there[stretch].add(more.entered, more.left, more.quality)
                updates.append(
                    dict(zip(("line", "start", "door", "site"), stretch, strict=True)) | _figures(there[stretch])
                )
            else:
                local = {"local_start": local_starts[stretch]} if stretch in local_starts else {}
                inserts.append(stretch._asdict() | local | _figures(more))
        transaction.change_each(self._update, updates)
        transaction.change_each(insert(self._table), inserts)
        demand(self._table, take_tally(transaction, self._table, touched), before + added)

    def _touched(self, sums: Mapping[Stretch, Sums]) -> ColumnElement[bool]:
        columns = self._table.c
        lines = sorted({stretch.line_id for stretch in sums})
        starts = [stretch.starts_at for stretch in sums]
        return and_(columns.line_id.in_(lines), columns.starts_at.between(min(starts), max(starts)))

    def _load(self, transaction: Transaction, touched: ColumnElement[bool]) -> dict[Stretch, Sums]:
        columns = self._table.c
        question = select(
            columns.line_id,
            columns.starts_at,
            columns.door_id,
            columns.site_id,
            columns.in_count,
            columns.out_count,
            columns.quality,
        ).where(touched)
        return {
            Stretch(row.line_id, row.starts_at, row.door_id, row.site_id): Sums(
                row.in_count, row.out_count, Quality(row.quality)
            )
            for row in transaction.execute(question)
        }


def _parts(sums: Mapping[Stretch, Sums]) -> Iterator[dict[Stretch, Sums]]:
    """``sums`` in parts that are looked up together."""
    by_line: dict[str, dict[Stretch, Sums]] = {}
    for stretch, one in sums.items():
        by_line.setdefault(stretch.line_id, {})[stretch] = one
    short: list[str] = []
    for line_id, part in by_line.items():
        starts = [stretch.starts_at for stretch in part]
        if max(starts) - min(starts) > LONG_SPAN:
            yield part
        else:
            short.append(line_id)
    for lines in in_chunks(short):
        yield {stretch: one for line_id in lines for stretch, one in by_line[line_id].items()}


def _figures(sums: Sums) -> dict[str, Any]:
    return {"in_count": sums.entered, "out_count": sums.left, "quality": sums.quality.value}


def _tally(rows: Mapping[Stretch, Sums]) -> Tally:
    return Tally(len(rows), sum(one.entered for one in rows.values()), sum(one.left for one in rows.values()))
