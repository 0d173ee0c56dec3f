"""Roll-ups in the database: people by quarter hour, and by hour of the camera's wall clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, bindparam, insert, select, update

from peoplecount.domain.count_book import CountBook
from peoplecount.domain.event import QUALITIES
from peoplecount.domain.roll_up import HOUR, Cell, RollUp, Stretch
from peoplecount.storage.connection import Transaction
from peoplecount.storage.positions import in_chunks
from peoplecount.storage.quarter_stamps import put_stamps
from peoplecount.storage.schema import hour_counts, quarter_hours
from peoplecount.storage.tally import Tally, demand, take_tally

LONG_SPAN = timedelta(days=1)
"""Hours of a line that lie further apart are looked up apart, so that nothing in between is."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that are looked up together: of some lines, that begin from ``first`` to before ``last``."""

    lines: Sequence[str]
    first: datetime
    last: datetime

    def rows_of(self, table: Table) -> ColumnElement[bool]:
        """The same as a condition."""
        columns = table.c
        return and_(columns.line_id.in_(self.lines), columns.starts_at >= self.first, columns.starts_at < self.last)

    def tally(self, roll_up: RollUp) -> Tally:
        """What of them is in memory."""
        lines = set(self.lines)
        cells = [roll_up[one] for one in roll_up if one.line_id in lines and self.first <= one.starts_at < self.last]
        return Tally(len(cells), sum(cell.entered for cell in cells), sum(cell.left for cell in cells))


class LoadedRows(RollUp):
    """Rows as they stand in a table, and which of them are new or changed since."""

    def __init__(self, cells: Mapping[Stretch, Cell]) -> None:
        super().__init__(cells)
        self.new: set[Stretch] = set()
        self.changed: set[Stretch] = set()

    def open(self, stretch: Stretch, local_start: datetime | None = None) -> Cell:
        """The cell of a row that will be changed, or is new."""
        if stretch not in self:
            self.new.add(stretch)
        elif stretch not in self.new:
            self.changed.add(stretch)
        return super().open(stretch, local_start)


class RollUpRows:
    """The rows of both tables that one batch is about: loaded as a book, changed there, and written back.

    The cursor's lock keeps other writers out meanwhile.
    """

    def __init__(self, transaction: Transaction, hours: Mapping[str, Set[datetime]]) -> None:
        """``hours`` are the beginnings of all hours that may be changed, by line."""
        self._transaction = transaction
        self._parts = list(parts_of(hours))
        self._hours, self._quarters = self._load(hour_counts), self._load(quarter_hours)
        self.book = CountBook(self._hours, self._quarters)

    def save(self) -> None:
        """Write what is new or changed. Raises ``RowsLost``."""
        quarters, hours = self._quarters, self._hours
        self._save(quarter_hours, quarters)
        # An hour may change without its quarters; and of a day is every hour that begins in it, whenever that ends.
        written = (*quarters.new, *quarters.changed, *hours.new, *hours.changed)
        put_stamps(self._transaction, {one.starts_at for one in written})
        self._save(hour_counts, hours)

    def _load(self, table: Table) -> LoadedRows:
        rows = chain.from_iterable(
            self._transaction.execute(select(table).where(part.rows_of(table))) for part in self._parts
        )
        return LoadedRows(dict(map(_cell_of, rows)))

    def _save(self, table: Table, roll_up: LoadedRows) -> None:
        if not roll_up.new and not roll_up.changed:
            return
        changed = [_named(stretch) | _values(table, roll_up[stretch]) for stretch in roll_up.changed]
        self._transaction.change_each(_UPDATES[table.name], changed)
        new = [stretch._asdict() | _values(table, roll_up[stretch]) for stretch in sorted(roll_up.new)]
        self._transaction.change_each(_INSERTS[table.name], new)
        for part in self._parts:
            found = take_tally(self._transaction, table, part.rows_of(table))
            demand(table, found, part.tally(roll_up))


def parts_of(hours: Mapping[str, Set[datetime]]) -> Iterator[Part]:
    """Spans of hours in as few parts as will do, none of which holds much that was not asked for."""
    together: dict[date, dict[str, tuple[datetime, datetime]]] = {}
    for line_id, starts in hours.items():
        for first, last in _spans(sorted(starts)):
            if last - first > LONG_SPAN:
                yield Part([line_id], first, last)
                continue
            lines = together.setdefault(first.date(), {})
            known = lines.get(line_id, (first, last))
            lines[line_id] = (min(known[0], first), max(known[1], last))
    for lines in together.values():
        for some in in_chunks(list(lines)):
            yield Part(some, min(lines[one][0] for one in some), max(lines[one][1] for one in some))


def _spans(starts: Sequence[datetime]) -> Iterator[tuple[datetime, datetime]]:
    first = before = starts[0]
    for start in starts[1:]:
        if start - before > LONG_SPAN:
            yield first, before + HOUR
            first = start
        before = start
    yield first, before + HOUR


def _updates(table: Table) -> Any:  # noqa: ANN401
    columns = table.c
    return (
        update(table)
        .where(
            columns.line_id == bindparam("line"),
            columns.starts_at == bindparam("start"),
            columns.door_id == bindparam("door"),
            columns.site_id == bindparam("site"),
        )
        .values({name: bindparam(name) for name in _values(table, Cell())})
    )


def _cell_of(row: Any) -> tuple[Stretch, Cell]:  # noqa: ANN401
    line_id, starts_at, door_id, site_id, *local_start, entered, left, quality, coverage = row
    stretch = Stretch(line_id, starts_at, door_id, site_id)
    return stretch, Cell(entered, left, QUALITIES[quality], coverage, *local_start)


def _named(stretch: Stretch) -> dict[str, Any]:
    return dict(zip(("line", "start", "door", "site"), stretch, strict=True))


def _values(table: Table, cell: Cell) -> dict[str, Any]:
    values = {
        "in_count": cell.entered,
        "out_count": cell.left,
        "quality": cell.quality.value,
        "coverage": cell.coverage,
    }
    return values | ({"local_start": cell.local_start} if "local_start" in table.c else {})


_INSERTS = {table.name: insert(table) for table in (hour_counts, quarter_hours)}
_UPDATES = {table.name: _updates(table) for table in (hour_counts, quarter_hours)}
