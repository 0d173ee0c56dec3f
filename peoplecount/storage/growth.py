"""How much a fleet writes in a year: rows, and what they take on disk with their indexes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Table, func, select

from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.dialects import Product
from peoplecount.storage.schema import cameras, lines, positions, records

DAYS = 365
HOURS_A_DAY = 24
QUARTERS_A_DAY = 96

ASSUMED_RECORDS = 500.0
"""A line and day, where nothing has been seen yet: a shop's door that opens for ten hours, a change a minute or so."""

LEAST_SPAN = timedelta(days=1)
"""Of less than a day nobody can tell a day's records: doors have busy hours."""

_SAMPLE = 50_000
"""The newest records, read by the primary key backwards: quick in a table of any size."""

BYTES_A_ROW: Mapping[Product, Mapping[str, int]] = {
    Product.SQL_SERVER: {"records": 490, "quarter_hours": 600, "hour_counts": 900},
    Product.POSTGRESQL: {"records": 405, "quarter_hours": 375, "hour_counts": 405},
    Product.SQLITE: {"records": 300, "quarter_hours": 290, "hour_counts": 410},
}
"""With indexes. PostgreSQL and SQLite as measured; SQL Server by its rules for rows and pages (two bytes a letter of
NVARCHAR, ids of some 15 letters, indexes that hold what is asked for, pages three quarters full after splits), without
compression."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """What counts, and how busily."""

    cameras: int
    lines: int
    records_a_day: float
    """A line."""

    observed: bool
    """Whether that was seen in the history, or assumed."""


@dataclass(frozen=True, slots=True)
class Growth:
    """A year of it."""

    rows: Mapping[str, int]
    bytes: int

    @property
    def total_rows(self) -> int:
        """Of all tables."""
        return sum(self.rows.values())


def read_fleet(db: IDBConnection) -> Fleet:
    """The fleet as the database knows it. Raises ``DatabaseError``."""
    counted = _count(db, positions)
    entered = _count(db, cameras)
    known = counted or _count(db, lines) or entered
    observed = _observed(db)
    devices = max(entered, _counting_cameras(db))  # those of an installation's own view are not entered here
    return Fleet(devices, known, observed or ASSUMED_RECORDS, observed is not None)


def growth(fleet: Fleet, product: Product, *, seconds_a_record: float = 0.0) -> Growth:
    """What ``fleet`` writes in a year; ``seconds_a_record`` is the least time between two records of a line."""
    most = 86400 / seconds_a_record if seconds_a_record else float("inf")
    rows = {
        "records": round(fleet.lines * DAYS * min(fleet.records_a_day, most)),
        "quarter_hours": fleet.lines * DAYS * QUARTERS_A_DAY,
        "hour_counts": fleet.lines * DAYS * HOURS_A_DAY,
    }
    return Growth(rows, sum(count * BYTES_A_ROW[product][table] for table, count in rows.items()))


def _observed(db: IDBConnection) -> float | None:
    """Records of a line and day, of the newest there are; ``None`` where they tell too little."""
    newest = (
        select(records.c.line_id, records.c.ended_at).order_by(records.c.record_id.desc()).limit(_SAMPLE).subquery()
    )
    found = db.execute(
        select(
            func.count().label("rows"),
            func.count(newest.c.line_id.distinct()).label("lines"),
            func.min(newest.c.ended_at).label("first"),
            func.max(newest.c.ended_at).label("last"),
        )
    )[0]
    if not found.rows or found.last - found.first < LEAST_SPAN:
        return None
    days = (found.last - found.first) / timedelta(days=1)
    return float(found.rows / found.lines / days)


def _counting_cameras(db: IDBConnection) -> int:
    return int(db.execute(select(func.count(positions.c.camera_id.distinct())))[0][0])


def _count(db: IDBConnection, table: Table) -> int:
    return int(db.execute(select(func.count()).select_from(table))[0][0])
