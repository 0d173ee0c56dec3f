"""Rows of ``registros``: what each camera showed, in the order in which it changed.

Rows are added and read, never changed and never taken away: the table is its owner's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, insert, select

from peoplecount.domain.shown_totals import ShownTotals
from peoplecount.storage.connection import IDBConnection, Rows, Transaction
from peoplecount.storage.dialects import Product, one_at_a_time
from peoplecount.storage.errors import RowsLost, ValueRefused
from peoplecount.storage.registros_shape import TOTALS, RegistrosShape

ROWS_A_STATEMENT = 50
"""A server was seen to lose rows of statements of more than 4,000 characters without an error."""

ROWS_A_PAGE = 5_000

MOST_FOUND = 10_000
"""Rows of others that are looked at: the newest."""

LATE = timedelta(minutes=1)
"""Rows that come later than that are dated by their reading and not by the table's default."""

_SQLITE_TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Row:
    """What a camera showed."""

    camera_id: str
    totals: ShownTotals
    read_at: datetime | None = None
    """UTC; ``None`` of rows that were read from the table."""


@dataclass(frozen=True, slots=True)
class OldRow:
    """A row as it stands there, and when it was written."""

    row: Row
    dated: datetime | None
    """As the table's clock says it: without a zone where it has none."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far the table is known: its highest number or, where rows have none, how many rows there are."""

    value: int
    is_number: bool


