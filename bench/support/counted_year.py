"""A year that many cameras counted: its hours and the quarter hours of its last days, made inside a database.

In the order they would have come in, hour by hour, because that is how they lie on the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, Table, bindparam, func, insert, select

from peoplecount.domain.increment import Generation
from peoplecount.domain.line import LineKey
from peoplecount.domain.position import Mark, Position
from peoplecount.domain.roll_up import HOUR, QUARTER
from peoplecount.storage.column_types import UtcTime
from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.positions import LinePosition, load_positions, save_positions
from peoplecount.storage.schema import hour_counts, quarter_hours

ONE_DAY = timedelta(days=1)
ZONE = "Europe/Zurich"
CAMERAS_A_SITE = 10
OFFSET = HOUR
"""Winter all year: one wall clock for all, and no day of 23 hours."""


@dataclass(frozen=True, slots=True)
class CountedYear:
    """Cameras of two lines, ten a site and one a door."""

    cameras: int
    last: date
    days: int = 365
    quarter_days: int = 7

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """Their lines, doors and sites."""
        return [
            (str(LineKey(f"cam{number:04}", 0, 1, index)), f"door{number:04}", f"site{number // CAMERAS_A_SITE:03}")
            for number in range(self.cameras)
            for index in (1, 2)
        ]

    @property
    def first(self) -> date:
        """The first day."""
        return self.last - (self.days - 1) * ONE_DAY

    def board(self) -> dict[str, Any]:
        """A snapshot of a live board that has all of them."""
        lines = self.lines
        return {
            "sites": [{"siteId": one, "siteName": one.title(), "timeZone": ZONE} for one in _each(lines, 2)],
            "doors": [{"doorId": one, "doorName": one.title()} for one in _each(lines, 1)],
            "lines": [{"lineId": line, "siteId": site, "lineName": f"Line {line}"} for line, _, site in lines],
        }

    def fill(self, db: IDBConnection, tell: Callable[[str], object] = print) -> None:
        """Make what is missing of it; a call that was interrupted is gone on with by the next."""
        self._fill(db, hour_counts, HOUR, self.first, tell)
        first = max(self.first, self.last - (self.quarter_days - 1) * ONE_DAY)
        self._fill(db, quarter_hours, QUARTER, first, tell)
        mark = Mark(Generation(self.last), 0)
        after = {
            LineKey.parse(line): LinePosition(Position(mark, mark), _midnight(self.last) + ONE_DAY)
            for line, _, _ in self.lines
        }
        db.transaction(
            lambda transaction: save_positions(transaction, load_positions(transaction, after.keys()), after)
        )

    def _fill(
        self, db: IDBConnection, table: Table, step: timedelta, first: date, tell: Callable[[str], object]
    ) -> None:
        pattern = _midnight(first)
        there = db.execute(select(func.max(table.c.starts_at)))[0][0]
        if there is None:
            db.transaction(lambda transaction: self._write_pattern(transaction, table, step, pattern))
            there = pattern + ONE_DAY - step
        day = there + step
        while day < _midnight(self.last) + ONE_DAY:
            db.transaction(partial(_copy_day, table=table, step=step, pattern=pattern, day=day))
            if day.day == 1:
                tell(f"    {table.name} up to {day.date()}")
            day += ONE_DAY

    def _write_pattern(self, transaction: Transaction, table: Table, step: timedelta, day: datetime) -> None:
        for start in _steps(day, step):
            busy = max(0, 8 - abs(13 - (start + OFFSET).hour))
            rows = [
                {
                    "line_id": line_id,
                    "starts_at": start,
                    "door_id": door_id,
                    "site_id": site_id,
                    "in_count": busy * (number % 7),
                    "out_count": busy * (number % 5),
                    "quality": "estimated" if number % 97 == 0 else "measured",
                    "coverage": 0.9 if number % 97 == 0 else 1.0,
                }
                | ({"local_start": (start + OFFSET).replace(tzinfo=None)} if table is hour_counts else {})
                for number, (line_id, door_id, site_id) in enumerate(self.lines)
            ]
            transaction.change_each(insert(table), rows)


def _copy_day(transaction: Transaction, *, table: Table, step: timedelta, pattern: datetime, day: datetime) -> None:
    """As on the first day, with some people more or fewer."""
    for start in _steps(day, step):
        values = {"start": start, "like": pattern + (start - day), "more": day.toordinal() % 11}
        if table is hour_counts:
            values["local"] = (start + OFFSET).replace(tzinfo=None)
        transaction.change(_COPIES[table.name], values)


def _copy(table: Table) -> Any:  # noqa: ANN401
    known = table.c
    more = bindparam("more", type_=BigInteger())
    columns = {
        known.starts_at: bindparam("start", type_=UtcTime()),
        known.in_count: known.in_count + more,
        known.out_count: known.out_count + more,
    }
    if table is hour_counts:
        columns[known.local_start] = bindparam("local", type_=known.local_start.type)
    values = [columns.get(column, column) for column in known]
    like = select(*values).where(known.starts_at == bindparam("like", type_=UtcTime()))
    return insert(table).from_select(list(known), like)


_COPIES = {table.name: _copy(table) for table in (hour_counts, quarter_hours)}


def _midnight(day: date) -> datetime:
    """By the cameras' clocks."""
    return datetime.combine(day, time(), UTC) - OFFSET


def _steps(day: datetime, step: timedelta) -> Iterator[datetime]:
    return (day + number * step for number in range(ONE_DAY // step))


def _each(lines: Iterable[tuple[str, str, str]], place: int) -> list[str]:
    return list(dict.fromkeys(line[place] for line in lines))