class Registros:
    """The table. ``db`` is any connection to its database, or a transaction there. All raise ``DatabaseError``."""

    def __init__(self, shape: RegistrosShape) -> None:
        self.shape = shape
        self._table = shape.table

    def hold(self, transaction: Transaction, *, settling: bool = False) -> None:
        """Wait until no other transaction that holds the table is under way, also if its connection was lost.

        ``settling`` is for whoever wants to know what became of one. All others on SQL Server need not wait, for there
        that one waits for whoever adds rows.
        """
        if self.shape.product is Product.SQL_SERVER and not settling:
            return
        held = one_at_a_time(self.shape.product, self._table)
        transaction.execute(held, {"lock": f"peoplecount.{self._table.name}"})

    def watermark(self, db: IDBConnection | Transaction) -> Watermark:
        """How far it reaches now. Without numbers every row is counted, which takes a while in a large table."""
        if not self.shape.has_number:
            return Watermark(int(db.execute(select(func.count()).select_from(self._table))[0][0]), is_number=False)
        highest = db.execute(select(func.max(self._table.c.number)))[0][0]
        return Watermark(int(highest or 0), is_number=True)

    def newest(self, db: IDBConnection | Transaction) -> dict[str, ShownTotals]:
        """The last row of each camera; empty where nothing tells the order of rows."""
        order, table = self.shape.order, self._table
        if order is None:
            return {}
        last = select(table.c.camara_id, func.max(order).label("last")).group_by(table.c.camara_id).subquery()
        joined = table.join(last, and_(table.c.camara_id == last.c.camara_id, order == last.c.last))
        return {row.camera_id: row.totals for row in _read(db.execute(self._rows().select_from(joined)))}

    def between(self, db: IDBConnection | Transaction, mark: Watermark, later: Watermark) -> list[Row]:
        """Rows with numbers above ``mark`` up to ``later``, in order; only where rows have numbers."""
        number = self._table.c.number
        since = and_(number > mark.value, number <= later.value)
        question = self._rows().where(since).order_by(number.desc()).limit(MOST_FOUND)
        return list(reversed(list(_read(db.execute(question)))))

    def has(self, db: IDBConnection | Transaction, row: Row) -> bool:
        """Whether such a row is there at all, of whatever time."""
        values = self._values(row)
        same = and_(*(self._table.c[name] == value for name, value in values.items()))
        return bool(db.execute(select(func.count()).select_from(self._table).where(same))[0][0])

    def came(self, db: IDBConnection | Transaction, mark: Watermark) -> int:
        """How many rows have come since ``mark``; only where rows have numbers."""
        since = select(func.count()).select_from(self._table).where(self._table.c.number > mark.value)
        return int(db.execute(since)[0][0])

    def sample(self, db: IDBConnection, most: int) -> list[OldRow]:
        """The newest rows, oldest first; where nothing tells their order, as the database gives them."""
        order = self.shape.order
        if order is None:
            return self._old(db.execute(self._everything().limit(most)))
        return self._old(db.execute(self._everything().order_by(order.desc()).limit(most)))[::-1]

    def pages(self, db: IDBConnection) -> Iterator[list[OldRow]]:
        """All rows in their order, some at a time: by their numbers, or by days where they have none."""
        if self.shape.has_number:
            yield from self._by_number(db)
        else:
            yield from self._by_day(db)

    def span(self, db: IDBConnection) -> tuple[Any, Any]:
        """The first and the last date; ``None`` twice of an empty table."""
        dated = self._table.c.dated
        row = db.execute(select(func.min(dated).label("earliest"), func.max(dated).label("latest")))[0]
        return _moment(row.earliest), _moment(row.latest)

    def _by_number(self, db: IDBConnection) -> Iterator[list[OldRow]]:
        number = self._table.c.number
        last = None
        while True:
            question = self._everything().order_by(number).limit(ROWS_A_PAGE)
            rows = db.execute(question if last is None else question.where(number > last))
            if not rows:
                return
            last = rows[-1].number
            yield self._old(rows)

    def _by_day(self, db: IDBConnection) -> Iterator[list[OldRow]]:
        dated = self._table.c.dated
        first, last = self.span(db)
        while first is not None and first <= last:
            day = first.replace(hour=0, minute=0, second=0, microsecond=0)
            until = day + timedelta(days=1)
            within = and_(dated >= self._as_kept(day), dated < self._as_kept(until))
            yield self._old(db.execute(self._everything().where(within).order_by(dated)))
            first = until

    def _everything(self) -> Select[Any]:
        more = [self._table.c[name].label(name) for name in ("number", "dated") if name in self._table.c]
        return self._rows().add_columns(*more)

    def _old(self, rows: Rows) -> list[OldRow]:
        dates = (_moment(row.dated) if self.shape.has_date else None for row in rows)
        return [OldRow(row, dated) for row, dated in zip(_read(rows), dates, strict=True)]

    def add(self, transaction: Transaction, rows: Sequence[Row], now: datetime) -> None:
        """Add rows in this order; ``now`` is our clock's (UTC). Raises ``RowsLost``."""
        if not rows:
            return
        dated = self._dates(transaction, rows, now)
        for wave in _waves(rows):
            self._add(transaction, [row for row in wave if id(row) not in dated])
            for row in wave:
                if id(row) in dated:
                    self._add(transaction, [row], dated[id(row)])

    def _add(self, transaction: Transaction, rows: Sequence[Row], dated: Any = None) -> None:  # noqa: ANN401
        for start in range(0, len(rows), ROWS_A_STATEMENT):
            values = [
                self._values(row) | ({} if dated is None else {"dated": dated})
                for row in rows[start:][:ROWS_A_STATEMENT]
            ]
            added = transaction.change(insert(self._table).values(values))
            if added != len(values):
                raise RowsLost(f"{self._table.name}: sent {len(values)} rows, the server has {added}; rolled back")

    def _values(self, row: Row) -> dict[str, Any]:
        camera: int | str = row.camera_id
        if self.shape.numeric_id:
            if not row.camera_id.isdecimal():
                raise ValueRefused(f"{row.camera_id!r} is no number, and the column camara_id takes nothing else")
            camera = int(row.camera_id)
        return {"camara_id": camera, **dict(zip(TOTALS, row.totals, strict=True))}

    def _dates(self, transaction: Transaction, rows: Iterable[Row], now: datetime) -> dict[int, Any]:
        """Dates of rows that come late or on another day, by the row: the server's clock less the reading's age."""
        clock = self.shape.server_clock
        if clock is None:
            return {}
        said = transaction.execute(select(clock))[0][0]
        server_now = _moment(said)
        if server_now is None:
            return {}
        dates: dict[int, Any] = {}
        for row in rows:
            age = now - row.read_at if row.read_at else timedelta(0)
            moment = server_now - age
            if age > LATE or (age > timedelta(0) and moment.date() != server_now.date()):
                dates[id(row)] = self._as_kept(moment)
        return dates

    def _as_kept(self, moment: datetime) -> Any:  # noqa: ANN401
        if self.shape.product is Product.SQLITE:
            return moment.strftime(_SQLITE_TIME)
        if self.shape.is_by_day:
            return moment.date()
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def _rows(self) -> Select[Any]:
        return select(*(self._table.c[name].label(name) for name in ("camara_id", *TOTALS)))


def _read(rows: Rows) -> Iterator[Row]:
    for row in rows:
        yield Row(str(row.camara_id).strip(), ShownTotals(row.in1, row.out1, row.in2, row.out2))


def _moment(said: Any) -> datetime | None:  # noqa: ANN401
    """A date as drivers give it: SQLite's is text, and a column of days gives days."""
    if said is None or isinstance(said, datetime):
        return said
    if isinstance(said, str):
        return datetime.fromisoformat(said)
    return datetime(said.year, said.month, said.day)  # noqa: DTZ001 - the table's own clock


def _waves(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows in parts with at most one a camera: in which order one statement numbers its rows, nobody promises."""
    waves: list[list[Row]] = []
    placed: dict[str, int] = {}
    for row in rows:
        wave = placed[row.camera_id] = placed.get(row.camera_id, -1) + 1
        if wave == len(waves):
            waves.append([])
        waves[wave].append(row)
    return waves
